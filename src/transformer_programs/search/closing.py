"""Candidate readouts: one or two variables whose values settle the label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.search.candidate import Candidate, needed
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import (
    COUNTING,
    counted,
    joint_values,
    majority,
)
from transformer_programs.system import Work

LARGEST_TABLE = 20_000
"""The most entries of a table of labels."""

_JUDGED_TWICE = 200
"""The most readouts whose errors on held-out halves are counted."""

ERROR_PRICE = 3
"""Price of an error on the sample, which stands for many more, in statements."""

ENTRY_PRICE = 0.01
"""Price of an entry of a table of labels, in statements."""

Inputs = tuple[Candidate, ...]


def price_of(inputs: Inputs) -> float:
    """Return the description length of a readout of some variables, in statements.

    It counts all that they need, a table of labels, and its statement where there is
    one: a categorical variable is read as it is.
    """
    entries = math.prod(candidate.domain.size for candidate in inputs)
    direct = len(inputs) == 1 and not inputs[0].domain.numerical
    needs = sum(candidate.price for candidate in needed(inputs))
    return needs + ENTRY_PRICE * entries + (not direct)


def closures(
    sample: Sample,
    kept: Sequence[Candidate],
    best: Iterable[Candidate],
    count: int,
    work: Work,
) -> list[Closure]:
    """Return the readouts of the minimum description length, the best first.

    It counts errors on held-out halves of the sample, each of which is worth
    ``ERROR_PRICE`` statements.

    Args:
        sample: Sequences on which they are tried.
        kept: Variables that they may read.
        best: Those of them that are tried together with every other.
        count: Number of readouts.
        work: Budget that counting is accounted to.
    """
    tables = LabelTables(sample, work)
    errors = {c.fingerprint: tables.errors((c,)) for c in kept}
    tried: list[tuple[int, Inputs]] = [(errors[c.fingerprint], (c,)) for c in kept]
    for a in best:
        for b in kept:
            if a is b or a.domain.size * b.domain.size > LARGEST_TABLE:
                continue
            # Two variables must do better than each alone.
            both = tables.errors((a, b))
            if both < min(errors[a.fingerprint], errors[b.fingerprint]):
                tried.append((both, (a, b)))
    # Only those as good as the best, but for chance, are judged on held-out halves.
    enough = min(wrong for wrong, _ in tried) + tables.tolerance
    close = [
        (ERROR_PRICE * w + price_of(read), w, read) for w, read in tried if w <= enough
    ]
    close.sort(key=lambda entry: entry[0])
    honest = []
    for _, w, read in close[:_JUDGED_TWICE]:
        wrong = tables.held_out_errors(read)
        all_labels = max(tables.asked, 1)
        closure = Closure(read, 1 - w / all_labels, 1 - wrong / all_labels)
        honest.append((ERROR_PRICE * wrong + price_of(read), closure))
    honest.sort(key=lambda entry: entry[0])
    return [closure for _, closure in honest[:count]]


@dataclass(frozen=True, slots=True)
class Closure:
    """Variables that a readout may read.

    Attributes:
        inputs: One or two variables.
        accuracy: Share of labels of the sample that a table over them gives right,
            fitted to the same sample; 0..1.
        held_out: The same, each half of the sample by a table fitted to the other.
    """

    inputs: Inputs
    accuracy: float
    held_out: float


class LabelTables:
    """Tables of labels over variables, at the positions where a program is judged.

    Attributes:
        asked: Number of labels.
        tolerance: Difference of errors that chance may make.
    """

    def __init__(self, sample: Sample, work: Work) -> None:
        self._work = work
        self._where = np.flatnonzero(sample.judged)
        self._labels = sample.labels.ravel()[self._where]  # (judged positions,)
        self._count = sample.label_count
        self._half = self._where // sample.shape[1] % 2 == 0  # of even sequences
        self.asked = len(self._labels)
        self.tolerance = 3 + len(self._labels) // 200

    def errors(self, inputs: Inputs) -> int:
        """Count the labels that the majority of their value does not say."""
        joint, sizes = self._joint(inputs)
        counts = counted(joint, self._labels, math.prod(sizes), self._count)
        return int(len(self._labels) - counts.max(axis=1).sum())

    def held_out_errors(self, inputs: Inputs) -> int:
        """Count errors on each half of the sequences of the table of the other."""
        joint, sizes = self._joint(inputs)
        wrong = 0
        for half in (self._half, ~self._half):
            labels, size = self._labels[half], math.prod(sizes)
            counts = counted(joint[half], labels, size, self._count)
            asked = joint[~half]
            table = majority(counts, sizes, asked).ravel()
            wrong += int((table[asked] != self._labels[~half]).sum())
        return wrong

    def _joint(self, inputs: Inputs) -> tuple[Ids, tuple[int, ...]]:
        # (judged positions,) the joint value of the inputs.
        sizes = tuple(candidate.domain.size for candidate in inputs)
        cells = math.prod(sizes) * self._count
        self._work.spend(COUNTING * len(inputs) * len(self._where) + 2 * cells)
        return joint_values(inputs, self._where), sizes
