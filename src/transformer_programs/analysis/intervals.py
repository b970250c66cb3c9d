"""Interval arithmetic over closed forms: which values an expression can have."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from transformer_programs.program import Value, number


@dataclass(frozen=True, slots=True)
class Interval:
    """All integers between two bounds.

    Attributes:
        least: the lower bound; None if there is none.
        most: the upper bound; None if there is none.
        text: whether they are written as text.
    """

    least: int | None = None
    most: int | None = None
    text: bool = False

    @property
    def endless(self) -> bool:
        """Whether it has no end on one side."""
        return self.least is None or self.most is None


Range = frozenset[Value] | Interval
"""Values among which those of a variable are: finitely many, or an endless interval."""

FLAG = Interval(0, 1)
_ANY_TEXT = Interval(text=True)


def runner(text: str, names: str = "x") -> Callable[..., Any]:
    """Return a closed form as a function of its names, such as ``a, b``."""
    function: Callable[..., Any] = eval(f"lambda {names}: {text}", {"number": number})
    return function


def covers(known: Collection[Value], values: Range) -> bool:
    """Whether all values are among the known ones."""
    if isinstance(values, Interval):
        return False
    if isinstance(known, range):  # which may be endless for all that it takes
        return all(type(value) is int and value in known for value in values)
    return values <= {*known}


def negative(values: Range) -> bool:
    """Whether a number can be below 0."""
    least = _span(values).least
    return least is None or least < 0


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
    if isinstance(found, frozenset) or found.endless:
        return found
    assert found.least is not None
    assert found.most is not None
    numbers = range(found.least, found.most + 1)
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
            return FLAG
    return Interval()  # nothing is known


def _called(name: str, arguments: list[Range]) -> Range:
    first = arguments[0]
    if name == "str":
        span = _span(first)
        return Interval(span.least, span.most, text=True)
    if name == "number" and isinstance(first, frozenset):
        return _span(frozenset(number(str(token)) for token in first))
    spans = [_span(argument) for argument in arguments]
    if name == "abs":
        (span,) = spans
        return Interval(0, _largest(span.most, _negated(span.least)))
    if name == "min":
        bounds = [s.most for s in spans if s.most is not None]
        return Interval(_smallest(*(s.least for s in spans)), min(bounds, default=None))
    if name == "max":
        bounds = [s.least for s in spans if s.least is not None]
        return Interval(max(bounds, default=None), _largest(*(s.most for s in spans)))
    if name == "int":
        return Interval(spans[0].least, spans[0].most)
    return Interval(0 if name == "number" else None)  # or nothing is known


def _combined(sign: ast.operator, left: Interval, right: Interval) -> Interval:
    if isinstance(sign, ast.Mod) and right.most is not None:
        return Interval(0, right.most - 1)
    if not isinstance(sign, ast.Add | ast.Sub):
        return Interval()
    if isinstance(sign, ast.Sub):
        right = Interval(_negated(right.most), _negated(right.least))
    return Interval(_added(left.least, right.least), _added(left.most, right.most))


def _union(a: Range, b: Range) -> Range:
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return a | b
    if any(isinstance(v, str) for r in (a, b) if isinstance(r, frozenset) for v in r):
        return _ANY_TEXT
    one, other = _span(a), _span(b)
    least, most = _smallest(one.least, other.least), _largest(one.most, other.most)
    return Interval(least, most, text=one.text or other.text)


def _span(values: Range) -> Interval:
    """The interval around some values; without bounds for texts that are no numbers."""
    if isinstance(values, Interval):
        return values
    numbers = [value for value in values if isinstance(value, int)]
    return Interval(min(numbers), max(numbers)) if numbers else _ANY_TEXT


def _added(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _negated(a: int | None) -> int | None:
    return None if a is None else -a


def _smallest(*bounds: int | None) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return min(known) if len(known) == len(bounds) else None


def _largest(*bounds: int | None) -> int | None:
    known = [bound for bound in bounds if bound is not None]
    return max(known) if len(known) == len(bounds) else None
