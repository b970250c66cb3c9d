"""Interval arithmetic over closed forms: which values an expression can have."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from math import inf

from transformer_programs.language import Value, integer, number


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
        case ast.IfExp(condition, yes, no):
            rest = {**read, **_above(condition, read)}
            return _union(_range_of(yes, read), _range_of(no, rest))
        case ast.Subscript(ast.Tuple(labels)):
            return reduce(_union, (_range_of(label, read) for label in labels))
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
        case "integer" if isinstance(first, frozenset):
            return _span(frozenset(integer(str(token)) for token in first))
    return Interval()


def _combined(sign: ast.operator, left: Interval, right: Interval) -> Interval:
    match sign:
        case ast.Mod() if right.least > 0:
            return Interval(0, right.most - 1)
        case ast.FloorDiv() if right.least > 0:
            ends = [_quotient(n, d) for n in _ends(left) for d in _ends(right)]
            return Interval(min(ends), max(ends))
        case ast.Mult():
            ends = [n and m and n * m for n in _ends(left) for m in _ends(right)]
            return Interval(min(ends), max(ends))
        case ast.Add():
            return Interval(left.least + right.least, left.most + right.most)
        case ast.Sub():
            return Interval(left.least - right.most, left.most - right.least)
    return Interval()


def _ends(values: Interval) -> tuple[float, float]:
    return values.least, values.most


def _quotient(number: float, divisor: float) -> float:
    if number in (inf, -inf):
        return number
    if divisor == inf:
        return 0 if number >= 0 else -1
    return number // divisor


def _above(condition: ast.expr, read: Mapping[str, Range]) -> dict[str, Range]:
    # What a number is where it is neither 0 nor less than a constant.
    match condition:
        case ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(0)]):
            least = 1
        case ast.Compare(ast.Name(name), [ast.Lt()], [ast.Constant(int(least))]):
            pass
        case _:
            return {}
    values = _span(read[name])
    if values.text or values.least < 0:
        return {}
    return {name: Interval(max(values.least, least), values.most)}


def divides(text: str, read: Mapping[str, Range]) -> bool:
    """Whether every divisor of a closed form is above 0."""
    return _divides(ast.parse(text, mode="eval").body, read)


def _divides(node: ast.expr, read: Mapping[str, Range]) -> bool:
    match node:
        case ast.IfExp(condition, yes, no):
            rest = {**read, **_above(condition, read)}
            return _divides(yes, read) and _divides(no, rest)
        case ast.BinOp(_, ast.Mod() | ast.FloorDiv(), right):
            if _span(_range_of(right, read)).least <= 0:
                return False
    children = (n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr))
    return all(_divides(child, read) for child in children)


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
