"""Definitions of tasks that can be computed, and also read by a solver.

A formula says what the labels are by the few operations of an ``Algebra``. With
``Concrete`` it is an ordinary function of tokens; ``verify/solver/algebra.py`` makes it
a circuit over all inputs of a length.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Protocol, TypeVar

from transformer_programs.tasks.dataset import Target

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

    def number(self, symbol: S) -> N:
        """The number that a symbol is."""
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

    def chosen(self, condition: C, this: S, other: S) -> S:
        """One symbol if a condition holds, else the other."""
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

    def number(self, symbol: str) -> int:
        return int(symbol)

    def plus(self, number: int, other: int, factor: int = 1) -> int:
        return number + factor * other

    def at_least(self, number: int, other: int) -> bool:
        return number >= other

    def equal(self, number: int, other: int) -> bool:
        return number == other

    def chosen(self, condition: bool, this: str, other: str) -> str:
        return this if condition else other

    def written(self, number: int) -> str:
        return str(number)


def compute(
    formula: Formula, tokens: tuple[str, ...], symbols: tuple[str, ...]
) -> Target:
    """The labels of known tokens."""
    found = formula(Concrete(), tokens, symbols)
    return found if isinstance(found, str) else tuple(found)


def reverse(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The tokens from the last to the first."""
    del algebra, symbols
    return list(reversed(tokens))


def sort(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """At place k the least symbol that more than k tokens do not exceed."""
    rising = sorted(symbols, key=int)
    up_to = [
        algebra.count(algebra.within(token, rising[: rank + 1]) for token in tokens)
        for rank in range(len(rising))
    ]
    labels = []
    for place in range(len(tokens)):
        label = algebra.symbol(rising[-1])
        for name, count in reversed(list(zip(rising, up_to, strict=True))):
            enough = algebra.at_least(count, place + 1)
            label = algebra.chosen(enough, algebra.symbol(name), label)
        labels.append(label)
    return labels


def hist(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How often each token occurs."""
    del symbols
    return [algebra.written(count) for count in _counts(algebra, tokens)]


def _counts(algebra: Algebra[C, N, S], tokens: Sequence[S]) -> list[N]:
    return [
        algebra.count(algebra.same(token, other) for other in tokens)
        for token in tokens
    ]


def dyck(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """A stack of what is open: T if empty, P if not, F after a token that closes wrong.

    ``height[k]`` says whether k brackets are open, ``stack[k]`` which the next one is.
    """
    del symbols
    closer_of = {"(": ")", "{": "}"}
    never = algebra.some([])
    height = [algebra.every([]), *[never] * len(tokens)]
    stack = [algebra.symbol("(")] * len(tokens)
    wrong = never
    labels = []
    for token in tokens:
        opens = algebra.within(token, tuple(closer_of))
        fits = [
            algebra.some(
                algebra.every([algebra.within(top, [o]), algebra.within(token, [c])])
                for o, c in closer_of.items()
            )
            for top in stack
        ]
        closes = algebra.some(map(algebra.every, zip(height[1:], fits, strict=True)))
        wrong = algebra.some([wrong, algebra.negated(algebra.some([opens, closes]))])
        stack = [
            algebra.chosen(algebra.every([opens, at]), token, old)
            for at, old in zip(height[:-1], stack, strict=True)
        ]
        higher, lower = [never, *height[:-1]], [*height[1:], never]
        height = [
            algebra.some(
                [
                    algebra.every([opens, below]),
                    algebra.every([algebra.negated(opens), above]),
                ]
            )
            for below, above in zip(higher, lower, strict=True)
        ]
        label = algebra.chosen(height[0], algebra.symbol("T"), algebra.symbol("P"))
        labels.append(algebra.chosen(wrong, algebra.symbol("F"), label))
    return labels
