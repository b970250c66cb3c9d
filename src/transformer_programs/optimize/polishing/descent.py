"""The passes over all choices of a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Dataset, Encoded, Quality, Scorer
from transformer_programs.optimize.polishing.choices import (
    Choice,
    alternatives,
    choices,
)
from transformer_programs.optimize.polishing.standing import Standing
from transformer_programs.program import Batch, Interpreter, Program

MOST_SEQUENCES = 16384
"""Training sequences, at most, that the loss is summed over."""

SAMPLE = 256
"""Sequences, wrong ones and right ones, on which alternatives are compared at first."""

PATIENCE = 20
"""Changes after which other sequences are sampled: by then others are wrong."""

LEAST_GAIN = 0.5
"""Nats that a change must be worth over all sequences."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of one pass over all choices.

    Attributes:
        number: counted from 1.
        choices: how many there were that decide something.
        changed: how many were made otherwise.
        loss: nats per training sequence after it.
        validation: how right the program is on validation data after it.
    """

    number: int
    choices: int
    changed: int
    loss: float
    validation: Quality

    def line(self) -> dict[str, Any]:
        """The line of ``metrics.jsonl``."""
        fields = {"kind": "polish"} | asdict(self)
        return fields | {k: v for k, v in fields.pop("validation").items() if v}


def polish(
    program: Program,
    dataset: Dataset,
    passes: int,
    scale: float,
    *,
    seed: int = 0,
    on_pass: Callable[[Pass], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Program:
    """Change single choices of a program while that lowers the loss on training data.

    Args:
        program: a valid one for the data.
        dataset: what is learned from.
        passes: over all choices, at most; one that changes nothing is the last.
        scale: scores that differ by so much differ by one nat: as in training. The unit
            that makes the training labels likeliest fits them too closely.
        seed: fixes in which order, and on which sequences, choices are compared.
        on_pass: called after every pass.
        stopped: asked between two choices; if so, the pass ends there.

    Returns:
        The program after whichever pass was best on validation data, the latest of
        equal ones; none is worse there than the program given.
    """
    generator = np.random.default_rng(seed)
    train = _some(dataset.encode(dataset.train), generator)
    standing = Standing(program, train, scale)
    validation = Scorer.of(dataset, dataset.validation)
    best, score = program, _quality(program, validation).score
    for number in range(1, passes + 1):
        tried = _Try(standing, generator)
        for choice in _order(standing.program, generator):
            if stopped():
                break
            tried.improve(choice)
        quality = _quality(standing.program, validation)
        if quality.score >= score:
            best, score = standing.program, quality.score
        if on_pass is not None:
            loss = float(standing.losses.mean())
            on_pass(Pass(number, tried.choices, tried.changed, loss, quality))
        if stopped() or not tried.changed:
            break
    return best


class _Try:
    """One pass: alternatives are compared on a sample, and confirmed on all data."""

    def __init__(self, standing: Standing, generator: np.random.Generator) -> None:
        self._standing, self._generator = standing, generator
        self.choices = self.changed = 0
        self._draw()

    def _draw(self) -> None:
        """Sample sequences; each stands for as many as its share of them."""
        wrong = self._standing.wrong()
        self._stands_for = np.zeros(len(wrong))
        for group in (np.flatnonzero(wrong), np.flatnonzero(~wrong)):
            some = self._generator.permutation(group)[:SAMPLE]
            self._stands_for[some] = len(group) / max(len(some), 1)

    def improve(self, choice: Choice) -> None:
        """Take the best alternative, if it is better on all data too."""
        standing = self._standing
        reached = standing.reached(choice)
        sample = reached[self._stands_for[reached] > 0]
        if not len(sample):
            return
        self.choices += 1
        values = alternatives(standing.program, choice)
        effects = standing.effects(choice, values, sample)
        change = effects.losses - standing.losses[effects.sequences]
        change *= self._stands_for[effects.sequences]
        total = np.bincount(effects.which, change, len(values))
        if not len(total) or total.min() > -LEAST_GAIN:
            return
        value = values[int(total.argmin())]
        effects = standing.effects(choice, [value], reached)
        gain = standing.losses[effects.sequences].sum() - effects.losses.sum()
        if gain < LEAST_GAIN:
            return
        standing.choose(choice, value, effects)
        self.changed += 1
        if self.changed % PATIENCE == 0:
            self._draw()


def _order(program: Program, generator: np.random.Generator) -> Iterator[Choice]:
    every = [*choices(program)]
    return (every[index] for index in generator.permutation(len(every)))


def _some(data: Encoded, generator: np.random.Generator) -> Encoded:
    """As many of the sequences as are looked at."""
    rows: NDArray[np.int64] = generator.permutation(len(data))[:MOST_SEQUENCES]
    return Encoded(data.ids[rows], data.lengths[rows], data.targets[rows])


def _quality(program: Program, yardstick: Scorer) -> Quality:
    data = yardstick.data
    return yardstick.quality(
        Interpreter(program).predict(Batch(data.ids, data.lengths))
    )
