"""Interval arithmetic over closed forms: which values an expression can have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import inf

from transformer_programs.program import Value, number


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers between two bounds.

    Attributes:
        least: the lower bound, or minus infinity.
        most: the upper bound, or infinity.
        text: whether they are written as text.
    """

    least: float = -inf
    most: float = inf
    text: bool = False


Range = frozenset[Value] | Interval
"""Values among which those of a variable are: finitely many, or an endless interval."""

_ANY_TEXT = Interval(text=True)


def covers(known: Collection[Value], values: Range) -> bool:
    """Whether all values are among the known ones."""
    if isinstance(values, Interval):
        return False
    if isinstance(known, range):  # which may be endless for all that it takes
        return all(type(value) is int and value in known for value in values)
    return values <= {*known}


def negative(values: Range) -> bool:
    """Whether a number can be below 0."""
    return _span(values).least < 0


def numbers_alone(values: Range) -> bool:
    """Whether every text among the values is an integer."""
    if isinstance(values, Interval):
        return values != _ANY_TEXT
    try:
        return all(isinstance(int(value), int) for value in values)
    except ValueError:
        return False


def range_of(text: str, read: Mapping[str, Range]) -> Range:
    """Return what a closed form can give, where its names can have these values."""
    found = _range_of(ast.parse(text, mode="eval").body, read)
    if isinstance(found, frozenset) or inf in (-found.least, found.most):
        return found
    numbers = range(int(found.least), int(found.most) + 1)
    return frozenset(map(str, numbers)) if found.text else frozenset(numbers)


def _range_of(node: ast.expr, read: Mapping[str, Range]) -> Range:
    match node:
        case ast.Name(name):
            return read[name]
        case ast.Constant(str() as value):
            return frozenset({value})
        case ast.Constant(int() as value):
            return Interval(value, value)
        case ast.IfExp(_, yes, no):
            return _union(_range_of(yes, read), _range_of(no, read))
        case ast.Call(ast.Name(name), arguments):
            return _called(name, [_range_of(a, read) for a in arguments])
        case ast.BinOp(left, sign, right):
            spans = (_span(_range_of(side, read)) for side in (left, right))
            return _combined(sign, *spans)
        case ast.Compare() | ast.BoolOp():
            return Interval(0, 1)
    return Interval()  # nothing is known


def _called(name: str, arguments: list[Range]) -> Range:
    first, spans = arguments[0], [_span(argument) for argument in arguments]
    leasts, mosts = [s.least for s in spans], [s.most for s in spans]
    match name:
        case "str":
            return Interval(leasts[0], mosts[0], text=True)
        case "int":
            return Interval(leasts[0], mosts[0])
        case "abs":
            return Interval(0, max(mosts[0], -leasts[0]))
        case "min":
            return Interval(min(leasts), min(mosts))
        case "max":
            return Interval(max(leasts), max(mosts))
        case "number" if isinstance(first, frozenset):
            return _span(frozenset(number(str(token)) for token in first))
        case "number":
            return Interval(0)
    return Interval()


def _combined(sign: ast.operator, left: Interval, right: Interval) -> Interval:
    match sign:
        case ast.Mod() if right.most < inf:
            return Interval(0, right.most - 1)
        case ast.Add():
            return Interval(left.least + right.least, left.most + right.most)
        case ast.Sub():
            return Interval(left.least - right.most, left.most - right.least)
    return Interval()


def _union(a: Range, b: Range) -> Range:
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return a | b
    if any(isinstance(v, str) for r in (a, b) if isinstance(r, frozenset) for v in r):
        return _ANY_TEXT
    one, other = _span(a), _span(b)
    least, most = min(one.least, other.least), max(one.most, other.most)
    return Interval(least, most, text=one.text or other.text)


def _span(values: Range) -> Interval:
    # Without bounds for texts that are no numbers.
    if isinstance(values, Interval):
        return values
    numbers = [value for value in values if isinstance(value, int)]
    return Interval(min(numbers), max(numbers)) if numbers else _ANY_TEXT
