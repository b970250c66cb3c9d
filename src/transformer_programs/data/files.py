"""Labelled sequences from files (``docs/how-to/data.md``)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Unpack

from transformer_programs.data.assembly import (
    assemble,
    check_same_kind,
    examples_of,
    fitted,
)
from transformer_programs.data.conll import read_conll
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.fasta import HEADER, read_fasta
from transformer_programs.data.headerless import find_columns
from transformer_programs.data.jsonl import read_jsonl
from transformer_programs.data.options import (
    GROUP,
    Format,
    ReadChanges,
    ReadOptions,
    changed,
)
from transformer_programs.data.records import (
    Origin,
    Records,
    Row,
    mismatch,
    records_of,
    shown,
    with_tags,
)
from transformer_programs.data.split import Parts
from transformer_programs.data.table import (
    DELIMITERS,
    dialect_of,
    dialects,
    read_csv,
    read_tsv,
)
from transformer_programs.data.tag_scheme import in_scheme
from transformer_programs.data.text_files import TextFile, open_text
from transformer_programs.errors import DataError, Message, SettingName

FORMATS: dict[Format, Callable[[TextFile, ReadOptions], Iterator[Row]]] = {
    "jsonl": read_jsonl,
    "csv": read_csv,
    "tsv": read_tsv,
    "conll": read_conll,
    "fasta": read_fasta,
}
"""The reader of each format."""

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
    ".fa": "fasta",
    ".fasta": "fasta",
    ".fna": "fasta",
    ".faa": "fasta",
}
"""The format of each extension, which may be followed by ``.gz``."""

_LOOKED_AT = 200
"""Lines that are looked at where the extension says nothing."""

_MOST = 0.9
"""The share of these lines that have the columns of CoNLL files, if it is one."""

_DEFAULTS = ReadOptions()


def read_sequences(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    **changes: Unpack[ReadChanges],
) -> Dataset:
    r"""Read the labelled sequences of a file, split and ready to learn from.

    Args:
        path: A file of JSON lines, a table, CoNLL columns or FASTA, possibly
            compressed by gzip; its extension says which, or else its first lines.
        options: How to read it.
        **changes: Fields of the options to replace.

    Raises:
        DataError: If the data cannot be used; begins with ``file:line:``.
        SettingsError: If options contradict each other.

    >>> from pathlib import Path
    >>> rows = ["text,label", *(f"film {i},{'ab'[i % 2]}" for i in range(30))]
    >>> _ = Path("films.csv").write_text("\n".join(rows))
    >>> tp.read_sequences("films.csv").labels
    ('a', 'b')
    """
    options = changed(options, changes)
    file = Path(path)
    records, read = _read(file, options)
    parts = _by_part(file, records)
    for part, other in (("validation", options.validation), ("test", options.test)):
        if other is None:
            continue
        if given := getattr(parts, part):
            expected = f"no {part} data in this file, because there is a separate file "
            raise mismatch(given.where(0), f"{expected}of them", "a split field")
        another = replace(of_another_file(options, Path(other)), split=read.split)
        records, _ = _read(Path(other), _ungrouped(another), columns=read.columns)
        parts = parts._replace(**{part: records})
    options = replace(options, split=read.split)
    return dataset_of(name_of_file(file), str(file), parts, options)


def read_examples(
    path: str | os.PathLike[str],
    options: ReadOptions = _DEFAULTS,
    *,
    tagging: bool | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Examples:
    """Read the labelled sequences of a file, unsplit and in their order.

    Args:
        path: As for ``read_sequences``.
        options: How to read it; those of the split and the vocabulary do not matter.
        tagging: Whether labels per token are expected, or one per sequence; the data
            tell by default.
        on_note: Called with what a reader should know about how it was read.

    Raises:
        DataError: If the data cannot be used; begins with ``file:line:``.
    """
    records, options = _read(Path(path), _ungrouped(options))
    if on_note is not None:
        for note in records.notes:
            on_note(note)
    if _are_tags(records, options) if tagging is None else tagging:
        records = with_tags(records, options.tags_of, options.no_label)
    check_same_kind(records)
    if tagging is not None and isinstance(records.targets[0], str) == tagging:
        kinds = "one tag per token", "a single label"
        raise mismatch(records.where(0), *(kinds if tagging else kinds[::-1]))
    return examples_of(fitted(in_scheme(records, options), options))


def name_of_file(path: Path) -> str:
    """Name the data of a file: like the file, or its folder if that says nothing."""
    name = path.name.removesuffix(".gz")
    stem = name.rpartition(".")[0] or name
    if stem.lower() in ("train", "training"):
        return path.parent.resolve().name or stem
    return stem


def of_another_file(options: ReadOptions, path: Path) -> ReadOptions:
    """Return options given for one file as they apply to another."""
    return replace(options, format=None) if known_format(path) else options


def dataset_of(name: str, source: str, parts: Parts, options: ReadOptions) -> Dataset:
    """Make a data set of records, as ``assemble`` does; decide if texts are tags."""
    if _are_tags(parts.all, options):
        parts = parts.map(lambda r: with_tags(r, options.tags_of, options.no_label))
    return assemble(name, source, parts, options)


def _ungrouped(options: ReadOptions) -> ReadOptions:
    """Return options for a file that is a part of its own, and is not split."""
    return replace(options, group_column=None)


def _read(
    path: Path, options: ReadOptions, columns: str | None = None
) -> tuple[Records, ReadOptions]:
    """Return the records of a file, and the options with what the file itself says.

    ``columns`` are names for a table that neither has names nor shows what is what.
    """
    file = open_text(path, options.encoding)
    read, notes = suited(file, options, columns)
    assert read.format is not None, "it is found, or an error"
    rows = FORMATS[read.format](file, read)
    try:
        records = records_of(Origin(f"{path}:"), rows, options.no_label, strip=True)
    except DataError as error:
        if file.notes:
            raise DataError(*error.args, f" ({'; '.join(file.notes)})") from error
        raise
    if not records:
        found = "; ".join(("none", *records.notes))
        raise mismatch(path, "labelled sequences", found)
    return replace(records, notes=(*file.notes, *notes, *records.notes)), read


def suited(
    file: TextFile, options: ReadOptions, columns: str | None = None
) -> tuple[ReadOptions, tuple[str, ...]]:
    """Return options with what a file itself says, and notes on what was concluded.

    That is its format, names for the columns of a table that has none, and that the
    tokens of FASTA are characters.

    Raises:
        DataError: If the format is not clear, or an option is not for it.
    """
    kind = options.format or format_of(file, options)
    options = replace(options, format=kind)
    if options.group_column is not None and kind not in ("jsonl", "csv", "tsv"):
        found = Message(f"{kind}; omit ", GROUP)
        raise mismatch(
            file.path, "a table or JSON lines, whose fields have names", found
        )
    if kind == "fasta":
        if options.split == "words":
            found = Message("'words'; omit ", SettingName("split"))
            raise mismatch(file.path, "every character of FASTA as a token", found)
        return replace(options, split="characters"), ()
    chosen = (options.columns, options.tokens_column, options.label_column)
    if kind not in ("csv", "tsv") or any(chosen) or options.group_column:
        return options, ()
    kinds = dialects(options, kind)
    if dialect_of(file, options, kinds) is not None:
        return options, ()
    likely = {"csv": ",", "tsv": "\t"}[kind] if known_format(file.path) else None
    found_columns = find_columns(file, kinds, likely=options.separator or likely)
    if found_columns is None:
        return replace(options, columns=columns), ()
    dialect, names = found_columns
    names_text = ",".join(names)
    note = (
        f"{file.path}: the first line is read as data, and the columns as "
        f"{names_text}; if that is wrong, set columns (--columns)"
    )
    by = dialect.delimiter
    return replace(options, columns=names_text, delimiter=by), (note,)


def _by_part(path: Path, records: Records) -> Parts:
    """Divide records by their split field; without one, all are for training."""
    if not any(records.parts):
        return Parts(records)
    if None in records.parts:
        expected = f"a split field, as in other lines of {path.name}"
        raise mismatch(records.where(records.parts.index(None)), expected, "none")
    return Parts(*map(records.of_part, Parts._fields))


def _are_tags(records: Records, options: ReadOptions) -> bool:
    """Return whether labels written as one text are tags: one for every token.

    In a file of one-token sequences this is no evidence, so they stay labels.
    """
    pairs = zip(records.sequences, records.targets, strict=True)
    return any(len(tokens) > 1 for tokens in records.sequences) and all(
        isinstance(target, str) and len(options.tags_of(target)) == len(tokens)
        for tokens, target in pairs
    )


def known_format(path: Path) -> Format | None:
    """Return the format that the extension of a file says."""
    name = Path(path.stem) if path.suffix == ".gz" else path
    return EXTENSIONS.get(name.suffix.lower())


def format_of(file: TextFile, options: ReadOptions) -> Format:
    """Return the format of a file: that of its extension, else of its first lines."""
    known = known_format(file.path)
    if known is not None:
        return known
    lines = [text for _, text in islice(file.lines(), _LOOKED_AT)]
    filled = [text for text in lines if text.strip()]
    if not filled:
        raise mismatch(file.path, "labelled sequences", "none")
    if filled[0].lstrip().startswith(("{", "[")):
        return "jsonl"
    if filled[0].startswith(HEADER):
        return "fasta"
    if options.columns is not None or options.delimiter is not None:
        return "csv"
    kinds = dialects(options, "csv")
    dialect = dialect_of(file, options, kinds)
    if dialect is None and _are_columns(lines):
        return "conll"
    if dialect is None and (found_columns := find_columns(file, kinds, likely=None)):
        dialect, _ = found_columns
    if dialect is not None:
        return "tsv" if dialect.delimiter == "\t" else "csv"
    found = [f"{shown(filled[0])}; set ", SettingName("format")]
    found.append("='jsonl', 'csv', 'tsv', 'conll' or 'fasta'")
    if dividing := [by for by in DELIMITERS if _divides(by, filled)]:
        found.append("; of a table without names of columns, set ")
        found += [SettingName("columns"), "='text,label'"]
        found += [" and ", SettingName("delimiter")] * (len(dividing) > 1)
    expected = "JSON lines, a table with names of columns, CoNLL columns, or FASTA"
    raise mismatch(file.path, expected, Message(*found))


def _divides(by: str, lines: list[str]) -> bool:
    """Return whether a character stands in all lines, equally often."""
    return by in lines[0] and len({text.count(by) for text in lines}) == 1


def _are_columns(lines: list[str]) -> bool:
    """Return whether lines are of sentences in columns, with blank lines between."""
    while lines and not lines[-1].strip():
        lines = lines[:-1]
    filled = [text for text in lines if text.strip() and not text.startswith("# ")]
    if len(filled) == len(lines) or not filled:
        return not filled
    rows = [text.split("\t") if "\t" in text else text.split() for text in filled]
    words = [len(row) for row in rows if " " not in row[0].strip()]
    width, count = Counter(words or [0]).most_common(1)[0]
    return width > 1 and count >= _MOST * len(rows)
