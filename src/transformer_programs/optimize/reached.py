"""Labels, values and pairs of values that occur, and functional dependencies.

Where the inputs are few enough all of them are run, and what is reported is exact;
otherwise it is more than can occur, never less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from transformer_programs.analysis import Values, reachable_values
from transformer_programs.language import (
    POSITIONS,
    Batch,
    Interpreter,
    Pooling,
    Program,
    Scope,
    Statement,
    enumerable,
    enumerate_inputs,
    joined,
)
from transformer_programs.optimize.statements import (
    Ids,
    Mask,
    is_head,
    is_table,
    tabulated,
)

SAMPLE = 1000
"""Inputs on which most programs that differ are told apart."""

_REMEMBERED = 32
"""Inputs with other labels, at least, that join the sample."""

EFFORT = 1_000_000_000
"""Values that may be computed: half a minute's worth."""

LARGEST = 1 << 17
"""The most values, or pairs of values, that are told apart."""


class Observed:
    """All inputs of a program, and its labels on them.

    Args:
        program: A program whose inputs can be enumerated.
        effort: How many values may be computed.

    Attributes:
        batches: All inputs.
        labels: Label ids of each batch.
        left: How many values may still be computed.
    """

    def __init__(self, program: Program, effort: int = EFFORT) -> None:
        self.left = effort
        self._program = program
        interpreter = Interpreter(program)
        self.batches = list(enumerate_inputs(program.input))
        self.labels = [interpreter.predict(batch) for batch in self.batches]
        # Inputs at equal distances in the enumeration.
        step = max(1, sum(map(len, self.batches)) // SAMPLE)
        parts, start = [], 0
        for batch in self.batches:
            rows = np.arange(-start % step, len(batch), step)
            start += len(batch)
            if len(rows):
                parts.append(batch[rows])
        self._sample = joined(parts)
        self._sample_labels = interpreter.predict(self._sample)

    @property
    def spent(self) -> bool:
        """Whether no more values may be computed."""
        return self.left <= 0

    def spend(self, statements: int) -> None:
        """Account for running so many statements on all inputs."""
        self.left -= sum(b.ids.size for b in self.batches) * statements

    def seems_same(self, program: Program) -> bool:
        """Check that another program has the same labels on a sample of the inputs."""
        wrong = self._wrong(Interpreter(program), self._sample, self._sample_labels)
        return not len(wrong)

    def same_labels(self, program: Program) -> bool:
        """Check that another program has the same labels on all inputs."""
        interpreter = Interpreter(program)
        for batch, wanted in zip(self.batches, self.labels, strict=True):
            wrong = self._wrong(interpreter, batch, wanted)
            if len(wrong):  # such inputs join the sample
                some = batch[wrong[:: max(1, len(wrong) // _REMEMBERED)]]
                self._sample = joined([self._sample, some])
                self._sample_labels = Interpreter(self._program).predict(self._sample)
                return False
        return True

    def _wrong(self, interpreter: Interpreter, batch: Batch, wanted: Ids) -> Ids:
        # The inputs with another label.
        self.left -= batch.ids.size * (len(interpreter.program.statements) + 2)
        differs = interpreter.predict(batch) != wanted
        if differs.ndim == 2:
            differs = (differs & labelled(self._program, batch)).any(axis=1)
        return np.flatnonzero(differs)


def labelled(program: Program, batch: Batch) -> Mask:
    """Return which positions are read for a label: (sequences, width)."""
    columns = np.arange(batch.ids.shape[1])
    lengths = batch.lengths[:, None]
    if program.readout.pooling is Pooling.FIRST:
        return np.broadcast_to(columns == 0, batch.ids.shape)
    form = program.input
    if program.readout.pooling is Pooling.NONE:
        lengths = lengths - (form.end is not None)
        return (columns >= form.offset) & (columns < lengths)
    return columns < lengths


@dataclass(frozen=True, slots=True)
class Reached:
    """What occurs, by variable and by statement.

    Attributes:
        values: Ids that a variable takes; a variable with too many is left out.
        pairs: By what a statement writes: for a table over two variables which pairs of
            ids occur at one position, for a head which pairs of the query's id and the
            key's occur at two positions in scope. Those of too many ids are left out.
        functions: By variable: variables before it that determine it, and its id for
            every one of theirs (0 for ids that do not occur).
    """

    values: Mapping[str, Values]
    pairs: Mapping[str, Mask]
    functions: Mapping[str, tuple[tuple[str, tuple[int, ...]], ...]]


def reach(program: Program) -> Reached:
    """Collect what occurs on the valid inputs of a program."""
    if enumerable(program.input):
        return _observed(program)
    values = reachable_values(program)
    pairs = {s.output: _possible(s, values, program) for s in _paired(program)}
    found = {s.output: tuple(_sources(s, program)) for s in program.statements}
    return Reached(
        values, pairs, {name: from_ for name, from_ in found.items() if from_}
    )


def _paired(program: Program) -> list[Statement]:
    # Those that combine two variables of few enough values.
    sizes = {name: domain.size for name, domain in program.domains.items()}
    return [
        s
        for s in program.statements
        if len(s.listed) == 2 and prod(sizes[name] for name in s.listed) <= LARGEST
    ]


def _sources(
    statement: Statement, program: Program
) -> Iterator[tuple[str, tuple[int, ...]]]:
    # Variables that determine what a statement writes, and how, as it is written.
    table = tabulated(statement, program.domains) or statement
    if is_table(table):
        if len(table.inputs) == 1:
            yield table.inputs[0], table.table
    elif is_head(statement) and statement.listed == (POSITIONS, POSITIONS):
        own = tuple((position,) for position in range(len(statement.predicate)))
        itself = statement.scope in (Scope.ALL, Scope.CAUSAL)
        if not statement.sums and itself and statement.predicate == own:
            yield statement.value, tuple(range(program.domains[statement.value].size))
    for other in program.statements:
        if other.output == statement.output:
            return
        if replace(other, output=statement.output) == statement:  # it says the same
            size = program.domains[other.output].size
            if size <= LARGEST:
                yield other.output, tuple(range(size))


def _possible(
    statement: Statement, values: Mapping[str, Values], program: Program
) -> Mask:
    # The pairs that no reason excludes.
    first, second = statement.listed
    sizes = [program.domains[name].size for name in (first, second)]
    pairs = np.zeros(sizes, dtype=np.bool_)
    pairs[np.ix_(values[first], values[second])] = True
    if first != second:
        return pairs
    if not is_head(statement):
        return pairs & np.eye(len(pairs), dtype=np.bool_)
    if first == POSITIONS:
        earlier = np.tri(len(pairs), k=-1, dtype=np.bool_)  # key < query
        pairs &= {
            Scope.ALL: np.ones_like(earlier),
            Scope.BEFORE: earlier,
            Scope.AFTER: earlier.T,
            Scope.CAUSAL: ~earlier.T,
        }[statement.scope]
    return pairs


def _observed(program: Program) -> Reached:
    # Everything that occurs on all inputs, batch by batch.
    sizes = {n: d.size for n, d in program.domains.items() if d.size <= LARGEST}
    values = {name: np.zeros(size, dtype=np.bool_) for name, size in sizes.items()}
    paired, names = _paired(program), list(sizes)
    shapes = {s.output: [sizes[name] for name in s.listed] for s in paired}
    pairs = {name: np.zeros(shape, dtype=np.bool_) for name, shape in shapes.items()}
    # Every earlier variable may determine every later one, until it does not.
    tables = {
        (source, target): np.full(sizes[source], -1)
        for index, target in enumerate(names)
        for source in names[:index]
        if index >= len(sizes) - len(program.statements)
    }
    interpreter = Interpreter(program)
    for batch in enumerate_inputs(program.input):
        traced, real = interpreter.trace(batch), batch.real.T  # (sequences, width)
        flat = {name: traced[name][real] for name in names}
        for name in names:
            values[name][flat[name]] = True
        for statement in paired:
            first, second = statement.listed
            seen = pairs[statement.output]
            if is_head(statement):
                _see_pairs(seen, traced[first], traced[second], real, statement.scope)
            else:
                seen[flat[first], flat[second]] = True
        for (source, target), table in list(tables.items()):
            if not _follows(table, flat[source], flat[target]):
                del tables[source, target]
    functions: dict[str, list[tuple[str, tuple[int, ...]]]] = {}
    for (source, target), table in tables.items():
        found = tuple(np.maximum(table, 0).tolist())
        functions.setdefault(target, []).append((source, found))
    return Reached(
        {name: np.flatnonzero(seen) for name, seen in values.items()},
        pairs,
        {name: tuple(sources) for name, sources in functions.items()},
    )


def _follows(table: Ids, source: Ids, target: Ids) -> bool:
    # Whether the source still determines the target; notes what it becomes.
    few = slice(0, 256)  # nearly all that do not are told by a few
    for part in (few, slice(None)):
        known = table[source[part]]
        if ((known != target[part]) & (known >= 0)).any():
            return False
        table[source[part]] = target[part]
        if (table[source[part]] != target[part]).any():
            return False
    return True


def _see_pairs(pairs: Mask, query: Ids, key: Ids, real: Mask, scope: Scope) -> None:
    # Mark every query with every key that it can look at. The keys in scope are
    # collected as sets of bits, 63 of them at a time.
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
    # For every position, the bits of all the positions that it can look at.
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
