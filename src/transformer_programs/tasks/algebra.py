"""Formulas: definitions that can be computed, and also read by a solver.

A formula gives labels by the few operations of an ``Algebra``. With ``Concrete`` it is
an ordinary function of tokens; ``verify/solver/algebra.py`` makes it a circuit over all
inputs of a length.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from transformer_programs.data import Target

C = TypeVar("C")  # a condition
N = TypeVar("N")  # a whole number
S = TypeVar("S")  # a symbol: a token or a label


class Algebra(Protocol[C, N, S]):
    """The operations of formulas, on conditions, whole numbers and symbols."""

    # Symbols by name; whether one is among some names, equals another, or is a smaller
    # number than another; a function of two symbols.
    def symbol(self, name: str) -> S: ...
    def within(self, symbol: S, names: Collection[str]) -> C: ...
    def same(self, one: S, other: S) -> C: ...
    def less(self, one: S, other: S) -> C: ...
    def combined(self, one: S, other: S, function: Callable[[str, str], str]) -> S: ...

    # Whether all or some hold, one does not, how many do; the symbol of the first.
    def every(self, conditions: Iterable[C]) -> C: ...
    def some(self, conditions: Iterable[C]) -> C: ...
    def negated(self, condition: C) -> C: ...
    def count(self, conditions: Iterable[C]) -> N: ...
    def first(self, cases: Iterable[tuple[C, S]], otherwise: S) -> S: ...

    # number + factor * other; comparisons; the symbol that a number is written as.
    def plus(self, number: N, other: N | int, factor: int = 1) -> N: ...
    def at_least(self, number: N, other: N | int) -> C: ...
    def equal(self, number: N, other: N | int) -> C: ...
    def written(self, number: N) -> S: ...


Formula = Callable[[Algebra[Any, Any, Any], Sequence[Any], tuple[str, ...]], Any]
"""From an algebra, bare tokens and the task's symbols to one label, or to a list with
one label per token, None where there is none."""

FILLER = "<s>"
"""The label of places that no token is left for."""


class Concrete:
    """The algebra of known values: truth values, integers and strings."""

    def symbol(self, name: str) -> str:
        return name

    def within(self, symbol: str, names: Collection[str]) -> bool:
        return symbol in names

    def same(self, one: str, other: str) -> bool:
        return one == other

    def less(self, one: str, other: str) -> bool:
        return int(one) < int(other)

    def every(self, conditions: Iterable[bool]) -> bool:
        return all(conditions)

    def some(self, conditions: Iterable[bool]) -> bool:
        return any(conditions)

    def negated(self, condition: bool) -> bool:
        return not condition

    def count(self, conditions: Iterable[bool]) -> int:
        return sum(conditions)

    def combined(
        self, one: str, other: str, function: Callable[[str, str], str]
    ) -> str:
        return function(one, other)

    def plus(self, number: int, other: int, factor: int = 1) -> int:
        return number + factor * other

    def at_least(self, number: int, other: int) -> bool:
        return number >= other

    def equal(self, number: int, other: int) -> bool:
        return number == other

    def first(self, cases: Iterable[tuple[bool, str]], otherwise: str) -> str:
        return next((symbol for holds, symbol in cases if holds), otherwise)

    def written(self, number: int) -> str:
        return str(number)


def compute(
    formula: Formula, tokens: tuple[str, ...], symbols: tuple[str, ...]
) -> Target:
    """Return the labels that a formula gives to bare tokens of a task's symbols."""
    found = formula(Concrete(), tokens, symbols)
    return found if isinstance(found, str) else tuple(found)


def counts_of(algebra: Algebra[C, N, S], tokens: Sequence[S]) -> list[N]:
    """Count how often the token of each position occurs."""
    return [
        algebra.count(algebra.same(token, other) for other in tokens)
        for token in tokens
    ]


def first_occurrences(algebra: Algebra[C, N, S], tokens: Sequence[S]) -> list[C]:
    """Return for each token whether it has not occurred before."""
    return [
        algebra.negated(
            algebra.some(algebra.same(token, other) for other in tokens[:i])
        )
        for i, token in enumerate(tokens)
    ]


def placed(
    algebra: Algebra[C, N, S],
    tokens: Sequence[S],
    taken: Sequence[C],
    places: Sequence[N],
) -> list[S]:
    """Put the tokens that are taken at their places, and filler at the others."""
    labels = []
    for place in range(len(tokens)):
        here = (
            algebra.every([some, algebra.equal(own, place)])
            for some, own in zip(taken, places, strict=True)
        )
        cases = zip(here, tokens, strict=True)
        labels.append(algebra.first(cases, algebra.symbol(FILLER)))
    return labels
