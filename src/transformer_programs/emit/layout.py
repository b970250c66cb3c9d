"""Python literals and calls, laid out as ``ruff format`` does at 88 columns.

A piece of source is a string (an atom) or a ``Bracket`` of pieces. What fits on its
line stays there; a bracket that does not is opened, one item a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transformer_programs.forms.conditions import literal as literal, width as width
from transformer_programs.forms.numerals import numeral
from transformer_programs.program.types import Value

WIDTH = 88
INDENT = 4


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracketed list of items.

    Attributes:
        opening: the text up to and with the opening bracket, such as ``{`` or ``f(``.
        items: what stands inside, separated by commas.
        closing: the closing bracket.
        trailing_comma: whether a one-line tuple needs its comma.
        filled: whether the items may share one line of their own, as arguments and
            parameters do and the items of a collection do not.
    """

    opening: str
    items: tuple[Piece, ...]
    closing: str
    trailing_comma: bool = False
    filled: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """``key: value`` in a dict, or ``name=value`` in a call."""

    key: str
    value: Piece


Piece = str | Bracket | Entry


def set_of(values: Iterable[Value]) -> Piece:
    """A set literal, in the order given."""
    items = tuple(literal(value) for value in values)
    return Bracket("{", items, "}") if items else "set()"


def tuple_of(items: Iterable[Piece]) -> Bracket:
    """A tuple literal."""
    pieces = tuple(items)
    return Bracket("(", pieces, ")", trailing_comma=len(pieces) == 1)


SHORTEST_RUN = 10
"""So many successive numbers, or single letters, are written as a run."""


def listed(texts: tuple[str, ...]) -> Piece:
    """A tuple of texts; long runs of numbers or of letters in a short form."""
    runs = list(_runs(texts))
    if len(runs) == 1 and runs[0][1] > 1:
        return f"tuple({runs[0][0]})"
    items = (text if length == 1 else f"*{text}" for text, length in runs)
    return tuple_of(items)


def _runs(texts: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Source for a text, or for several, and how many."""
    start = 0
    while start < len(texts):
        rest = texts[start:]
        numbers, letters = _numbers_from(rest), _letters_from(rest)
        length = 1
        if numbers >= SHORTEST_RUN:
            length, first = numbers, int(rest[0])
            bounds = f"{first}, {first + numbers}" if first else str(numbers)
            yield f"map(str, range({bounds}))", numbers
        elif letters >= SHORTEST_RUN:
            length = letters
            yield literal("".join(rest[:letters])), letters
        else:
            yield literal(rest[0]), 1
        start += length


def _numbers_from(texts: tuple[str, ...]) -> int:
    """How many successive numbers they begin with."""
    first = numeral(texts[0])
    if first is None or str(first) != texts[0]:
        return 0
    expected = enumerate(texts, start=first)
    return next((i for i, (n, t) in enumerate(expected) if t != str(n)), len(texts))


def _letters_from(texts: tuple[str, ...]) -> int:
    """How many single letters they begin with."""
    plain = (len(t) == 1 and t.isascii() and t.isalpha() for t in texts)
    return next((i for i, letter in enumerate(plain) if not letter), len(texts))


def dict_of(entries: Iterable[tuple[str, Piece]]) -> Bracket:
    """A dict literal."""
    return Bracket("{", tuple(Entry(f"{k}: ", value) for k, value in entries), "}")


def call(function: str, *arguments: Piece) -> Bracket:
    """A call, or a function's parameters."""
    return Bracket(f"{function}(", arguments, ")", filled=True)


def keyword(name: str, value: Piece) -> Entry:
    """An argument passed by name."""
    return Entry(f"{name}=", value)


def lay_out(prefix: str, piece: Piece, suffix: str = "", indent: int = 0) -> list[str]:
    """The lines of ``prefix piece suffix``, indented by so many columns."""
    margin = " " * indent
    line = margin + prefix + one_line(piece) + suffix
    if isinstance(piece, Entry):
        return lay_out(prefix + piece.key, piece.value, suffix, indent)
    if not isinstance(piece, Bracket) or not piece.items or width(line) <= WIDTH:
        return [line]
    inner = margin + " " * INDENT + ", ".join(map(one_line, piece.items))
    if piece.filled and width(inner) <= WIDTH:
        body: Iterator[str] | list[str] = [inner]
    else:
        body = (
            line
            for item in piece.items
            for line in lay_out("", item, ",", indent + INDENT)
        )
    return [margin + prefix + piece.opening, *body, margin + piece.closing + suffix]


def one_line(piece: Piece) -> str:
    """The piece on a single line, however long."""
    match piece:
        case str():
            return piece
        case Entry(key, value):
            return key + one_line(value)
        case Bracket(opening, items, closing, trailing_comma):
            comma = "," if trailing_comma else ""
            return opening + ", ".join(map(one_line, items)) + comma + closing
