"""What the readout could read: one or two variables whose values settle the label."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.search.assemble import needed
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import COUNTING, counted, majority
from transformer_programs.system import Work

LARGEST_TABLE = 20_000
"""Entries of the largest table of labels."""

_JUDGED_TWICE = 200
"""Readouts whose errors on held-out halves are counted."""

Inputs = tuple[Candidate, ...]


ERROR_PRICE = 3
"""What an error on the sample, which stands for many more, costs in statements."""

ENTRY_PRICE = 0.01
"""What an entry of a table of labels costs, in statements."""


def price_of(inputs: Inputs) -> float:
    """The length of the description of a readout of some variables.

    It is that of all that they need, a table of labels, and its statement where there
    is one: a categorical variable is read as it is.
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
    """The readouts that promise most, the best first.

    The order is by errors on held-out halves of the sample plus the length of the
    description, an error being worth ``ERROR_PRICE`` statements.

    Args:
        sample: where they are tried.
        kept: the variables that they may read.
        best: those of them that are tried together with every other.
        count: how many readouts.
        work: what counting is accounted to.
    """
    tables = LabelTables(sample, work)
    errors = {c.fingerprint: tables.errors((c,)) for c in kept}
    tried: list[tuple[int, Inputs]] = [(errors[c.fingerprint], (c,)) for c in kept]
    for a in best:
        for b in kept:
            if a is b or a.domain.size * b.domain.size > LARGEST_TABLE:
                continue
            both = tables.errors((a, b))
            if both < min(errors[a.fingerprint], errors[b.fingerprint]):
                tried.append((both, (a, b)))
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
        inputs: one or two variables.
        accuracy: the share of labels of the sample that a table over them gives right,
            fitted to the same sample; 0..1.
        held_out: the same, each half of the sample by a table fitted to the other.
    """

    inputs: Inputs
    accuracy: float
    held_out: float


class LabelTables:
    """Tables of labels over variables, at the positions where a program is judged.

    Attributes:
        asked: how many labels there are.
        tolerance: differences of errors that chance may make.
    """

    def __init__(self, sample: Sample, work: Work) -> None:
        self._work = work
        self._where = np.flatnonzero(sample.judged)
        self._labels = sample.labels.ravel()[self._where]
        self._count = sample.label_count
        self._half = self._where // sample.shape[1] % 2 == 0
        self.asked = len(self._labels)
        self.tolerance = 3 + len(self._labels) // 200

    def errors(self, inputs: Inputs) -> int:
        """Labels that the majority of their value does not say."""
        joint, sizes = self._joint(inputs)
        counts = self._counts(joint, self._labels, sizes)
        return int(len(self._labels) - counts.max(axis=1).sum())

    def held_out_errors(self, inputs: Inputs) -> int:
        """Errors on each half of the sequences of the table fitted to the other."""
        joint, sizes = self._joint(inputs)
        wrong = 0
        for half in (self._half, ~self._half):
            counts = self._counts(joint[half], self._labels[half], sizes)
            asked = joint[~half]
            table = majority(counts, sizes, asked).ravel()
            wrong += int((table[asked] != self._labels[~half]).sum())
        return wrong

    def _joint(self, inputs: Inputs) -> tuple[Ids, tuple[int, ...]]:
        sizes = tuple(candidate.domain.size for candidate in inputs)
        joint = np.zeros(len(self._where), dtype=np.int64)
        cells = math.prod(sizes) * self._count
        self._work.spend(COUNTING * len(inputs) * len(joint) + 2 * cells)
        for candidate in inputs:
            joint *= candidate.domain.size
            joint += candidate.values.ravel()[self._where]
        return joint, sizes

    def _counts(self, joint: Ids, labels: Ids, sizes: tuple[int, ...]) -> Ids:
        return counted(joint, labels, math.prod(sizes), self._count)
