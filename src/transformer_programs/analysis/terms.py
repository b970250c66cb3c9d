"""All small terms over one or two numbers, and what they are at any points.

A term is made of variables, small constants and + - * // % min max abs. Terms are
enumerated by size, and of those that are equal everywhere only the first is kept. The
enumeration knows nothing of any table, so that it is done once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import log2

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
"""Integers, and NaN for what is not defined: floats hold both exactly."""

MOST_TERMS = 5_000
"""The most terms that are kept."""

_LARGEST_SIZE = 7  # nodes of a term
_CONSTANTS = (0, 1, 2, 3)
_FACTORS = (4, 5, 6, 7, 8, 9, 10)  # constants that only follow * // %
_SUM = 5  # nodes of the dividends that must be sums
_SAME_EITHER_WAY = ("+", "*", "min", "max")


def _divided(function: Callable[..., Reals]) -> Callable[[Reals, Reals], Reals]:
    def apply(a: Reals, b: Reals) -> Reals:
        with np.errstate(all="ignore"):
            return np.where(b > 0, function(a, b), np.nan)

    return apply


_OPERATIONS: dict[str, Callable[[Reals, Reals], Reals]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "//": _divided(np.floor_divide),
    "%": _divided(np.remainder),
    "min": np.minimum,
    "max": np.maximum,
    "abs": lambda a, _: np.abs(a),
}


@dataclass(frozen=True, slots=True)
class SmallTerm:
    """A term, as text.

    Attributes:
        text: Python source.
        size: nodes.
        operation: what it does last; empty for variables and constants.
        left: the first operand, an index of another term.
        right: the second operand.
        constant: the number that it is, for a constant.
        named: how often it names a variable.
        shifted: whether a constant is its last operand.
    """

    text: str
    size: int
    operation: str = ""
    left: int = 0
    right: int = 0
    constant: int | None = None
    named: int = 0
    shifted: bool = False

    @property
    def simple(self) -> bool:
        """Whether it is written without parentheses wherever it stands."""
        return self.operation in ("", "min", "max", "abs")


class Terms:
    """The terms over some variables, the smallest first.

    Attributes:
        terms: the terms.
        sizes: (terms,) nodes of each.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self.terms: list[SmallTerm] = []
        self._points = _points(len(names))
        self._rows: list[Reals] = []
        self._known: set[bytes] = set()
        # Runs of terms that do the same last, so that each is one call of numpy.
        self._runs: list[tuple[str, int, int]] = []
        for name, row in zip(names, self._points, strict=True):
            self._add(SmallTerm(name, 1, named=1), row)
        for number in _CONSTANTS + _FACTORS:
            size = 1 if number in _CONSTANTS else 3
            row = np.full(self._points.shape[1], float(number))
            self._add(SmallTerm(str(number), size, constant=number), row)
        self._leaves = len(self.terms)
        for size in range(2, _LARGEST_SIZE + 1):
            # Those that name variables less often come first: 2 * x before x + x.
            for named in range(1, size // 2 + 2):
                for operation in _OPERATIONS:
                    self._grow(operation, size, named)
        order = [term.size for term in self.terms]
        self.sizes = np.array([1] * self._leaves + order[self._leaves :])

    def _grow(self, operation: str, size: int, named: int) -> None:
        pairs = [
            (i, j)
            for i, j in self._pairs(operation, size)
            if self._named(operation, i, j) == named
            and _sensible(operation, self.terms[i], self.terms[j])
        ]
        room = MOST_TERMS - len(self.terms)
        start = len(self.terms)
        if not pairs or room <= 0:
            return
        lefts, rights = np.array(pairs).T
        every = np.array(self._rows)
        rows = _OPERATIONS[operation](every[lefts], every[rights])
        for (left, right), row in zip(pairs, rows, strict=True):
            if len(self.terms) < MOST_TERMS:
                self._add(self._term(operation, left, right, size), row)
        if len(self.terms) > start:
            self._runs.append((operation, start, len(self.terms)))

    def _named(self, operation: str, left: int, right: int) -> int:
        other = 0 if operation == "abs" else self.terms[right].named
        return self.terms[left].named + other

    def _pairs(self, operation: str, size: int) -> Iterator[tuple[int, int]]:
        by_size: dict[int, list[int]] = {}
        for index, term in enumerate(self.terms):
            by_size.setdefault(term.size, []).append(index)
        if operation == "abs":
            yield from ((i, i) for i in by_size.get(size - 1, []))
            return
        for one, other in product(by_size, by_size):
            if one + other + 1 != size:
                continue
            # Of the largest terms, only sums of products and the like, and remainders.
            sums = operation in ("+", "-") and one == other
            if size == _LARGEST_SIZE and not (sums or operation in ("%", "//")):
                continue
            for i, j in product(by_size[one], by_size[other]):
                if operation not in _SAME_EITHER_WAY or i < j:
                    yield i, j

    def _term(self, operation: str, left: int, right: int, size: int) -> SmallTerm:
        a, b = self.terms[left], self.terms[right]
        named = self._named(operation, left, right)
        fixed = [t.constant is not None for t in (a, b)]
        if operation in _SAME_EITHER_WAY and fixed[operation == "*"]:
            a, b = b, a  # a constant is the first factor, and the last of others
        if operation == "abs":
            text = f"abs({a.text})"
        elif operation in ("min", "max"):
            text = f"{operation}({a.text}, {b.text})"
        else:
            first, second = a.text, b.text
            if operation in "+-":
                if operation == "-" and b.operation in ("+", "-"):
                    second = f"({second})"
            else:
                first = first if a.simple else f"({first})"
                second = second if b.simple else f"({second})"
            text = f"{first} {operation} {second}"
        shifted = b.constant is not None
        return SmallTerm(text, size, operation, left, right, None, named, shifted)

    def _add(self, term: SmallTerm, row: Reals) -> None:
        fixed = bool((row == row[0]).all()) or bool(np.isnan(row).all())
        key = row.tobytes()
        if key in self._known or (fixed and term.operation):
            return
        self._known.add(key)
        self.terms.append(term)
        self._rows.append(row + 0.0)

    def at(self, points: Reals, largest: int = _LARGEST_SIZE) -> Reals:
        """Return what terms are: (variables, points) -> (terms, points)."""
        count = int(np.searchsorted(self.sizes, largest, side="right"))
        found = np.empty((count, points.shape[1]))
        found[: len(points)] = points
        for index in range(len(points), self._leaves):
            found[index] = float(self.terms[index].constant or 0)
        for operation, start, end in self._runs:
            if start >= count:
                break
            some = self.terms[start:end]
            lefts = found[[term.left for term in some]]
            found[start:end] = _OPERATIONS[operation](
                lefts, found[[term.right for term in some]]
            )
        return found


def _sensible(operation: str, a: SmallTerm, b: SmallTerm) -> bool:
    # Constants stand where they mean something, and divisors are simple.
    if a.constant is not None and b.constant is not None:
        return False
    if operation == "abs":
        return a.operation == "-" and a.named > 1
    if a is b and operation != "*":
        return False
    numbers = [t.constant for t in (a, b) if t.constant is not None]
    if numbers and operation in ("+", "-", "min", "max"):
        least = 0 if operation in ("min", "max") else 1
        small = least <= numbers[0] <= _CONSTANTS[-1]
        term = b if a.constant is not None else a
        twice = term.operation in ("+", "-") and term.shifted
        return small and not twice and (a.constant is None or operation != "-")
    if operation == "*":
        return not numbers or numbers[0] > 1
    if operation in ("//", "%"):
        if a.size == _SUM and (a.shifted or a.operation not in ("+", "-")):
            return False
        if b.constant is None:
            whole = a.constant is None and (a.size == 1 or b.size == 1)
            return whole and b.size <= 3 and b.operation in ("", "+", "max")
        return a.constant is None and b.constant > 1
    return True


def _points(variables: int) -> Reals:
    # Small numbers, and some larger ones, at which different terms differ.
    if variables == 1:
        return np.arange(61, dtype=np.float64)[None, :]
    small = list(product(range(8), repeat=2))
    large = [(i * 7 % 41, i * i * 5 % 37) for i in range(1, 41)]
    return np.array(small + large, dtype=np.float64).T


@cache
def terms_over(*names: str) -> Terms:
    """Return the terms over one or two variables; they are enumerated once."""
    return Terms(names)


def constant_bits(number: float) -> float:
    """Return the length of the description of a constant beside a term, in bits."""
    return 1.5 * log2(abs(number) + 1) + 1 if number else 0.0
