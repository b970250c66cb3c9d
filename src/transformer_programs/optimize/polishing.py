"""Polishing: coordinate descent over the single choices of a learned program.

Gradient descent chooses all at once, and some choices wrongly. Here one choice after
the other, such as a cell of a table or the keys that a query matches, takes whichever
of its alternatives makes the loss on the training data smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import NO_LABEL, Dataset, Encoded, Quality, Scorer
from transformer_programs.language import (
    Array,
    Batch,
    Interpreter,
    Pooling,
    Program,
    dtype_for,
    prepare,
)
from transformer_programs.optimize.choices import (
    Choice,
    Chosen,
    alternatives,
    choices,
    chosen,
    used,
    written,
)
from transformer_programs.optimize.pruning import quality_of
from transformer_programs.optimize.statements import Ids, Mask, rows_of

Floats = NDArray[np.float32]

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
    """Statistics of one pass over all choices.

    Attributes:
        number: Number of the pass, from 1.
        choices: Number of choices that decide something.
        changed: Number of choices that were changed.
        loss: Nats per training sequence after it.
        validation: Scores of the program on validation data after it.
    """

    number: int
    choices: int
    changed: int
    loss: float
    validation: Quality

    def line(self) -> dict[str, Any]:
        """Return the line of ``metrics.jsonl``."""
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
        program: A valid program for the data.
        dataset: Data to learn from.
        passes: Passes over all choices, at most; one that changes nothing is the last.
        scale: Difference of scores that is one nat: as in training. The unit that makes
            the training labels likeliest fits them too closely.
        seed: Seed of the order, and of the sequences, in which choices are compared.
        on_pass: Called after every pass.
        stopped: Asked between two choices; if so, the pass ends there.

    Returns:
        The program after whichever pass was best on validation data, the latest of
        equal ones; none is worse there than the program given.
    """
    generator = np.random.default_rng(seed)
    train = dataset.encode(dataset.train)
    rows = generator.permutation(len(train))[:MOST_SEQUENCES]
    train = Encoded(train.ids[rows], train.lengths[rows], train.targets[rows])
    cached = CachedLosses(program, train, scale)
    validation = Scorer.of(dataset, dataset.validation)
    best, score = program, quality_of(program, validation).score
    for number in range(1, passes + 1):
        tried = _Pass(cached, generator)
        every = [*choices(cached.program)]
        for index in generator.permutation(len(every)):
            if stopped():
                break
            tried.improve(every[index])
        quality = quality_of(cached.program, validation)
        if quality.score >= score:
            best, score = cached.program, quality.score
        if on_pass is not None:
            loss = float(cached.losses.mean())
            on_pass(Pass(number, tried.choices, tried.changed, loss, quality))
        if stopped() or not tried.changed:
            break
    return best


class _Pass:
    # Alternatives are compared on a sample of sequences, and confirmed on all of them.

    def __init__(self, cached: CachedLosses, generator: np.random.Generator) -> None:
        self._standing, self._generator = cached, generator
        self.choices = self.changed = 0
        self._draw()

    def _draw(self) -> None:
        # Sample wrong and right sequences; each stands for its share of them.
        wrong = self._standing.wrong()
        self._stands_for = np.zeros(len(wrong))
        for group in (np.flatnonzero(wrong), np.flatnonzero(~wrong)):
            some = self._generator.permutation(group)[:SAMPLE]
            self._stands_for[some] = len(group) / max(len(some), 1)

    def improve(self, choice: Choice) -> None:
        # Take the best alternative, if it is better on all data too.
        cached = self._standing
        reached = cached.reached(choice)
        sample = reached[self._stands_for[reached] > 0]
        if not len(sample):
            return
        self.choices += 1
        values = alternatives(cached.program, choice)
        effects = cached.effects(choice, values, sample)
        change = effects.losses - cached.losses[effects.sequences]
        change *= self._stands_for[effects.sequences]
        total = np.bincount(effects.which, change, len(values))
        if not len(total) or total.min() > -LEAST_GAIN:
            return
        value = values[int(total.argmin())]
        effects = cached.effects(choice, [value], reached)
        gain = cached.losses[effects.sequences].sum() - effects.losses.sum()
        if gain < LEAST_GAIN:
            return
        cached.choose(choice, value, effects)
        self.changed += 1
        if self.changed % PATIENCE == 0:
            self._draw()


@dataclass(frozen=True, slots=True)
class Effects:
    """Changes that other choices make; a column is a sequence with one of them.

    Attributes:
        which: (columns,) index of what is chosen.
        sequences: (columns,) sequence in which something changes.
        variables: (length, columns) ids of those that change.
        scores: (length, columns, labels) at every position: whole numbers, so that sums
            are exact, whatever their order.
        losses: (columns,) cross-entropy, in nats.
    """

    which: Ids
    sequences: Ids
    variables: dict[str, Array]
    scores: Floats
    losses: Floats


class CachedLosses:
    """Cached variables, scores and losses of a program on labelled data.

    Args:
        program: A valid program.
        data: Sequences with labels.
        scale: Difference of scores that is one nat.

    Attributes:
        program: The program as it is now.
        losses: (sequences,) cross-entropy of every sequence, in nats.
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
            t.variable: rows_of(t, domains[t.variable]).astype(np.float32)
            for t in program.readout.terms
        }
        labels = len(program.readout.labels)
        self._scores = np.zeros((*self._real.shape, labels), np.float32)
        for name, weights in self._weights.items():
            self._scores += weights[self._variables[name]]
        self.losses = self._losses(self._scores, np.arange(len(data)))

    def wrong(self) -> Mask:
        """Return which sequences have a label that is not predicted."""
        scores = self._pooled(self._scores, np.arange(len(self.losses)))
        errors = (scores.argmax(-1) != self._targets) & (self._targets != NO_LABEL)
        wrong: Mask = errors.any(0) if errors.ndim == 2 else errors
        return wrong

    def reached(self, choice: Choice) -> Ids:
        """Return the sequences in which what is chosen decides something."""
        where = used(self.program, choice, self._variables) & self._real
        return np.flatnonzero(where.any(0))

    def effects(
        self, choice: Choice, values: Sequence[Chosen], sequences: Ids
    ) -> Effects:
        """Compute what changes in some sequences if other values are chosen."""
        statement = self.program.statements[choice.statement]
        others = (v for v in values if v in self._variables)
        names = {*statement.inputs, statement.output, *map(str, others)}
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
        """Choose another value, whose effects on all sequences are known."""
        for name, ids in effects.variables.items():
            self._variables[name][:, effects.sequences] = ids
        self._scores[:, effects.sequences] = effects.scores
        self.losses[effects.sequences] = effects.losses
        self.program = chosen(self.program, choice, value)
        statement = self.program.statements[choice.statement]
        self._steps[choice.statement] = prepare(statement, self.program)

    def _follow(self, first: int, columns: Ids, changed: dict[str, Array]) -> None:
        # Add what the statements from the first on write otherwise than now.
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

    def _pooled(self, scores: Floats, columns: Ids) -> Floats:
        # The scores of labels: (length, columns, labels), or (columns, labels).
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

    def _losses(self, scores: Floats, columns: Ids) -> Floats:
        scores = self._pooled(scores, columns)
        targets = self._targets[..., columns]
        odds = (scores - scores.max(-1, keepdims=True)) / self._unit
        wanted = np.maximum(targets, 0)[..., None]
        hit = np.take_along_axis(odds, wanted, -1)[..., 0]
        losses = np.log(np.exp(odds).sum(-1)) - hit
        losses *= targets != NO_LABEL
        total: Floats = losses.sum(0) if losses.ndim == 2 else losses
        return total
