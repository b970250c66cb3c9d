"""Values and conditions on one value, as Python text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from transformer_programs.program import Value

_LISTED = 4
"""The most values that a condition lists."""

_MODULI = (2, 3, 4, 5)

_MOST_DIGITS = 18
"""Longer numerals are plain text: Python refuses those of more than 4,300 digits."""


def conditions(name: str, values: Sequence[Value], chosen: Sequence[bool]) -> list[str]:
    """Return texts that hold for the chosen values and no other, the best first.

    ``values`` are all that are possible, each once; ``name`` is what a value is called.
    """
    inside = [v for v, c in zip(values, chosen, strict=True) if c]
    outside = [v for v, c in zip(values, chosen, strict=True) if not c]
    if not inside or not outside:
        return []
    return list(_conditions(name, inside, outside))


def _conditions(
    name: str, inside: Sequence[Value], outside: Sequence[Value]
) -> Iterator[str]:
    if len(inside) == 1:
        yield f"{name} == {literal(inside[0])}"
    if len(outside) == 1:
        yield f"{name} != {literal(outside[0])}"
    numbers = [v for v in inside if isinstance(v, int)]
    others = [v for v in outside if isinstance(v, int)]
    if numbers and others:
        if max(numbers) < min(others):
            yield f"{name} < {min(others)}"
        if min(numbers) > max(others):
            yield f"{name} > {max(others)}"
        for modulus in _MODULI:
            rests = {v % modulus for v in numbers}
            if len(rests) == 1 and rests.isdisjoint(v % modulus for v in others):
                yield f"{name} % {modulus} == {rests.pop()}"
    if 1 < len(inside) <= _LISTED:
        yield f"{name} in {_listed(inside)}"
    if 1 < len(outside) <= _LISTED:
        yield f"{name} not in {_listed(outside)}"


def _listed(values: Sequence[Value]) -> str:
    return f"({', '.join(map(literal, values))})"


def literal(value: Value) -> str:
    """A token or number as Python source; strings quoted as ``ruff format`` does."""
    if isinstance(value, int):
        return str(value)
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_escape(c, quote) for c in value) + quote


def _escape(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return "\\" + character
    if character.isprintable():
        return character
    return repr(character)[1:-1]


def width(line: str) -> int:
    """Columns that a line takes: wide characters take two, combining ones none."""
    if line.isascii():
        return len(line)
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c)
        for c in line
    )


def numeral(text: Value) -> int | None:
    """Return the number that some ASCII digits are; None for any other value."""
    if not isinstance(text, str) or len(text) > _MOST_DIGITS:
        return None
    return int(text) if text.isascii() and text.isdecimal() else None
