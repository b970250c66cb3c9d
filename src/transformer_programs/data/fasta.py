"""FASTA: a header line with a label, then a sequence of characters on some lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from transformer_programs.data.columns import PARTS
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Row, mismatch, shown
from transformer_programs.data.text_files import TextFile
from transformer_programs.errors import DataError, Message, SettingName

HEADER, COMMENT = ">", ";"
"""What the lines of headers, and of comments, begin with."""

_PARTS = PARTS | {"training": "train", "testing": "test"}
"""What a third field may say, and the part that it means."""

_BARS = re.compile(r"\s*\|\s*")

Entry = tuple[int, str, str]
"""The number of a header's line, the header, and the sequence below."""


def read_fasta(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """Yield the sequences of a FASTA file; every character is a token.

    The label follows the first word of a header, ``>id label``, or the first bar,
    ``>id|label``; a third field ``>id|label|part`` may say the part of the split.
    ``options.label_column`` chooses a field by its number, where 0 is the identifier.

    Raises:
        DataError: If headers are of another form, or none has a label.
    """
    if options.tokens_column is not None:
        name = SettingName("tokens_column")
        found = Message(repr(options.tokens_column), "; omit ", name)
        expected = "the sequences below the headers as tokens"
        raise mismatch(file.path, expected, found)
    label_of = _label_reader(file, options)
    first, labelled = None, False
    for number, header, sequence in _entries(file):
        first = first or (number, header)
        label, part = label_of(file.where(number), header)
        labelled = labelled or label is not None
        yield Row(number, options.tokens_of(sequence), label, part, sequence)
    if first is not None and not labelled:
        raise _no_label(file.where(first[0]), first[1])


def _entries(file: TextFile) -> Iterator[Entry]:
    number, header, lines = 0, "", list[str]()

    def entry() -> Entry:
        if sequence := "".join("".join(lines).split()):
            return number, header, sequence
        expected = f"a sequence below the header {shown(header)}"
        raise mismatch(file.where(number), expected, "none")

    for at, text in file.lines():
        if text.startswith(COMMENT) or not text.strip():
            continue
        if text.startswith(HEADER):
            if number:
                yield entry()
            number, header, lines = at, text.removeprefix(HEADER).strip(), []
        elif number:
            lines.append(text)
        else:
            expected = f"a header that begins with {HEADER!r}"
            raise mismatch(file.where(at), expected, shown(text))
    if number:
        yield entry()


Labels = Callable[[str, str], tuple[str | None, str | None]]
"""Gives the label and the part that a header says, where it stands, if any."""


def _label_reader(file: TextFile, options: ReadOptions) -> Labels:
    """Return how the headers of a file are read: all of them in the same way."""
    bars = spaces = 0
    both: tuple[str, str] | None = None
    count = 0
    for number, header, _ in _entries(file):
        has_bar, has_space = "|" in header, len(_BARS.sub("|", header).split()) > 1
        bars, spaces, count = bars + has_bar, spaces + has_space, count + 1
        if (has_bar and has_space) or (both is None and bars and spaces):
            both = both or (file.where(number), header)
    if options.label_column is not None:
        return _chosen(file, options.label_column, bars > 0, spaces > 0)
    if both is not None:
        raise _unclear(both[0], "either '>id label' or '>id|label' as headers", both[1])
    return _after_bar if bars else _after_space


def _after_space(where: str, header: str) -> tuple[str | None, str | None]:
    words = header.split(None, 1)
    return (words[1] if len(words) > 1 else None), None


def _after_bar(where: str, header: str) -> tuple[str | None, str | None]:
    fields = _BARS.split(header)
    part = _PARTS.get(fields[2].lower()) if len(fields) == 3 else None
    if len(fields) > 2 and part is None:
        raise _unclear(where, "a header '>id|label' or '>id|label|train'", header)
    return (fields[1] or None if len(fields) > 1 else None), part


def _chosen(file: TextFile, chosen: str, bars: bool, spaces: bool) -> Labels:
    """Return a reader of one field; bars, white space, or both divide headers."""
    try:
        column = int(chosen)
    except ValueError:
        expected = "a field's number in label_column (0 is the identifier, -1 the last)"
        raise mismatch(file.path, expected, repr(chosen)) from None
    between = _BARS if bars and not spaces else re.compile(r"[|\s]+")

    def label_of(where: str, header: str) -> tuple[str | None, str | None]:
        fields = between.split(header)
        if not -len(fields) <= column < len(fields):
            found = f"{len(fields)}: {shown(header)}"
            raise mismatch(where, f"a field {column} in the header", found)
        return fields[column] or None, None

    return label_of


def _unclear(where: str, expected: str, header: str) -> DataError:
    name = SettingName("label_column")
    which = " to the number of the field with the label (0 is the identifier)"
    return mismatch(where, expected, Message(f"{shown(header)}; set ", name, which))


def _no_label(where: str, header: str) -> DataError:
    expected = "a label in the header, as in '>id label' or '>id|label'"
    return mismatch(where, expected, shown(header))
