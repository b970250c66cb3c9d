"""What a written program computes with: one value for every position, or a variable.

The function of a written program runs twice. With lists it is plain Python: a
``Column`` holds the value of every position. Without any input, to become a program,
every variable is a ``Variable`` (``variables.py``). Both are ``Values``: the operators
below mean the same in both, position by position.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, Self

from transformer_programs.errors import WritingError
from transformer_programs.language.primitives import attend, count, decide

Function = Callable[..., Any]

Row = tuple[int, ...]

Weighed = tuple["Values", Mapping[Any, Row] | Row]
"""A variable, and what it adds for each value that may be decided on: a row for each of
its values, or what its number is multiplied by."""


class Values(ABC):
    """A value at every position, known or not.

    Operators work position by position, with other values or with a constant. What is
    true is 1, what is false 0.
    """

    __slots__ = ()

    @abstractmethod
    def combined(self, function: Function, operands: tuple[object, ...]) -> Self:
        """Return what a function says of operands, one of which this is."""

    @abstractmethod
    def attended(self, head: Selector, value: Values) -> Values:
        """Return the value at the nearest position that is selected."""

    @abstractmethod
    def counted(self, head: Selector, value: Values) -> Values:
        """Return the sum of the values at all positions that are selected."""

    @abstractmethod
    def decided(self, values: Sequence[Any], terms: Sequence[Weighed]) -> Values:
        """Return the value with the largest sum of weights."""

    def _with(self, function: Function, *operands: object) -> Self:
        return self.combined(function, operands)

    def __add__(self, other: object) -> Self:
        return self._with(operator.add, self, other)

    def __radd__(self, other: object) -> Self:
        return self._with(operator.add, other, self)

    def __sub__(self, other: object) -> Self:
        return self._with(operator.sub, self, other)

    def __rsub__(self, other: object) -> Self:
        return self._with(operator.sub, other, self)

    def __mul__(self, other: object) -> Self:
        return self._with(operator.mul, self, other)

    def __rmul__(self, other: object) -> Self:
        return self._with(operator.mul, other, self)

    def __floordiv__(self, other: object) -> Self:
        return self._with(operator.floordiv, self, other)

    def __rfloordiv__(self, other: object) -> Self:
        return self._with(operator.floordiv, other, self)

    def __mod__(self, other: object) -> Self:
        return self._with(operator.mod, self, other)

    def __rmod__(self, other: object) -> Self:
        return self._with(operator.mod, other, self)

    def __neg__(self) -> Self:
        return self._with(operator.neg, self)

    def __abs__(self) -> Self:
        return self._with(abs, self)

    def __lt__(self, other: object) -> Self:
        return self._with(operator.lt, self, other)

    def __le__(self, other: object) -> Self:
        return self._with(operator.le, self, other)

    def __gt__(self, other: object) -> Self:
        return self._with(operator.gt, self, other)

    def __ge__(self, other: object) -> Self:
        return self._with(operator.ge, self, other)

    def __eq__(self, other: object) -> Self:  # type: ignore[override]
        return self._with(operator.eq, self, other)

    def __ne__(self, other: object) -> Self:  # type: ignore[override]
        return self._with(operator.ne, self, other)

    __hash__ = object.__hash__

    def __and__(self, other: object) -> Self:
        return self._with(lambda a, b: a and b, self, other)

    def __rand__(self, other: object) -> Self:
        return self._with(lambda a, b: a and b, other, self)

    def __or__(self, other: object) -> Self:
        return self._with(lambda a, b: a or b, self, other)

    def __ror__(self, other: object) -> Self:
        return self._with(lambda a, b: a or b, other, self)

    def __invert__(self) -> Self:
        return self._with(operator.not_, self)

    def __bool__(self) -> NoReturn:
        raise WritingError(
            "a variable is not true or false: it has another value at every position; "
            "use & | ~ instead of and, or, not, and where(condition, a, b) instead of "
            "if"
        )


class Selector:
    """Which positions a position looks at: a predicate over pairs, and a scope.

    Selections of the same scope are combined with ``&``, ``|`` and ``~``.

    Attributes:
        query: The values at the position that looks.
        key: The values that the predicate is asked about.
        predicate: Whether a query selects the position of a key.
        scope: Which positions may be selected: all, before, after or causal.
    """

    __slots__ = ("key", "predicate", "query", "scope")

    def __init__(
        self, query: Values, key: Values, predicate: Function, scope: str
    ) -> None:
        self.query, self.key = query, key
        self.predicate, self.scope = predicate, scope

    def __and__(self, other: Selector) -> Selector:
        return self._joined(other, lambda a, b: a and b)

    def __or__(self, other: Selector) -> Selector:
        return self._joined(other, lambda a, b: a or b)

    def __invert__(self) -> Selector:
        own = self.predicate
        return Selector(self.query, self.key, lambda q, k: not own(q, k), self.scope)

    def _joined(self, other: Selector, both: Function) -> Selector:
        if self.scope != other.scope:
            raise WritingError(
                f"these select among different positions, {self.scope!r} and "
                f"{other.scope!r}; give both the same scope"
            )
        one, two = self.predicate, other.predicate
        query, first, second = _paired(self.query, other.query)
        key, left, right = _paired(self.key, other.key)

        def predicate(q: Any, k: Any) -> bool:
            return bool(both(one(first(q), left(k)), two(second(q), right(k))))

        return Selector(query, key, predicate, self.scope)


def _paired(one: Values, two: Values) -> tuple[Values, Function, Function]:
    # Both as one, and how to read each of them in it.
    if one is two:
        return one, lambda x: x, lambda x: x
    pair = one.combined(lambda a, b: (a, b), (one, two))
    return pair, operator.itemgetter(0), operator.itemgetter(1)


class Column(Values):
    """The value of a variable at every position of a sequence.

    >>> list(Column([1, 2]) + 1)
    [2, 3]
    """

    __slots__ = ("of_positions",)

    def __init__(self, values: Iterable[Any]) -> None:
        self.of_positions = tuple(map(plain, values))

    def __iter__(self) -> Any:
        return iter(self.of_positions)

    def __repr__(self) -> str:
        return f"Column({list(self.of_positions)})"

    def combined(self, function: Function, operands: tuple[object, ...]) -> Column:
        """Return the function's value at every position."""
        length = len(self.of_positions)
        columns = (
            x.of_positions if isinstance(x, Column) else (x,) * length for x in operands
        )
        return Column(function(*row) for row in zip(*columns, strict=True))

    def attended(self, head: Selector, value: Values) -> Column:
        """Return what the nearest match holds."""
        query, key, values = map(_listed, (head.query, head.key, value))
        return Column(attend(query, key, values, head.predicate, head.scope))

    def decided(self, values: Sequence[Any], terms: Sequence[Weighed]) -> Column:
        """Return the decision at every position."""
        return Column(decide(values, *((_listed(x), added) for x, added in terms)))

    def counted(self, head: Selector, value: Values) -> Column:
        """Return the sums over matches."""
        query, key, values = map(_listed, (head.query, head.key, value))
        return Column(count(query, key, values, head.predicate, head.scope))


def _listed(values: Values) -> list[Any]:
    assert isinstance(values, Column)
    return list(values.of_positions)


def plain(value: Any) -> Any:
    """Return a value as programs hold it: what is true is 1, what is false 0."""
    return int(value) if isinstance(value, bool) else value
