"""What definitions are made of that can be computed, and also read by a solver.

A formula says what the labels are by the few operations of an ``Algebra``. With
``Concrete`` it is an ordinary function of tokens; ``verify/solver/algebra.py`` makes it
a circuit over all inputs of a length.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

C = TypeVar("C")
"""A condition."""

N = TypeVar("N")
"""A whole number."""

S = TypeVar("S")
"""A symbol: a token or a label."""


class Algebra(Protocol[C, N, S]):
    """What formulas are made of."""

    def symbol(self, name: str) -> S:
        """A symbol by its name."""
        ...

    def within(self, symbol: S, names: Collection[str]) -> C:
        """Whether it is one of some symbols."""
        ...

    def same(self, one: S, other: S) -> C:
        """Whether two symbols are the same."""
        ...

    def less(self, one: S, other: S) -> C:
        """Whether one symbol is a smaller number than another."""
        ...

    def every(self, conditions: Iterable[C]) -> C:
        """Whether all hold."""
        ...

    def some(self, conditions: Iterable[C]) -> C:
        """Whether at least one holds."""
        ...

    def negated(self, condition: C) -> C:
        """Whether it does not hold."""
        ...

    def count(self, conditions: Iterable[C]) -> N:
        """How many hold."""
        ...

    def combined(self, one: S, other: S, function: Callable[[str, str], str]) -> S:
        """A function of two symbols."""
        ...

    def plus(self, number: N, other: N | int, factor: int = 1) -> N:
        """A number and a multiple of another one."""
        ...

    def at_least(self, number: N, other: N | int) -> C:
        """Whether a number is at least another one."""
        ...

    def equal(self, number: N, other: N | int) -> C:
        """Whether two numbers are equal."""
        ...

    def first(self, cases: Iterable[tuple[C, S]], otherwise: S) -> S:
        """The symbol of the first condition that holds, or another one."""
        ...

    def written(self, number: N) -> S:
        """The symbol that a number is written as."""
        ...


Formula = Callable[[Algebra[Any, Any, Any], Sequence[Any], tuple[str, ...]], Any]
"""From an algebra, bare tokens and the task's symbols to a list of labels, one for
every token and None where none is asked for; or to one label."""


class Concrete:
    """The algebra of what is known: truth values, integers and strings."""

    def symbol(self, name: str) -> str:
        """See ``Algebra``, here and below."""
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
