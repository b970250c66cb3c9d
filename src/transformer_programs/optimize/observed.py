"""Reference labels of a program on all inputs of a small domain."""

from __future__ import annotations

import numpy as np

from transformer_programs.optimize.statements import Ids, Mask
from transformer_programs.program import (
    Batch,
    Interpreter,
    Pooling,
    Program,
    enumerate_inputs,
    joined,
)

SAMPLE = 1000
"""Inputs on which most programs that differ are told apart."""

_REMEMBERED = 32
"""Inputs with other labels, at least, that join the sample."""

EFFORT = 1_000_000_000
"""Values that may be computed: half a minute's worth."""


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
