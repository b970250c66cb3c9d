"""What really occurs on valid inputs: values, pairs of values, and what follows what.

Where the inputs are few enough all of them are run, and what is reported is exact;
else it is more than can occur, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import Values, reachable_values
from transformer_programs.program import (
    POSITIONS,
    Batch,
    Head,
    Interpreter,
    Program,
    Scope,
    Statement,
    Table,
    enumerable,
    enumerate_inputs,
)

Ids = NDArray[np.int64]
Pairs = NDArray[np.bool_]

LARGEST = 1 << 17
"""Values, or pairs of values, that are told apart."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What occurs, by variable and by statement.

    Attributes:
        values: the ids that a variable takes; a variable with too many is left out.
        pairs: by what a statement writes: for a table over two variables which pairs of
            ids occur at one position, for a head which pairs of the query's id and the
            key's occur at two positions in scope. Those of too many ids are left out.
        functions: by variable: variables before it that determine it, and its id for
            every one of theirs (for ids that do not occur, 0).
    """

    values: Mapping[str, Values]
    pairs: Mapping[str, Pairs]
    functions: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]


def reach(program: Program) -> Reached:
    """What occurs on the valid inputs of a program."""
    if enumerable(program.input):
        return _observed(program)
    values = reachable_values(program)
    pairs = {}
    for statement in program.statements:
        read = two_read(statement)
        if read is not None and _few(read, program):
            pairs[statement.output] = _possible(statement, read, values, program)
    found = {s.output: tuple(_sources(s, program)) for s in program.statements}
    functions = {name: sources for name, sources in found.items() if sources}
    return Reached(values, pairs, functions)


def _sources(
    statement: Statement, program: Program
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Variables that determine what a statement writes, and how, as it is written."""
    if isinstance(statement, Table) and len(statement.inputs) == 1:
        yield statement.inputs[0], statement.table
    if isinstance(statement, Head) and not statement.sums and _finds_itself(statement):
        yield statement.value, tuple(range(program.domains[statement.value].size))
    for other in program.statements:
        if other.output == statement.output:
            return
        if replace(other, output=statement.output) == statement:  # it says the same
            bound = program.domains[other.output].size
            if bound <= LARGEST:
                yield other.output, tuple(range(bound))


def _finds_itself(head: Head) -> bool:
    alone = tuple((position,) for position in range(len(head.predicate)))
    scopes = (Scope.ALL, Scope.CAUSAL)
    places = head.query == head.key == POSITIONS and head.scope in scopes
    return places and head.predicate == alone


def two_read(statement: Statement) -> tuple[str, str] | None:
    """The two variables whose values a statement combines, if it does."""
    if isinstance(statement, Head):
        return statement.query, statement.key
    if len(statement.inputs) == 2:
        return statement.inputs[0], statement.inputs[1]
    return None


def _few(names: tuple[str, str], program: Program) -> bool:
    first, second = (program.domains[name].size for name in names)
    return first * second <= LARGEST


def _possible(
    statement: Statement,
    read: tuple[str, str],
    values: Mapping[str, Values],
    program: Program,
) -> Pairs:
    """The pairs that no reason excludes."""
    first, second = (program.domains[name].size for name in read)
    pairs = np.zeros((first, second), dtype=np.bool_)
    pairs[np.ix_(values[read[0]], values[read[1]])] = True
    if read[0] != read[1]:
        return pairs
    own = np.eye(first, dtype=np.bool_)
    if not isinstance(statement, Head):
        return pairs & own
    if read[0] == POSITIONS:
        earlier = np.tri(first, k=-1, dtype=np.bool_)  # key < query
        pairs &= {
            Scope.ALL: np.ones_like(own),
            Scope.BEFORE: earlier,
            Scope.AFTER: earlier.T,
            Scope.CAUSAL: earlier | own,
        }[statement.scope]
    return pairs


def _observed(program: Program) -> Reached:
    """Everything that occurs on all inputs."""
    watch = _Watch(program)
    interpreter = Interpreter(program)
    for batch in enumerate_inputs(program.input):
        watch.see(interpreter.trace(batch), batch)
    return watch.reached()


class _Watch:
    """Collects what occurs, batch by batch."""

    def __init__(self, program: Program) -> None:
        self._program = program
        sizes = {n: d.size for n, d in program.domains.items() if d.size <= LARGEST}
        self._values = {n: np.zeros(size, dtype=np.bool_) for n, size in sizes.items()}
        self._pairs: dict[str, Pairs] = {}
        for statement in program.statements:
            read = two_read(statement)
            if read is not None and _few(read, program):
                shape = (sizes[read[0]], sizes[read[1]])
                self._pairs[statement.output] = np.zeros(shape, dtype=np.bool_)
        # Every earlier variable may determine every later one, until it does not.
        names = list(sizes)
        self._functions = {
            (source, target): np.full(sizes[source], -1)
            for index, target in enumerate(names)
            for source in names[:index]
            if index >= len(sizes) - len(program.statements)
        }

    def see(self, traced: Mapping[str, Ids], batch: Batch) -> None:
        real = np.arange(batch.ids.shape[1]) < batch.lengths[:, None]
        flat = {name: traced[name][real] for name in self._values}
        for name, seen in self._values.items():
            seen[flat[name]] = True
        for statement in self._program.statements:
            if statement.output not in self._pairs:
                continue
            pairs = self._pairs[statement.output]
            if isinstance(statement, Head):
                query, key = traced[statement.query], traced[statement.key]
                _see_pairs(pairs, query, key, real, statement.scope)
            else:
                first, second = statement.inputs
                pairs[flat[first], flat[second]] = True
        for (source, target), table in list(self._functions.items()):
            if not _follows(table, flat[source], flat[target]):
                del self._functions[source, target]

    def reached(self) -> Reached:
        functions: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
        for (source, target), table in self._functions.items():
            found = tuple(np.maximum(table, 0).tolist())
            functions.setdefault(target, []).append((source, found))
        return Reached(
            {name: np.flatnonzero(seen) for name, seen in self._values.items()},
            self._pairs,
            {name: tuple(found) for name, found in functions.items()},
        )


def _follows(table: Ids, source: Ids, target: Ids) -> bool:
    """Whether the source still determines the target; notes what it becomes."""
    few = slice(0, 256)  # nearly all that do not are told by a few
    for part in (few, slice(None)):
        known = table[source[part]]
        if ((known != target[part]) & (known >= 0)).any():
            return False
        table[source[part]] = target[part]
        if (table[source[part]] != target[part]).any():
            return False
    return True


def _see_pairs(
    pairs: Pairs, query: Ids, key: Ids, real: NDArray[np.bool_], scope: Scope
) -> None:
    """Mark every query with every key that it can look at.

    The keys in scope are collected as sets of bits, 63 of them at a time.
    """
    for start in range(0, pairs.shape[1], 63):
        inside = real & (key >= start) & (key < start + 63)
        bits = np.where(inside, np.int64(1) << np.where(inside, key - start, 0), 0)
        seen = _in_scope(bits, scope)[real]
        asked = query[real]
        order = np.argsort(asked, kind="stable")
        queries, first = np.unique(asked[order], return_index=True)
        if not len(queries):
            continue
        found = np.bitwise_or.reduceat(seen[order], first)
        for bit in range(min(63, pairs.shape[1] - start)):
            pairs[queries, start + bit] |= (found >> bit & 1).astype(np.bool_)


def _in_scope(bits: Ids, scope: Scope) -> Ids:
    """For every position, the bits of all the positions that it can look at."""
    match scope:
        case Scope.ALL:
            whole = np.bitwise_or.reduce(bits, axis=1, keepdims=True)
            return np.broadcast_to(whole, bits.shape)
        case Scope.CAUSAL:
            return np.bitwise_or.accumulate(bits, axis=1)
        case Scope.BEFORE:
            return _shifted(np.bitwise_or.accumulate(bits, axis=1))
        case Scope.AFTER:
            turned = np.bitwise_or.accumulate(bits[:, ::-1], axis=1)
            return _shifted(turned)[:, ::-1]


def _shifted(bits: Ids) -> Ids:
    return np.concatenate([np.zeros_like(bits[:, :1]), bits[:, :-1]], axis=1)
