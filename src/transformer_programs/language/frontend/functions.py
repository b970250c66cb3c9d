"""The words of written programs: ``attend``, ``count``, ``table`` and what they make.

Each takes ``tokens``, ``positions``, ``ones`` or what was made of them, and returns a
value for every position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from transformer_programs.errors import WritingError
from transformer_programs.language.frontend.values import (
    Function,
    Row,
    Selector,
    Values,
)
from transformer_programs.language.nodes import Scope

Predicate = Callable[[Any, Any], bool]


def attend(
    query: Values, key: Values, value: Values, predicate: Predicate, scope: str = "all"
) -> Values:
    """Copy the value from the nearest position whose key matches the query.

    A position itself counts as the farthest, the earlier of two equally near ones wins,
    and position 0 stands in when nothing matches.

    Args:
        query: Read at the position that looks.
        key: Read at the position that is looked at.
        value: Copied from there.
        predicate: Called with a query and a key; whether they match.
        scope: Which positions may be looked at: ``"all"``, ``"before"``, ``"after"`` or
            ``"causal"`` (before, and the position itself).

    Raises:
        WritingError: For arguments that are none of these, or a predicate that fails or
            does not return True or False.
    """
    found = select(query, key, predicate, scope)
    return found.query.attended(found, _values(value, "value"))


def count(
    query: Values, key: Values, value: Values, predicate: Predicate, scope: str = "all"
) -> Values:
    """Add up the values of all positions whose key matches the query.

    With ``ones`` as value, these positions are counted. Values are numbers from 0;
    other arguments and errors are those of ``attend``.
    """
    found = select(query, key, predicate, scope)
    return found.query.counted(found, _values(value, "value"))


def table(function: Function, *inputs: Values) -> Values:
    """Return what a function says of the values of each position.

    Args:
        function: Called with a value of every input: any function of these, for it is
            tabulated. It returns a number, a text, True or False, or another value that
            can be a key of a dictionary.
        inputs: At least one. More than two are joined in turn.

    Raises:
        WritingError: If the function fails for some values, or if there are too many.
    """
    if not inputs:
        raise WritingError("table(function, *inputs) needs at least one input")
    first = _values(inputs[0], "inputs")
    return first.combined(function, inputs)


def decide(
    values: Sequence[Any], *terms: tuple[Values, Mapping[Any, Any] | Sequence[int]]
) -> Values:
    """Return the value with the largest sum of weights, the first of them on a tie.

    Args:
        values: What is decided on, in order.
        terms: Variables and what they add: by value a row, one weight for each of
            ``values`` or a dict of those that are not 0; or, for numbers from 0, one
            row, which is multiplied by the number. Values without a row add nothing.

    Raises:
        WritingError: For no values or terms, or weights that are not whole numbers.
    """
    if not values or not terms:
        raise WritingError("decide(values, *terms) needs at least one of each")
    weighed = [(_values(x, "term"), _rows(added, values)) for x, added in terms]
    return weighed[0][0].decided([*values], weighed)


def _rows(added: Any, values: Sequence[Any]) -> Mapping[Any, Row] | Row:
    # By value, unless what stands there are weights.
    by_value = isinstance(added, Mapping)
    if by_value and not all(isinstance(x, int) for x in added.values()):
        return {value: _row(row, values) for value, row in added.items()}
    return _row(added, values)


def _row(row: Any, values: Sequence[Any]) -> Row:
    if isinstance(row, Mapping):
        unknown = [value for value in row if value not in values]
        if unknown:
            raise WritingError(f"decide: {unknown[0]!r} is none of the values")
        row = [row.get(value, 0) for value in values]
    found = tuple(row)
    if len(found) != len(values) or not all(type(weight) is int for weight in found):
        raise WritingError(
            f"decide: expected {len(values)} whole numbers as weights, got {row!r}"
        )
    return found


def where(condition: Values, yes: object, no: object) -> Values:
    """Return ``yes`` at the positions where the condition holds, elsewhere ``no``."""
    choose = lambda c, a, b: a if c else b  # noqa: E731
    return _values(condition, "condition").combined(choose, (condition, yes, no))


def before(value: Values) -> Values:
    """Return the value one position before; at position 0 its own."""
    value = _values(value, "value")
    return attend(value, value, value, _always, "before")


def after(value: Values) -> Values:
    """Return the value one position after; at the last position that of position 0."""
    value = _values(value, "value")
    return attend(value, value, value, _always, "after")


def select(
    query: Values, key: Values, predicate: Predicate, scope: str = "all"
) -> Selector:
    """Return which positions a predicate selects; combine with ``&``, ``|``, ``~``.

    ``attend`` and ``count`` are short for a selector and what is made of it
    (``nearest``, ``total``, ``width``, ``aggregate``). Arguments are those of
    ``attend``. RASP has the key first.
    """
    if not callable(predicate):
        raise WritingError(
            f"predicate: expected a function of a query and a key, got {predicate!r}"
        )
    if scope not in {*Scope}:
        raise WritingError(f"scope: expected one of {', '.join(Scope)}, got {scope!r}")
    return Selector(_values(query, "query"), _values(key, "key"), predicate, scope)


def nearest(selector: Selector, value: Values) -> Values:
    """Return the value at the nearest position that is selected, as ``attend`` does."""
    return selector.query.attended(selector, _values(value, "value"))


def total(selector: Selector, value: Values) -> Values:
    """Return the sum of the values at the positions that are selected."""
    return selector.query.counted(selector, _values(value, "value"))


def width(selector: Selector) -> Values:
    """Return how many positions are selected (RASP's ``selector_width``)."""
    query = selector.query
    return query.counted(selector, query.combined(lambda _: 1, (query,)))


def aggregate(selector: Selector, value: Values, default: Any = 0) -> Values:
    """Return the mean of the numbers at the positions that are selected, as a fraction.

    Args:
        selector: Which positions.
        value: Numbers from 0.
        default: The result where none is selected.
    """

    def mean(total: int, width: int) -> Any:
        if width == 0:
            return default
        found = Fraction(total, width)
        return found.numerator if found.denominator == 1 else found

    return table(mean, total(selector, value), width(selector))


def _always(query: object, key: object) -> bool:
    del query, key
    return True


def _values(given: object, name: str) -> Values:
    if isinstance(given, Values):
        return given
    raise WritingError(
        f"{name}: expected tokens, positions, ones or what is computed from them, "
        f"got {given!r}"
    )
