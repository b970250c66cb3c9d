"""Python literals and calls, laid out as ``ruff format`` does at 88 columns.

A piece of source is a string (an atom) or a ``Bracket`` of pieces. What fits on its
line stays there; a bracket that does not is opened, one item a line; many texts are
then written as one text that is split, as many of them on a line as fit.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, repeat
from unicodedata import combining

from transformer_programs.analysis import literal as literal, numeral, width as width
from transformer_programs.language import Value

WIDTH = 88
INDENT = 4

FEWEST = 8  # so many texts that follow each other are written as one text that is split

SHORTEST_RUN = 10
"""So many successive numbers, or single characters, are written as a run."""

QUOTES = '"""'

_EVERY_WORD = "for word in words.split()"


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
        texts: the text that each item is, None where it is something else; empty for
            brackets that are no collections of texts.
    """

    opening: str
    items: tuple[Piece, ...]
    closing: str
    trailing_comma: bool = False
    filled: bool = False
    texts: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Plain words that are written as one text, on one line if they fit."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The value of every word, in a dict comprehension over a dict of ``Text``."""

    groups: Bracket


@dataclass(frozen=True, slots=True)
class Entry:
    """``key: value`` in a dict, or ``name=value`` in a call."""

    key: str
    value: Piece


Piece = str | Bracket | Entry | Grouped | Text


def set_of(values: Iterable[Value]) -> Piece:
    """Return a set literal, in the order given."""
    found = tuple(values)
    items = tuple(map(literal, found))
    texts = tuple(value if isinstance(value, str) else None for value in found)
    return Bracket("{", items, "}", texts=texts) if items else "set()"


def tuple_of(items: Iterable[Piece]) -> Bracket:
    """Return a tuple literal."""
    pieces = tuple(items)
    return Bracket("(", pieces, ")", trailing_comma=len(pieces) == 1)


def listed(texts: tuple[str, ...]) -> Piece:
    """Return a tuple of texts; long runs of numbers or characters in a short form."""
    runs = list(_runs(texts))
    if len(runs) == 1 and runs[0][1] is None:
        return f"tuple({runs[0][0]})"
    items = tuple(f"*{source}" if text is None else source for source, text in runs)
    comma = len(items) == 1
    plain_texts = tuple(text for _, text in runs)
    return Bracket("(", items, ")", trailing_comma=comma, texts=plain_texts)


def _runs(texts: tuple[str, ...]) -> Iterator[tuple[str, str | None]]:
    # Source for a text, and the text; or for several texts.
    start = 0
    while start < len(texts):
        rest = texts[start:]
        numbers, characters = _numbers_from(rest), _characters_from(rest)
        if numbers >= SHORTEST_RUN:
            start, first = start + numbers, int(rest[0])
            bounds = f"{first}, {first + numbers}" if first else str(numbers)
            yield f"map(str, range({bounds}))", None
        elif characters >= SHORTEST_RUN:
            start += characters
            yield literal("".join(rest[:characters])), None
        else:
            start += 1
            yield literal(rest[0]), rest[0]


def _numbers_from(texts: tuple[str, ...]) -> int:
    # How many successive numbers they begin with.
    first = numeral(texts[0])
    if first is None or str(first) != texts[0]:
        return 0
    expected = enumerate(texts, start=first)
    return next((i for i, (n, t) in enumerate(expected) if t != str(n)), len(texts))


def _characters_from(texts: tuple[str, ...]) -> int:
    # How many single characters they begin with, up to a run of numbers.
    for index, text in enumerate(texts):
        alone = len(text) == 1 and plain(text) and not combining(text)
        if not alone or _numbers_from(texts[index:]) >= SHORTEST_RUN:
            return index
    return len(texts)


def dict_of(entries: Iterable[tuple[str, Piece]]) -> Bracket:
    """Return a dict literal."""
    return Bracket("{", tuple(Entry(f"{k}: ", value) for k, value in entries), "}")


def call(function: str, *arguments: Piece) -> Bracket:
    """Return a call, or a function's parameters."""
    return Bracket(f"{function}(", arguments, ")", filled=True)


def keyword(name: str, value: Piece) -> Entry:
    """Return an argument passed by name."""
    return Entry(f"{name}=", value)


def plain(value: str) -> bool:
    """Whether a word stands for itself in a text in three quotes that is split."""
    return value.split() == [value] and value.isprintable() and QUOTES not in value


def lay_out(prefix: str, piece: Piece, suffix: str = "", indent: int = 0) -> list[str]:
    """Return the lines of ``prefix piece suffix``, indented by so many columns."""
    margin = " " * indent
    line = margin + prefix + one_line(piece) + suffix
    if isinstance(piece, Entry):
        return lay_out(prefix + piece.key, piece.value, suffix, indent)
    if isinstance(piece, Grouped):
        return [
            f"{margin}word: value",
            *lay_out("for value, words in ", piece.groups, ".items()", indent),
            margin + _EVERY_WORD,
        ]
    if isinstance(piece, Text) and width(line) > WIDTH:
        body = [*_wrapped(piece.words, indent + INDENT)]
        return [margin + prefix + QUOTES, *body, margin + QUOTES + suffix]
    if not isinstance(piece, Bracket) or not piece.items or width(line) <= WIDTH:
        return [line]
    body = _items(piece, indent + INDENT)
    inner = margin + " " * INDENT + ", ".join(map(one_line, piece.items))
    if piece.filled and width(inner) <= WIDTH:
        body = [inner]
    return [margin + prefix + piece.opening, *body, margin + piece.closing + suffix]


def one_line(piece: Piece) -> str:
    """Return the piece on a single line, however long."""
    match piece:
        case str():
            return piece
        case Text(words):
            return literal(" ".join(words))
        case Entry(key, value):
            return key + one_line(value)
        case Grouped(groups):
            found = one_line(groups)
            return f"word: value for value, words in {found}.items() {_EVERY_WORD}"
        case Bracket(opening, items, closing, trailing_comma):
            comma = "," if trailing_comma else ""
            return opening + ", ".join(map(one_line, items)) + comma + closing


def comprehension(prefix: str, cell: str, clause: Piece) -> list[str]:
    """Return the lines of a list comprehension in the body of a function."""
    margin, flat = " " * INDENT, f"{cell} {one_line(clause)}"
    line = f"{margin}{prefix}[{flat}]"
    if width(line) <= WIDTH:
        return [line]
    body = [margin * 2 + flat]
    if width(body[0]) > WIDTH:
        body = [margin * 2 + cell, *lay_out("", clause, indent=2 * INDENT)]
    return [f"{margin}{prefix}[", *body, f"{margin}]"]


def docstring(*paragraphs: str, indent: int = 0) -> list[str]:
    """Return the lines of a docstring, filled to the width of a line."""
    margin = " " * indent
    safe = [
        _printable(text.replace("\\", "\\\\").replace(QUOTES, '\\"\\"\\"'))
        for text in paragraphs
    ]
    if safe[0].startswith('"'):
        safe[0] = " " + safe[0]
    text = "\n\n".join(_fill(paragraph, WIDTH - indent - 3) for paragraph in safe)
    if "\n" not in text:  # the closing quotes belong to the same line
        text = _fill(text, WIDTH - indent - 6)
    if "\n" not in text:
        return [f"{margin}{QUOTES}{text}{QUOTES}"]
    lines = f"{QUOTES}{text}\n{QUOTES}".split("\n")
    return [margin + line if line else "" for line in lines]


def comment(text: str, indent: int) -> list[str]:
    """Return the lines of a comment, filled to the width of a line."""
    margin = " " * indent + "# "
    lines = _fill(_printable(text), WIDTH - len(margin)).split("\n")
    return [margin + line for line in lines]


def _fill(text: str, columns: int) -> str:
    return textwrap.fill(text, columns, break_long_words=False, break_on_hyphens=False)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _items(piece: Bracket, indent: int) -> list[str]:
    # Many plain words in a row stand as a text that is split.
    margin, lines = " " * indent, []
    pairs = zip(piece.items, piece.texts or repeat(None), strict=False)
    for together, run in groupby(pairs, lambda p: p[1] is not None and plain(p[1])):
        items, texts = zip(*run, strict=True)
        wrapped = _wrapped(texts, indent) if together and len(items) >= FEWEST else ()
        if wrapped:
            lines += [f"{margin}*{QUOTES}", *wrapped, f"{margin}{QUOTES}.split(),"]
        else:
            lines += [line for item in items for line in lay_out("", item, ",", indent)]
    return lines


@lru_cache(maxsize=64)
def _wrapped(words: tuple[str, ...], indent: int) -> tuple[str, ...]:
    lines: list[list[str]] = [[]]
    room = 0
    for word in words:
        text = word.replace("\\", "\\\\")
        columns = width(text) + 1
        if columns > room and lines[-1]:
            lines.append([])
        if not lines[-1]:
            room = WIDTH - indent + 1
        lines[-1].append(text)
        room -= columns
    return tuple(" " * indent + " ".join(line) for line in lines)
