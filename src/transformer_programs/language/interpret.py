"""The reference meaning of a program, and the fast engine: batched numpy.

Arrays are position-major, (length, sequences), so that one operation on a row handles
one position of every sequence at once. Heads walk over the distances between positions
and never build a (length, length) matrix: memory grows with tokens alone, and blocks of
sequences bound it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import InputError
from transformer_programs.language.encode import Batch, encode_batch
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Pooling,
    Program,
    score_bound,
)
from transformer_programs.language.rules import check
from transformer_programs.language.steps import Array, Scores, Sums, dtype_for, prepare

# Sequences interpreted at once, and the values of all their variables and scores.
BLOCK_SEQUENCES, BLOCK_CELLS = 4096, 1 << 25

# All variables of some sequences, and which positions are real (unpadded).
_Run = tuple[dict[str, Array], NDArray[np.bool_]]


class Interpreter:
    """Runs a valid program on batches of sequences.

    Attributes:
        program: the program that is run.

    Raises:
        ProgramError: If the program is not valid.
    """

    def __init__(self, program: Program) -> None:
        check(program)
        self.program = program
        self._steps = {s.output: prepare(s, program) for s in program.statements}
        self._readout = _Readout(program)

    def __call__(self, tokens: Sequence[str]) -> list[str] | str:
        """Return the labels of one bare sequence, or its label for classification.

        Raises:
            InputError: If the program does not accept the tokens.
        """
        return self.labels([tokens])[0]

    def labels(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """Return the labels of bare sequences, those of framing tokens left out."""
        predicted = self.predict(encode_batch(self.program.input, sequences))
        names = self.program.readout.labels
        if predicted.ndim == 1:
            return [names[label] for label in predicted]
        start = self.program.input.offset
        return [
            [names[label] for label in row[start : start + len(tokens)]]
            for row, tokens in zip(predicted, sequences, strict=True)
        ]

    def predict(self, batch: Batch) -> NDArray[np.int64]:
        """Return label ids: (sequences, width), or (sequences,) for classification.

        What stands at padded positions means nothing.
        """
        return self._joined(self._runs(batch), batch, self._readout.labels)

    def scores(self, batch: Batch) -> NDArray[np.int64]:
        """Return scores, (sequences, width, labels), or (sequences, labels)."""
        labels = len(self.program.readout.labels)
        return self._joined(self._runs(batch), batch, self._readout.scores, labels)

    def trace(self, batch: Batch) -> dict[str, NDArray[np.int64]]:
        """Return the ids of every variable, (sequences, width), in order of writing."""
        return self._traced([*self._runs(batch)], batch)

    def trace_and_predict(
        self, batch: Batch
    ) -> tuple[dict[str, NDArray[np.int64]], NDArray[np.int64]]:
        """Return what ``trace`` and ``predict`` give, computed once."""
        runs = [*self._runs(batch)]
        labels = self._joined(runs, batch, self._readout.labels)
        return self._traced(runs, batch), labels

    def _traced(
        self, runs: Sequence[_Run], batch: Batch
    ) -> dict[str, NDArray[np.int64]]:
        empty = np.empty((0, batch.ids.shape[1]), dtype=np.int64)
        return {
            name: np.concatenate([empty, *(found[name].T for found, _ in runs)])
            for name in self.program.domains
        }

    def _joined(
        self,
        runs: Iterable[_Run],
        batch: Batch,
        read: Callable[[dict[str, Array], NDArray[np.bool_]], Scores],
        *columns: int,
    ) -> NDArray[np.int64]:
        positions = batch.ids.shape[1:] if self.program.tagging else ()
        empty = np.empty((0, *positions, *columns), dtype=np.int64)
        return np.concatenate([empty, *(read(*run) for run in runs)])

    def _runs(self, batch: Batch) -> Iterator[_Run]:
        program = self.program
        decided = max((d.domain.size for d in program.decisions), default=0)
        columns = len(program.domains) + max(len(program.readout.labels), decided)
        cells = max(1, batch.ids.shape[1]) * columns
        size = max(1, min(BLOCK_SEQUENCES, BLOCK_CELLS // cells))
        for start in range(0, len(batch), size):
            block = batch[start : start + size]
            yield self._run(block), block.real

    def _run(self, batch: Batch) -> dict[str, Array]:
        form, domains = self.program.input, self.program.domains
        codes, real = batch.ids.T, batch.real
        width = len(real)
        if width > form.max_length:
            raise InputError(
                f"the batch is {width} positions wide, "
                f"at most {form.max_length} are allowed"
            )
        positions = np.arange(width, dtype=dtype_for(domains[POSITIONS].bound))
        words = {TOKENS: form.word_ids(codes)}
        words |= {s.name: form.surface_ids(codes, s.name) for s in form.surfaces}
        variables: dict[str, Array] = {
            POSITIONS: np.broadcast_to(positions[:, None], real.shape),
            ONES: np.broadcast_to(np.uint8(1), real.shape),
        }
        for name, ids in words.items():
            dtype = dtype_for(domains[name].bound)
            variables[name] = np.ascontiguousarray(ids, dtype)
        for output, step in self._steps.items():
            variables[output] = step(variables, real)
        return variables


class _Readout:
    """A program's readout, its terms joined into a few tables."""

    def __init__(self, program: Program) -> None:
        readout, domains = program.readout, program.domains
        bound = score_bound(readout, domains, program.input.max_length)
        self._pooling = readout.pooling
        self._sums = Sums(readout.terms, domains, len(readout.labels), bound)

    def labels(self, variables: dict[str, Array], real: NDArray[np.bool_]) -> Scores:
        """Return label ids: (sequences, width), or (sequences,) for classification."""
        chosen: NDArray[np.int64] = self.scores(variables, real).argmax(axis=-1)
        return chosen

    def scores(self, variables: dict[str, Array], real: NDArray[np.bool_]) -> Scores:
        """Return scores: (sequences, width, labels), or (sequences, labels)."""
        if self._pooling is Pooling.FIRST:
            variables = {name: array[:1] for name, array in variables.items()}
            real = real[:1]
        total = self._sums.at(variables, real.shape)
        if self._pooling is Pooling.NONE:
            return total.transpose(1, 0, 2)
        total[~real] = 0
        pooled: Scores = total.sum(axis=0, dtype=self._sums.dtype)
        return pooled
