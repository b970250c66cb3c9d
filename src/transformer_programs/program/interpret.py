"""The reference meaning of a program, and the fast engine: batched numpy.

Arrays are position-major, (length, sequences), so that one operation on a row handles
one position of every sequence at once. Heads walk over the distances between positions
and never build a (length, length) matrix: memory grows with tokens alone, and blocks of
sequences bound it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import InputError
from transformer_programs.program.encode import Batch, encode_batch
from transformer_programs.program.nodes import ONES, POSITIONS, TOKENS, Program
from transformer_programs.program.rules import check
from transformer_programs.program.scores import ReadoutTables
from transformer_programs.program.steps import Array, dtype_for, prepare

BLOCK_SEQUENCES = 4096
"""The most sequences interpreted at once, ..."""

BLOCK_CELLS = 1 << 25
"""... as long as all their variables and scores together are not more values."""


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
        self._readout = ReadoutTables(program)

    def __call__(self, tokens: Sequence[str]) -> list[str] | str:
        """The labels of one bare sequence: a list, or one for classification.

        Raises:
            InputError: If the program does not accept the tokens.
        """
        return self.labels([tokens])[0]

    def labels(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """Return the labels of bare sequences, those of framing tokens left out."""
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
        """Return what ``trace`` and ``predict`` give, computed once."""
        runs = [(self._run(block), block.real) for block in self._blocks(batch)]
        traced = self._traced([variables for variables, _ in runs], batch)
        labels = [self._readout.labels(variables, real) for variables, real in runs]
        return traced, np.concatenate([self._nothing(batch), *labels])

    def predict(self, batch: Batch) -> NDArray[np.int64]:
        """Label ids: (sequences, width), or (sequences,) for classification.

        What stands at padded positions means nothing.
        """
        parts = [
            self._readout.labels(self._run(block), block.real)
            for block in self._blocks(batch)
        ]
        return np.concatenate([self._nothing(batch), *parts])

    def trace(self, batch: Batch) -> dict[str, NDArray[np.int64]]:
        """Return the ids of every variable, (sequences, width), in order of writing."""
        return self._traced([self._run(block) for block in self._blocks(batch)], batch)

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
            self._readout.scores(self._run(block), block.real)
            for block in self._blocks(batch)
        ]
        labels = len(self.program.readout.labels)
        return np.concatenate([self._nothing(batch, labels), *parts])

    def _run(self, batch: Batch) -> dict[str, Array]:
        real = batch.real
        width, domains = real.shape[0], self.program.domains
        if width > self.program.input.max_length:
            raise InputError(
                f"the batch is {width} positions wide, "
                f"at most {self.program.input.max_length} are allowed"
            )
        positions = np.arange(width, dtype=dtype_for(domains[POSITIONS].bound))
        form, codes = self.program.input, batch.ids.T
        words = form.word_ids(codes)
        variables: dict[str, Array] = {
            TOKENS: np.ascontiguousarray(words, dtype_for(domains[TOKENS].bound)),
            POSITIONS: np.broadcast_to(positions[:, None], real.shape),
            ONES: np.broadcast_to(np.uint8(1), real.shape),
        }
        for surface in form.surfaces:
            ids = form.surface_ids(codes, surface.name)
            dtype = dtype_for(domains[surface.name].bound)
            variables[surface.name] = np.ascontiguousarray(ids, dtype)
        for output, step in self._steps.items():
            variables[output] = step(variables, real)
        return variables

    def _blocks(self, batch: Batch) -> Iterator[Batch]:
        program = self.program
        columns = len(program.domains) + len(program.readout.labels)
        cells = max(1, batch.ids.shape[1]) * columns
        block = max(1, min(BLOCK_SEQUENCES, BLOCK_CELLS // cells))
        for start in range(0, len(batch), block):
            yield batch[start : start + block]

    def _nothing(self, batch: Batch, *columns: int) -> NDArray[np.int64]:
        """What no sequences give: results of blocks are joined to it."""
        positions = batch.ids.shape[1:] if self.program.tagging else ()
        return np.empty((0, *positions, *columns), dtype=np.int64)
