"""A program on labelled data, kept up to date while its choices change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import NO_LABEL, Encoded
from transformer_programs.optimize.polishing.choices import (
    Choice,
    Chosen,
    chosen,
    needed,
    used,
    written,
)
from transformer_programs.program import (
    Array,
    Batch,
    Interpreter,
    Pooling,
    Program,
    dtype_for,
    prepare,
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Effects:
    """What other choices change; a column is a sequence with one of them.

    Attributes:
        which: (columns,) the index of what is chosen.
        sequences: (columns,) the sequence in which something changes.
        variables: (length, columns) those that change.
        scores: (length, columns, labels) at every position: whole numbers, so that sums
            are exact, whatever their order.
        losses: (columns,)
    """

    which: NDArray[np.int64]
    sequences: NDArray[np.int64]
    variables: dict[str, Array]
    scores: Floats
    losses: Floats


class Standing:
    """A program, its variables on labelled data, and how well it does.

    Args:
        program: a valid one.
        data: sequences with labels.
        scale: scores that differ by so much differ by one nat.

    Attributes:
        program: as it is now.
        losses: (sequences,) the cross-entropy of every sequence, in nats.
    """

    def __init__(self, program: Program, data: Encoded, scale: float) -> None:
        batch = Batch(data.ids, data.lengths)
        domains = program.domains
        self.program = program
        self._unit = np.float32(scale)
        self._real, self._lengths = batch.real, data.lengths
        self._targets = data.targets.T if program.tagging else data.targets
        self._variables = {
            name: np.ascontiguousarray(ids.T, dtype_for(domains[name].bound))
            for name, ids in Interpreter(program).trace(batch).items()
        }
        self._steps = [prepare(s, program) for s in program.statements]
        self._weights = {
            term.variable: np.array(term.weights, np.float32)
            for term in program.readout.terms
        }
        for name, weights in self._weights.items():
            if domains[name].numerical:
                numbers = np.arange(domains[name].size, dtype=np.float32)
                self._weights[name] = numbers[:, None] * weights
        labels = len(program.readout.labels)
        self._scores = np.zeros((*self._real.shape, labels), np.float32)
        for name, weights in self._weights.items():
            self._scores += weights[self._variables[name]]
        self.losses = self._losses(self._scores, np.arange(len(data)))

    def wrong(self) -> NDArray[np.bool_]:
        """Which sequences have a label that is not predicted."""
        scores = self._pooled(self._scores, np.arange(len(self.losses)))
        errors = (scores.argmax(-1) != self._targets) & (self._targets != NO_LABEL)
        wrong: NDArray[np.bool_] = errors.any(0) if errors.ndim == 2 else errors
        return wrong

    def reached(self, choice: Choice) -> NDArray[np.int64]:
        """The sequences in which what is chosen decides something."""
        where = used(self.program, choice, self._variables) & self._real
        return np.flatnonzero(where.any(0))

    def effects(
        self, choice: Choice, values: Sequence[Chosen], sequences: NDArray[np.int64]
    ) -> Effects:
        """What would change in some sequences if other values were chosen."""
        statement = self.program.statements[choice.statement]
        names = needed(self.program, choice, values)
        now = {name: self._variables[name][:, sequences] for name in names}
        real = self._real[:, sequences]
        new = written(self.program, choice, values, now, real)
        differs = (new != now[statement.output][:, None]) & real[:, None]
        which, places = differs.any(0).nonzero()
        columns = sequences[places]
        changed = {statement.output: new[:, which, places]}
        self._follow(choice.statement + 1, columns, changed)
        scores = self._scores[:, columns]
        for name, weights in self._weights.items():
            if name in changed:
                old = self._variables[name][:, columns]
                scores += weights[changed[name]] - weights[old]
        return Effects(which, columns, changed, scores, self._losses(scores, columns))

    def choose(self, choice: Choice, value: Chosen, effects: Effects) -> None:
        """Take another value, whose effects on all sequences are known."""
        for name, ids in effects.variables.items():
            self._variables[name][:, effects.sequences] = ids
        self._scores[:, effects.sequences] = effects.scores
        self.losses[effects.sequences] = effects.losses
        self.program = chosen(self.program, choice, value)
        statement = self.program.statements[choice.statement]
        self._steps[choice.statement] = prepare(statement, self.program)

    def _follow(
        self, first: int, columns: NDArray[np.int64], changed: dict[str, Array]
    ) -> None:
        """Add what the statements from the first on write otherwise than now."""
        real = self._real[:, columns]
        for index in range(first, len(self._steps)):
            statement = self.program.statements[index]
            if changed.keys().isdisjoint(statement.inputs):
                continue
            read = {
                name: changed.get(name, self._variables[name][:, columns])
                for name in statement.inputs
            }
            new = self._steps[index](read, real)
            if ((new != self._variables[statement.output][:, columns]) & real).any():
                changed[statement.output] = new

    def _pooled(self, scores: Floats, columns: NDArray[np.int64]) -> Floats:
        """The scores of labels: (length, columns, labels), or (columns, labels)."""
        match self.program.readout.pooling:
            case Pooling.NONE:
                return scores
            case Pooling.FIRST:
                first: Floats = scores[0]
                return first
            case Pooling.MEAN:  # between sum and mean, as in training
                real = self._real[:, columns, None]
                roots = np.sqrt(self._lengths[columns, None]).astype(np.float32)
                total: Floats = (scores * real).sum(0) / roots
                return total

    def _losses(self, scores: Floats, columns: NDArray[np.int64]) -> Floats:
        scores = self._pooled(scores, columns)
        targets = self._targets[..., columns]
        odds = (scores - scores.max(-1, keepdims=True)) / self._unit
        wanted = np.maximum(targets, 0)[..., None]
        hit = np.take_along_axis(odds, wanted, -1)[..., 0]
        losses = np.log(np.exp(odds).sum(-1)) - hit
        losses *= targets != NO_LABEL
        total: Floats = losses.sum(0) if losses.ndim == 2 else losses
        return total
