"""CoNLL columns: a token and its tag per line, a blank line between sentences."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain, dropwhile

from transformer_programs.data.columns import TWO_COLUMNS
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Row, mismatch, shown
from transformer_programs.data.text_files import TextFile
from transformer_programs.errors import Message

_DOCUMENT = "-DOCSTART-"

Line = tuple[int, str]
"""A line's number and its text."""

Shape = tuple[int, bool]
"""How many columns a file has, and whether tabs divide them."""


def read_conll(file: TextFile, options: ReadOptions) -> Iterator[Row]:
    """Yield the sentences of a file of columns.

    Columns are divided by tabs where a line has one, else by white space. Lines that
    begin with ``-DOCSTART-`` are skipped, and so are comments: lines that begin with
    ``# `` at the head of a sentence, unless they have the file's columns (a sentence
    may begin with the token ``#``).

    Raises:
        DataError: If a line does not have the columns of those before.
    """
    chosen = (
        _column(file, "tokens_column", options.tokens_column, default=0),
        _column(file, "label_column", options.label_column, default=-1),
    )
    shape: Shape | None = None
    width: int | None = None
    for block in _blocks(file):
        shape = shape or _shape(block)
        lines = list(dropwhile(partial(_is_comment, shape), block))
        pairs = []
        for number, text in lines:
            columns = _columns(text)
            width = width or _checked_width(file.where(number), columns, chosen)
            if len(columns) != width:
                expected = f"{width} columns, as in the lines before"
                found = f"{len(columns)}: {shown(text)}"
                raise mismatch(file.where(number), expected, found)
            pair = columns[chosen[0]].strip(), columns[chosen[1]].strip()
            if not all(pair):
                where = file.where(number)
                raise mismatch(where, "a token and a tag", "an empty column")
            pairs.append(pair)
        if pairs:
            tokens, tags = zip(*pairs, strict=True)
            yield Row(lines[0][0], tokens, tags)


def _blocks(file: TextFile) -> Iterator[list[Line]]:
    block: list[Line] = []
    for line in chain(file.lines(), [(0, "")]):
        if not line[1].strip():
            if block:
                yield block
            block = []
        elif not line[1].startswith(_DOCUMENT):
            block.append(line)


def _shape(block: list[Line]) -> Shape | None:
    """Return the shape of the last line that cannot be a comment, if there is one."""
    for _, text in reversed(block):
        if "\t" in text or not text.startswith("# "):
            return len(_columns(text)), "\t" in text
    return None


def _is_comment(shape: Shape | None, line: Line) -> bool:
    _, text = line
    if "\t" in text or not text.startswith("# "):
        return False
    return shape is None or shape[1] or len(_columns(text)) != shape[0]


def _columns(text: str) -> list[str]:
    return text.split("\t") if "\t" in text else text.split()


def _column(file: TextFile, name: str, chosen: str | None, default: int) -> int:
    try:
        return default if chosen is None else int(chosen)
    except ValueError:
        expected = f"a column number in {name} (0 is the first column, -1 the last)"
        raise mismatch(file.path, expected, repr(chosen)) from None


def _checked_width(where: str, columns: list[str], chosen: tuple[int, int]) -> int:
    width = len(columns)
    if width < 2:
        found = f"{width} column: {shown(columns[0])}"
        raise mismatch(where, "a token and a tag in columns", found)
    for column in chosen:
        if not -width <= column < width:
            raise mismatch(where, f"a column {column}", f"{width} columns")
    if len({column % width for column in chosen}) == 1:
        both = Message(f"both in column {chosen[0] % width}; set ", *TWO_COLUMNS)
        raise mismatch(where, "tokens and tags in two columns", both)
    return width
