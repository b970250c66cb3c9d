"""Predicates as conditions on a query and a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.forms import relation
from transformer_programs.language import Domain, Kind, Predicate

Values = NDArray[np.int64]
"""Ids in rising order, each once."""

LARGEST = 1 << 20  # pairs of a query and a key beyond which few conditions are tried

_SIGNS: dict[str, Callable[[Values, Values], NDArray[np.bool_]]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition ``key SIGN query + shift``, on ids.

    Attributes:
        sign: one of == != < <= > >=.
        shift: what is added to the query.
        falling: whether it is ``key SIGN shift - query`` instead.
    """

    sign: str
    shift: int = 0
    falling: bool = False

    def holds(self, query: Values, key: Values) -> NDArray[np.bool_]:
        """Whether it holds, for arrays that broadcast."""
        return _SIGNS[self.sign](key, (-query if self.falling else query) + self.shift)


@dataclass(frozen=True, slots=True)
class Relation:
    """A comparison of small terms in the query ``q`` and the key ``k``.

    Attributes:
        text: the comparison, of sums, products, quotients and remainders.
    """

    text: str

    def holds(self, query: Values, key: Values) -> NDArray[np.bool_]:
        """Whether it holds, for arrays that broadcast."""
        names = {"q": query, "k": key, "abs": np.abs}
        names |= {"min": np.minimum, "max": np.maximum}
        found: NDArray[np.bool_] = eval(self.text, {"__builtins__": {}}, names)
        return found & np.ones_like(query + key, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class OfKey:
    """A condition on the key alone.

    Attributes:
        keys: the ids that match, of those that keys can have.
    """

    keys: tuple[int, ...]

    def holds(self, query: Values, key: Values) -> NDArray[np.bool_]:
        """Whether it holds, for arrays that broadcast."""
        return np.isin(key, self.keys) | np.zeros_like(query, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Always:
    """A condition that always holds, or never."""

    matches: bool = True

    def holds(self, query: Values, key: Values) -> NDArray[np.bool_]:
        """Whether it holds, for arrays that broadcast."""
        return np.full(np.broadcast_shapes(query.shape, key.shape), self.matches)


@dataclass(frozen=True, slots=True)
class Both:
    """A comparison, and a condition on the key alone."""

    comparison: Comparison
    of_key: OfKey

    def holds(self, query: Values, key: Values) -> NDArray[np.bool_]:
        """Whether both hold, for arrays that broadcast."""
        return self.comparison.holds(query, key) & self.of_key.holds(query, key)


Condition = Comparison | OfKey | Both | Always | Relation


def condition(
    predicate: Predicate, query: Domain, key: Domain, queries: Values, keys: Values
) -> Condition | None:
    """Return the simplest condition that is the predicate wherever it can be asked.

    None if no condition of these kinds says the same.

    Args:
        predicate: the matching keys of every query.
        query: the domain of the queries.
        key: the domain of the keys.
        queries: the ids that queries can have.
        keys: the ids that keys can have.
    """
    if len(queries) * len(keys) > LARGEST:
        return _of_large(predicate, query, key, queries)
    matrix = np.zeros((query.size, key.size), dtype=np.bool_)
    for row, matching in zip(matrix, predicate, strict=True):
        row[list(matching)] = True
    wanted = matrix[np.ix_(queries, keys)]
    matched = OfKey(tuple(keys[wanted.any(axis=0)].tolist()))
    candidates = list(_candidates(wanted, query, key, queries, keys))
    both = (Both(c, matched) for c in candidates if isinstance(c, Comparison))
    for form in (*candidates, *both):
        if np.array_equal(form.holds(queries[:, None], keys[None, :]), wanted):
            return form
    if Kind.TOKEN not in (query.kind, key.kind):
        text = relation(wanted, queries, keys) or _window(wanted, queries, keys)
        return None if text is None else Relation(text)
    return None


def _window(wanted: NDArray[np.bool_], queries: Values, keys: Values) -> str | None:
    # The keys above the query, or below it, up to some distance.
    difference = keys[None, :] - queries[:, None]
    inside = difference[wanted]
    least, most = int(inside.min()), int(inside.max())
    if not np.array_equal((difference >= least) & (difference <= most), wanted):
        return None
    return f"{least} <= k - q <= {most}"


def _of_large(
    predicate: Predicate, query: Domain, key: Domain, queries: Values
) -> Condition | None:
    # The two commonest conditions, without a matrix of all pairs.
    asked = queries.tolist()
    rows = [predicate[index] for index in asked]
    if query == key and rows == [(index,) for index in asked]:
        return Comparison("==")
    if all(row == rows[0] for row in rows):
        return OfKey(rows[0]) if rows[0] else Always(False)
    return None


def _candidates(
    wanted: NDArray[np.bool_], query: Domain, key: Domain, queries: Values, keys: Values
) -> Iterator[Condition]:
    yield Always(True)
    yield Always(False)
    if (wanted == wanted[:1]).all():
        yield OfKey(tuple(keys[wanted[0]].tolist()))
        return
    of_tokens = Kind.TOKEN in (query.kind, key.kind)
    if query == key or not of_tokens:
        yield from map(Comparison, _SIGNS)
    if of_tokens:
        return
    difference = keys[None, :] - queries[:, None]
    inside, outside = difference[wanted], difference[~wanted]
    yield Comparison("==", int(inside[0]))
    yield Comparison("!=", int(outside[0]))
    yield Comparison("<=", int(inside.max()))
    yield Comparison(">=", int(inside.min()))
    total = (keys[None, :] + queries[:, None])[wanted]
    yield Comparison("==", int(total[0]), falling=True)
