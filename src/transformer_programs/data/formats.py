"""Which format a data file has: what its extension says, else what is in it."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from transformer_programs.data.dialects import DELIMITERS
from transformer_programs.data.options import Format, ReadOptions
from transformer_programs.data.table import dialect_of
from transformer_programs.data.text_files import TextFile
from transformer_programs.data.texts import shown
from transformer_programs.errors import DataError, SettingName

EXTENSIONS: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".conll": "conll",
    ".iob": "conll",
    ".iob2": "conll",
    ".bio": "conll",
}
"""The format that an extension says; every one may be followed by ``.gz``."""

_MOST = 0.9
"""The share of lines that have the columns of CoNLL files, if it is one."""

_LOOKED_AT = 200
"""Lines that are looked at where the extension says nothing."""


def known_format(path: Path) -> Format | None:
    """The format that the extension of a file says."""
    name = Path(path.stem) if path.suffix == ".gz" else path
    return EXTENSIONS.get(name.suffix.lower())


def format_of(file: TextFile, options: ReadOptions) -> Format:
    """The format of a file: that of its extension, else of its first lines.

    Raises:
        DataError: if neither says it.
    """
    known = known_format(file.path)
    if known is not None:
        return known
    lines = [text for _, text in islice(file.lines(), _LOOKED_AT)]
    filled = [text for text in lines if text.strip()]
    if not filled:
        raise DataError(f"{file.path}: expected labelled sequences, found none")
    if filled[0].lstrip().startswith(("{", "[")):
        return "jsonl"
    if options.columns is not None or options.delimiter is not None:
        return "csv"
    dialect = dialect_of(file, options)
    if dialect is not None:
        return "tsv" if dialect.delimiter == "\t" else "csv"
    if _are_columns(lines):
        return "conll"
    raise DataError(
        f"{file.path}: expected JSON lines, a table with names of columns, or CoNLL "
        f"columns, found {shown(filled[0])}; set ",
        SettingName("format"),
        "='jsonl', 'csv', 'tsv' or 'conll'" + _hint(filled),
    )


def _are_columns(lines: list[str]) -> bool:
    """Whether lines are a token and its tags each, with blank lines between some."""
    filled = [text for text in lines if text.strip() and not text.startswith("# ")]
    if len(filled) == len(lines) or not filled:
        return not filled
    rows = [text.split("\t") if "\t" in text else text.split() for text in filled]
    words = [len(row) for row in rows if " " not in row[0].strip()]
    width, count = Counter(words or [0]).most_common(1)[0]
    return width > 1 and count >= _MOST * len(rows)


def _hint(filled: list[str]) -> str:
    """What else lines with as many columns each may be."""
    for delimiter in DELIMITERS:
        counts = {text.count(delimiter) for text in filled}
        if counts == {1}:
            return "; of a table without names of columns, set columns='text,label'"
    return ""
