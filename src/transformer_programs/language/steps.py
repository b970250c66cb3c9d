"""Statements as functions on arrays: what the interpreter is made of.

Arrays are position-major, as in ``interpret.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language.nodes import (
    Aggregate,
    Decide,
    Head,
    Predicate,
    Program,
    Scope,
    Statement,
    Table,
    Term,
    sum_bound,
)
from transformer_programs.language.types import Domain

Array = NDArray[np.unsignedinteger]
"""Ids of one variable, (length, sequences)."""

Step = Callable[[Mapping[str, Array], NDArray[np.bool_]], Array]
"""A prepared statement: variables and real (unpadded) positions to a new variable."""

_Dtype = np.dtype[np.unsignedinteger]


def dtype_for(bound: int) -> _Dtype:
    """Return the smallest kind of array for ids up to a bound."""
    return np.min_scalar_type(bound)


def prepare(statement: Statement, program: Program) -> Step:
    """Turn a statement into a function on arrays, its tables ready for indexing.

    The statement need not be of the program, if it reads and writes the same domains.
    """
    domains = program.domains
    dtype = dtype_for(domains[statement.output].bound)
    match statement:
        case Table():
            sizes = [domains[name].size for name in statement.inputs]
            return _lookup(statement, sizes, dtype)
        case Decide():
            return _decide(statement, domains, dtype)
        case Head(aggregate=Aggregate.NEAREST):
            if _copies_neighbour(statement, domains[statement.key].size):
                return _neighbour(statement)
            return _attend(statement, _Matcher(statement, program))
        case Head():
            keys = domains[statement.key].size
            classes = _disjoint(statement.predicate, keys)
            if classes is not None:
                return _count_classes(statement, *classes, dtype)
            return _count(statement, _Matcher(statement, program), dtype)


def _lookup(table: Table, sizes: Sequence[int], dtype: _Dtype) -> Step:
    entries = np.array(table.table, dtype=dtype)

    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        del real
        read = [variables[name] for name in table.inputs]
        return entries.take(joint_ids(read, sizes))

    return step


def _decide(decide: Decide, domains: Mapping[str, Domain], dtype: _Dtype) -> Step:
    bound = sum_bound(decide.terms, domains)
    sums = Sums(decide.terms, domains, decide.domain.size, bound)

    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        chosen: Array = sums.at(variables, real.shape).argmax(axis=-1).astype(dtype)
        return chosen

    return step


_LARGE = 1 << 16  # numbers of more values are multiplied, not looked up

# Rows of a joint table: large enough to save look-ups, small enough for the cache.
_JOINT = 4096

Scores = NDArray[np.signedinteger]
"""Sums of weights; the last axis has one for every label, or value decided on."""


class Sums:
    """Sums over terms, joined into a few tables.

    Args:
        terms: what is added up.
        domains: of the variables.
        columns: how many weights every row has.
        bound: of every absolute sum.
    """

    def __init__(
        self,
        terms: Iterable[Term],
        domains: Mapping[str, Domain],
        columns: int,
        bound: int,
    ) -> None:
        self.dtype = np.dtype(np.int32 if bound < 2**31 else np.int64)
        self._columns = columns
        self._factors: dict[str, NDArray[np.int64]] = {}
        # Variables, their sizes, and a table over their combined values.
        self._tables: list[tuple[tuple[str, ...], tuple[int, ...], Scores]] = []
        for term in terms:
            name, domain = term.variable, domains[term.variable]
            rows = np.array(term.weights, dtype=np.int64)  # (values, columns)
            if domain.numerical and domain.size > _LARGE:
                self._factors[name] = rows[0]
                continue
            if domain.numerical:
                rows = np.arange(domain.size)[:, None] * rows
            names: tuple[str, ...] = (name,)
            sizes: tuple[int, ...] = (domain.size,)
            if self._tables and len(self._tables[-1][2]) * len(rows) <= _JOINT:
                before, others, table = self._tables.pop()
                names, sizes = before + names, others + sizes
                rows = (table[:, None] + rows).reshape(-1, columns)
            self._tables.append((names, sizes, rows.astype(self.dtype)))

    def at(self, variables: Mapping[str, Array], shape: tuple[int, ...]) -> Scores:
        """Return the sums at every position: (*shape, columns)."""
        total = np.zeros((*shape, self._columns), dtype=self.dtype)
        for name, factors in self._factors.items():
            numbers = variables[name].astype(np.int64)
            total += (numbers[..., None] * factors).astype(self.dtype)
        for names, sizes, table in self._tables:
            rows = joint_ids([variables[name] for name in names], sizes)
            total += table.take(rows, axis=0)
        return total


def joint_ids(arrays: Sequence[Array], sizes: Sequence[int]) -> Array:
    """Return the row of a combined value in a table, the last array running fastest."""
    if len(arrays) == 1:
        return arrays[0]
    dtype = np.min_scalar_type(math.prod(sizes))
    joint = arrays[0].astype(dtype)
    for array, size in zip(arrays[1:], sizes[1:], strict=True):
        joint *= dtype.type(size)
        joint += array
    return joint


def _attend(head: Head, matches: _Matcher) -> Step:
    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[head.value]
        # Position 0 is the default; then the farthest first, so that nearer ones
        # overwrite it and the nearest remains.
        output = np.broadcast_to(value[0], value.shape).copy()
        for looking, seen, match in matches.farthest_first(variables, real):
            current = output[looking]
            # current = where(match, value, current), in a third of the time.
            current ^= (current ^ value[seen]) & -match.astype(value.dtype)
        return output

    return step


def _copies_neighbour(head: Head, keys: int) -> bool:
    # Whether the nearest match is always the position before, or after.
    everything = tuple(range(keys))
    beside = head.scope in (Scope.BEFORE, Scope.AFTER)
    return beside and all(row == everything for row in head.predicate)


def _neighbour(head: Head) -> Step:
    # The same as _attend at real positions, in one step for any length.
    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[head.value]
        output = np.broadcast_to(value[0], value.shape).copy()
        if head.scope is Scope.BEFORE:
            output[1:] = value[:-1]
        else:
            np.copyto(output[:-1], value[1:], where=real[1:])
        return output

    return step


def _count(head: Head, matches: _Matcher, dtype: _Dtype) -> Step:
    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[head.value].astype(dtype)
        output = np.zeros(real.shape, dtype=dtype)
        for looking, seen, match in matches.farthest_first(variables, real):
            output[looking] += match.astype(dtype) * value[seen]
        return output

    return step


_FEW_ROWS = 64
"""Distinct rows of a predicate that one array of bit sets holds."""


def _disjoint(predicate: Predicate, keys: int) -> tuple[Array, Array] | None:
    # Classes of queries and of keys that match where they are equal, if the rows are so
    # many that bit sets are slow, and no key is in two of them.
    rows = sorted({row for row in predicate if row})
    if len(rows) <= _FEW_ROWS or sum(map(len, rows)) > keys:
        return None
    dtype = dtype_for(len(rows) + 1)
    numbers = {row: number for number, row in enumerate(rows)}
    of_key = np.full(keys, len(rows), dtype=dtype)  # of no row
    taken = np.zeros(keys, dtype=np.bool_)
    for row, number in numbers.items():
        if taken[list(row)].any():
            return None
        taken[list(row)] = True
        of_key[list(row)] = number
    nothing = len(rows) + 1
    of_query = np.array([numbers.get(row, nothing) for row in predicate], dtype=dtype)
    return of_query, of_key


def _count_classes(head: Head, of_query: Array, of_key: Array, dtype: _Dtype) -> Step:
    # Sums of sorted keys up to a place, so that time hardly grows faster than tokens.
    classes = int(max(of_query.max(), of_key.max())) + 1

    def step(variables: Mapping[str, Array], real: NDArray[np.bool_]) -> Array:
        length, sequences = real.shape
        # (sequences, length): the keys of a sequence lie together.
        key = of_key.take(variables[head.key].T).astype(np.int64)
        query = of_query.take(variables[head.query].T).astype(np.int64)
        value = variables[head.value].T.astype(np.int64)
        place = np.arange(length)
        group = np.arange(sequences)[:, None] * classes
        ranked = ((group + key) * length + place)[real.T]
        order = np.argsort(ranked, kind="stable")
        ranked = ranked[order]
        sums = np.concatenate([[0], np.cumsum(value[real.T][order])])
        first = (group + query) * length
        inside = {
            Scope.ALL: (0, length),
            Scope.BEFORE: (0, place),
            Scope.AFTER: (place + 1, length),
            Scope.CAUSAL: (0, place + 1),
        }[head.scope]
        start, end = (np.searchsorted(ranked, first + bound) for bound in inside)
        counted: Array = (sums[end] - sums[start]).T.astype(dtype)
        return np.ascontiguousarray(counted)

    return step


class _Matcher:
    """Finds the matching pairs of positions of a head.

    Every distinct row of the predicate gets a bit; a key is the set of rows that hold
    it, and a pair matches if the query's bit is in the key's set.
    """

    def __init__(self, head: Head, program: Program) -> None:
        self.query, self.key, self.scope = head.query, head.key, head.scope
        self.words = _bit_sets(head.predicate, program.domains[head.key].size)

    def farthest_first(
        self, variables: Mapping[str, Array], real: NDArray[np.bool_]
    ) -> Iterator[tuple[slice, slice, NDArray[np.bool_]]]:
        """Rows that look, rows that they see, and which of these pairs match.

        Self comes first (it counts as farthest), then falling distance, and at equal
        distance the later position before the earlier.
        """
        query, key = variables[self.query], variables[self.key]
        bits = [
            (query_bits.take(query), key_bits.take(key) * real)
            for query_bits, key_bits in self.words
        ]
        for looking, seen in _offsets(self.scope, len(real)):
            first, *rest = ((q[looking] & k[seen]) != 0 for q, k in bits)
            yield looking, seen, reduce(np.logical_or, rest, first)


def _offsets(scope: Scope, length: int) -> Iterator[tuple[slice, slice]]:
    if scope in (Scope.ALL, Scope.CAUSAL):
        yield slice(0, length), slice(0, length)
    for distance in range(length - 1, 0, -1):
        early, late = slice(0, length - distance), slice(distance, length)
        if scope in (Scope.ALL, Scope.AFTER):
            yield early, late
        if scope is not Scope.AFTER:
            yield late, early


def _bit_sets(predicate: Predicate, keys: int) -> list[tuple[Array, Array]]:
    # The bit of every query and the bits of every key, 64 distinct rows at a time.
    rows = sorted({row for row in predicate if row})
    words = []
    for start in range(0, max(len(rows), 1), 64):
        chunk = {row: bit for bit, row in enumerate(rows[start : start + 64])}
        dtype = dtype_for((1 << len(chunk)) - 1)
        query_bits = np.zeros(len(predicate), dtype=dtype)
        key_bits = np.zeros(keys, dtype=dtype)
        for query, row in enumerate(predicate):
            if row in chunk:
                query_bits[query] = 1 << chunk[row]
        for row, bit in chunk.items():
            key_bits[list(row)] |= dtype.type(1 << bit)
        words.append((query_bits, key_bits))
    return words
