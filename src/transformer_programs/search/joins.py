"""Joins: flags on pairs of values of two variables, all of them compared at once.

An indicator is up where a variable has a value. Of two indicators the conjunctions,
with or without negation, and the exclusive disjunction are flags; the others are
their complements, which tell as much.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.grammar import LARGE
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import COUNTING
from transformer_programs.system import Work

MOST_VALUES = 12
"""The most values of a variable whose indicators are joined."""

MOST_INDICATORS = 320
"""The most indicators that are joined with each other."""

MOST_LABELS = 6
"""The most labels each of which is told by flags of its own."""

Bits = NDArray[np.float64]

_CASES = (
    ((0, 0), (0, 1)),
    ((0, 0), (1, 0)),
    ((0, 1), (0, 0)),
    ((1, 0), (0, 0)),
    ((0, 1), (1, 0)),
)
# For which values of the first, of the second, a flag is up: both, only the first, only
# the second, neither, either.


def joins(
    variables: Sequence[Candidate], sample: Sample, most: int, work: Work
) -> Iterator[tuple[int | None, Candidate]]:
    """Propose the flags that tell most more than each of their two indicators.

    Of all labels, and of each single one, if there are more than two: what settles one
    label may tell less of all than a mixture does.

    Args:
        variables: Variables of few values, the best ones first.
        sample: Sequences that they are computed on.
        most: The most flags.
        work: Budget that counting is accounted to.

    Yields:
        The label that a flag tells of, None for all, and the flag.
    """
    where = np.flatnonzero(sample.labelled)
    labels = sample.labels.ravel()[where]  # (labelled positions,)
    chosen, columns = [], []
    for variable in variables:
        if variable.domain.size > MOST_VALUES:
            continue
        values = variable.values.ravel()[where]
        # Of two values one indicator is the other's complement.
        for value in range(1 if variable.domain.size == 2 else 0, variable.domain.size):
            column = values == value
            if column.any() and not column.all():
                chosen.append((variable, value))
                columns.append(column)
    chosen, columns = chosen[:MOST_INDICATORS], columns[:MOST_INDICATORS]
    if len(columns) < 2:
        return
    up = np.stack(columns).astype(np.float32)  # (indicators, positions)
    pairs, count = len(up) ** 2, sample.label_count
    work.spend(COUNTING * pairs * count + len(up) * pairs // 8 * count)
    both = np.empty((count, len(up), len(up)), dtype=np.int64)
    for label in range(count):
        here = up[:, labels == label]
        both[label] = here @ here.T
    owner = np.array([id(variable) for variable, _ in chosen])
    apart: NDArray[np.bool_] = np.triu(owner[:, None] != owner, 1)
    totals = np.bincount(labels, minlength=count)
    for goal, grouped, total in _goals(both, totals):
        for a, b, cells in _best(grouped, total, apart, most):
            first, second = chosen[a], chosen[b]
            shape = first[0].domain.size, second[0].domain.size
            if shape[0] * shape[1] > LARGE:
                continue
            up_first, up_second = (
                (np.arange(variable.domain.size) == value).astype(np.int64)
                for variable, value in (first, second)
            )
            table, read = cells[up_first[:, None], up_second], (first[0], second[0])
            yield goal, forms.flag(read, table, sample.real, 1.02, "join")


def _goals(both: Ids, totals: Ids) -> Iterator[tuple[int | None, Ids, Ids]]:
    # What is told apart, all labels or one from all others, and the numbers by that.
    yield None, both, totals
    if 2 < len(totals) <= MOST_LABELS:
        every, count = both.sum(axis=0), totals.sum()
        for label, (one, its) in enumerate(zip(both, totals, strict=True)):
            yield label, np.stack([one, every - one]), np.array([its, count - its])


def _best(
    both: Ids, total: Ids, apart: NDArray[np.bool_], most: int
) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    # From (labels, indicators, indicators) numbers of positions where two are up: the
    # best pairs of other variables, and for which of their values, (first, second), the
    # flag is up.
    first, second = np.nonzero(apart)
    table = _weights(int(total.sum()))
    single = np.diagonal(both, axis1=1, axis2=2)  # (labels, indicators)
    alone = _Told((1, len(apart)), total, table)
    told = _Told((len(_CASES), len(first)), total, table)
    # Label by label, so that little is held at a time.
    for its, one, two in zip(total.tolist(), single, both, strict=True):
        alone.add(its, one[None])
        of_first, of_second, up = one[first], one[second], two[first, second]
        only_first, only_second = of_first - up, of_second - up
        either = only_first + only_second
        neither = its - either - up
        told.add(its, np.stack([up, only_first, only_second, neither, either]))
    (best,) = alone.bits()
    either_bits = np.maximum(best[first], best[second])
    gains = told.bits() - either_bits  # (cases, pairs)
    # Of those that tell more than the best of so many would by chance, the ones that
    # tell most.
    by_chance = np.log2(len(_CASES) * apart.size)
    gains = np.where(gains > by_chance, gains + either_bits, -np.inf)
    order = np.argsort(-gains, axis=None, kind="stable")[:most]
    for case, pair in zip(*np.unravel_index(order, gains.shape), strict=True):
        if np.isfinite(gains[case, pair]):
            up_at = np.array(_CASES[case], dtype=np.bool_)
            yield int(first[pair]), int(second[pair]), up_at


class _Told:
    """The bits that flags tell, from their numbers for one label after the other.

    Args:
        shape: Kinds of flags, and flags of a kind.
        total: (labels,) how often they occur.
        table: n * log2(n) of all numbers.
    """

    def __init__(self, shape: tuple[int, int], total: Ids, table: Bits) -> None:
        self._table = table
        self._all = float(table[total.sum()]) - float(table.take(total).sum())
        # Where flags are up, and where not: positions, and the same by labels.
        self._counts = np.zeros((2, *shape), dtype=np.int64)
        self._coded = np.zeros((2, *shape))

    def add(self, total: int, up: Ids) -> None:
        """Add a label that occurs so often, and so often where flags are up."""
        for state, number in enumerate((up, total - up)):
            self._counts[state] += number
            self._coded[state] += self._table.take(number)

    def bits(self) -> Bits:
        """Return what the flags tell of the labels, in the shape of the flags."""
        up, down = self._table.take(self._counts) - self._coded
        found: Bits = self._all - up - down
        return found


def _weights(most: int) -> Bits:
    n = np.arange(most + 1, dtype=np.float64)
    found: Bits = n * np.log2(np.maximum(n, 1))
    return found
