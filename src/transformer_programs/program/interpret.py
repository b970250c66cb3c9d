"""The reference meaning of a program, and the fast engine: batched numpy.

Arrays are position-major, (length, sequences), so that one operation on a row handles
one position of every sequence at once. Heads walk over the distances between positions
and never build a (length, length) matrix: memory grows with tokens alone, and blocks of
sequences bound it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import InputError
from transformer_programs.program.check import check
from transformer_programs.program.encode import Batch, encode_batch
from transformer_programs.program.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Attend,
    Count,
    Embed,
    Lookup,
    Predicate,
    Program,
    Scope,
    Statement,
)
from transformer_programs.program.scores import ReadoutTables, joint_ids

Array = NDArray[np.unsignedinteger]
"""Ids of one variable, (length, sequences)."""

_Step = Callable[[dict[str, Array], NDArray[np.bool_]], Array]
"""A prepared statement: variables and real (unpadded) positions to a new variable."""

BLOCK = 4096
"""Sequences interpreted at once."""


class Interpreter:
    """Runs a valid program on batches of sequences.

    Attributes:
        program: the program that is run.

    Raises:
        ProgramError: if the program is not valid.
    """

    def __init__(self, program: Program) -> None:
        check(program)
        self.program = program
        self._steps = {s.output: _prepare(s, program) for s in program.statements}
        self._readout = ReadoutTables(program)

    def __call__(self, tokens: Sequence[str]) -> list[str] | str:
        """The labels of one bare sequence: a list, or one for classification.

        Raises:
            InputError: if the program does not accept the tokens.
        """
        return self.labels([tokens])[0]

    def labels(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """The labels of bare sequences, those of framing tokens left out."""
        batch = encode_batch(self.program.input, sequences)
        names = self.program.readout.labels
        predicted = self.predict(batch)
        if predicted.ndim == 1:
            return [names[label] for label in predicted]
        start = self.program.input.offset
        return [
            [names[label] for label in row[start : start + len(tokens)]]
            for row, tokens in zip(predicted, sequences, strict=True)
        ]

    def trace_and_predict(
        self, batch: Batch
    ) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """What ``trace`` and ``predict`` give, computed once."""
        runs = [(self._run(block), _real(block)) for block in _blocks(batch)]
        traced = self._traced([variables for variables, _ in runs], batch)
        labels = [self._readout.labels(variables, real) for variables, real in runs]
        return traced, np.concatenate([self._nothing(batch), *labels])

    def predict(self, batch: Batch) -> NDArray[np.int64]:
        """Label ids: (sequences, width), or (sequences,) for classification.

        What stands at padded positions means nothing.
        """
        parts = [
            self._readout.labels(self._run(block), _real(block))
            for block in _blocks(batch)
        ]
        return np.concatenate([self._nothing(batch), *parts])

    def trace(self, batch: Batch) -> dict[str, NDArray[np.int64]]:
        """The ids of every variable, (sequences, width), in order of writing."""
        return self._traced([self._run(block) for block in _blocks(batch)], batch)

    def _traced(
        self, parts: list[dict[str, Array]], batch: Batch
    ) -> dict[str, NDArray[np.int64]]:
        empty = np.empty((0, batch.ids.shape[1]), dtype=np.int64)
        return {
            name: np.concatenate([empty, *(part[name].T for part in parts)])
            for name in self.program.domains
        }

    def scores(self, batch: Batch) -> NDArray[np.int64]:
        """Scores, (sequences, width, labels), or (sequences, labels)."""
        parts = [
            self._readout.scores(self._run(block), _real(block))
            for block in _blocks(batch)
        ]
        labels = len(self.program.readout.labels)
        return np.concatenate([self._nothing(batch, labels), *parts])

    def _run(self, batch: Batch) -> dict[str, Array]:
        real = _real(batch)
        width, domains = real.shape[0], self.program.domains
        if width > self.program.input.max_length:
            raise InputError(
                f"the batch is {width} positions wide, "
                f"at most {self.program.input.max_length} are allowed"
            )
        positions = np.arange(width, dtype=_dtype(domains[POSITIONS].bound))
        form, codes = self.program.input, batch.ids.T
        words = form.word_ids(codes)
        variables: dict[str, Array] = {
            TOKENS: np.ascontiguousarray(words, _dtype(domains[TOKENS].bound)),
            POSITIONS: np.broadcast_to(positions[:, None], real.shape),
            ONES: np.broadcast_to(np.uint8(1), real.shape),
        }
        for surface in form.surfaces:
            ids = form.surface_ids(codes, surface.name)
            dtype = _dtype(domains[surface.name].bound)
            variables[surface.name] = np.ascontiguousarray(ids, dtype)
        for output, step in self._steps.items():
            variables[output] = step(variables, real)
        return variables

    def _nothing(self, batch: Batch, *columns: int) -> NDArray[np.int64]:
        """What no sequences give: results of blocks are joined to it."""
        positions = batch.ids.shape[1:] if self.program.tagging else ()
        return np.empty((0, *positions, *columns), dtype=np.int64)


def _real(batch: Batch) -> NDArray[np.bool_]:
    """Which (position, sequence) pairs are not padding."""
    width: int = batch.ids.shape[1]
    real: NDArray[np.bool_] = np.arange(width)[:, None] < batch.lengths
    return real


def _blocks(batch: Batch) -> Iterator[Batch]:
    for start in range(0, len(batch), BLOCK):
        yield batch[start : start + BLOCK]


def _dtype(bound: int) -> np.dtype[np.unsignedinteger]:
    return np.min_scalar_type(bound)


def _prepare(statement: Statement, program: Program) -> _Step:
    """Turn a statement into a function on arrays, its tables ready for indexing."""
    domains = program.domains
    dtype = _dtype(domains[statement.output].bound)
    match statement:
        case Embed():
            return _lookup((TOKENS,), (len(statement.table),), statement.table, dtype)
        case Lookup():
            sizes = tuple(domains[name].size for name in statement.inputs)
            return _lookup(statement.inputs, sizes, statement.table, dtype)
        case Attend():
            if _copies_neighbour(statement, domains[statement.key].size):
                return _neighbour(statement)
            return _attend(statement, _Matcher(statement, program))
        case Count():
            return _count(statement, _Matcher(statement, program), dtype)


def _lookup(
    inputs: tuple[str, ...],
    sizes: tuple[int, ...],
    table: tuple[int, ...],
    dtype: np.dtype[np.unsignedinteger],
) -> _Step:
    entries = np.array(table, dtype=dtype)

    def step(variables: dict[str, Array], real: NDArray[np.bool_]) -> Array:
        del real
        return entries.take(joint_ids([variables[name] for name in inputs], sizes))

    return step


def _attend(statement: Attend, matches: _Matcher) -> _Step:
    def step(variables: dict[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[statement.value]
        # Position 0 is the default; then the farthest first, so that nearer ones
        # overwrite it and the nearest remains.
        output = np.broadcast_to(value[0], value.shape).copy()
        for looking, seen, match in matches.farthest_first(variables, real):
            current = output[looking]
            # current = where(match, value, current), in a third of the time.
            current ^= (current ^ value[seen]) & -match.astype(value.dtype)
        return output

    return step


def _copies_neighbour(head: Attend, keys: int) -> bool:
    """Whether the nearest match is always the position before, or after."""
    everything = tuple(range(keys))
    beside = head.scope in (Scope.BEFORE, Scope.AFTER)
    return beside and all(row == everything for row in head.predicate)


def _neighbour(statement: Attend) -> _Step:
    """The same as ``_attend`` at real positions, in one step for any length."""
    before = statement.scope is Scope.BEFORE

    def step(variables: dict[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[statement.value]
        output = np.broadcast_to(value[0], value.shape).copy()
        if before:
            output[1:] = value[:-1]
        else:
            np.copyto(output[:-1], value[1:], where=real[1:])
        return output

    return step


def _count(
    statement: Count, matches: _Matcher, dtype: np.dtype[np.unsignedinteger]
) -> _Step:
    def step(variables: dict[str, Array], real: NDArray[np.bool_]) -> Array:
        value = variables[statement.value].astype(dtype)
        output = np.zeros(real.shape, dtype=dtype)
        for looking, seen, match in matches.farthest_first(variables, real):
            output[looking] += match.astype(dtype) * value[seen]
        return output

    return step


class _Matcher:
    """Finds the matching pairs of positions of a head.

    Every distinct row of the predicate gets a bit; a key is the set of rows that hold
    it, and a pair matches if the query's bit is in the key's set.
    """

    def __init__(self, head: Attend | Count, program: Program) -> None:
        self.query, self.key, self.scope = head.query, head.key, head.scope
        self.words = _bit_sets(head.predicate, program.domains[head.key].size)

    def farthest_first(
        self, variables: dict[str, Array], real: NDArray[np.bool_]
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
    """Bit of every query and bit set of every key, up to 64 distinct rows at a time."""
    rows = sorted({row for row in predicate if row})
    words = []
    for start in range(0, max(len(rows), 1), 64):
        chunk = {row: bit for bit, row in enumerate(rows[start : start + 64])}
        dtype = _dtype((1 << len(chunk)) - 1)
        query_bits = np.zeros(len(predicate), dtype=dtype)
        key_bits = np.zeros(keys, dtype=dtype)
        for query, row in enumerate(predicate):
            if row in chunk:
                query_bits[query] = 1 << chunk[row]
        for row, bit in chunk.items():
            key_bits[list(row)] |= dtype.type(1 << bit)
        words.append((query_bits, key_bits))
    return words
