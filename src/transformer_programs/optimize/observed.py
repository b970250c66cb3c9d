"""The labels of a program on all inputs of a small domain, to hold others against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
"""How many values may be computed: half a minute's worth."""


@dataclass(slots=True)
class Effort:
    """What may still be computed.

    Attributes:
        left: so many values.
    """

    left: int = EFFORT

    @property
    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0


class Observed:
    """All inputs of a program, and its labels on them.

    Args:
        program: a program whose inputs can be enumerated.
        effort: what may be computed.

    Attributes:
        batches: all inputs.
        labels: the label ids of each batch.
        sample: some of the inputs, and their label ids.
    """

    def __init__(self, program: Program, effort: Effort) -> None:
        self.effort = effort
        self._program = program
        interpreter = Interpreter(program)
        self.batches = list(enumerate_inputs(program.input))
        self.labels = [interpreter.predict(batch) for batch in self.batches]
        sample = _spread(self.batches)
        self.sample = (sample, interpreter.predict(sample))

    def spend(self, statements: int) -> None:
        """Account for running so many statements on all inputs."""
        self.effort.left -= sum(b.ids.size for b in self.batches) * statements

    def seems_same(self, program: Program) -> bool:
        """Whether another program gives the same labels on a sample of the inputs."""
        return not len(self._wrong(Interpreter(program), *self.sample))

    def same_labels(self, program: Program) -> bool:
        """Whether another program gives the same labels on all inputs."""
        interpreter = Interpreter(program)
        for batch, wanted in zip(self.batches, self.labels, strict=True):
            wrong = self._wrong(interpreter, batch, wanted)
            if len(wrong):
                self._remember(batch[wrong[:: max(1, len(wrong) // _REMEMBERED)]])
                return False
        return True

    def _wrong(
        self, interpreter: Interpreter, batch: Batch, wanted: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The inputs with another label."""
        statements = len(interpreter.program.statements)
        self.effort.left -= batch.ids.size * (statements + 2)
        differs = interpreter.predict(batch) != wanted
        if differs.ndim == 2:
            differs = (differs & labelled(self._program, batch)).any(axis=1)
        return np.flatnonzero(differs)

    def _remember(self, batch: Batch) -> None:
        """Put inputs that told two programs apart into the sample."""
        sample = joined([self.sample[0], batch])
        self.sample = (sample, Interpreter(self._program).predict(sample))


def labelled(program: Program, batch: Batch) -> NDArray[np.bool_]:
    """The (sequences, width) positions whose values decide a label of their own."""
    columns = np.arange(batch.ids.shape[1])
    lengths = batch.lengths[:, None]
    if program.readout.pooling is Pooling.FIRST:
        return np.broadcast_to(columns == 0, batch.ids.shape)
    form = program.input
    if program.readout.pooling is Pooling.NONE:
        lengths = lengths - (form.end is not None)
        return (columns >= form.offset) & (columns < lengths)
    return columns < lengths


def _spread(batches: list[Batch]) -> Batch:
    """Inputs at equal distances in the enumeration."""
    total = sum(map(len, batches))
    step = max(1, total // SAMPLE)
    parts, start = [], 0
    for batch in batches:
        first = -start % step
        rows = np.arange(first, len(batch), step)
        start += len(batch)
        if len(rows):
            parts.append(batch[rows])
    return joined(parts)
