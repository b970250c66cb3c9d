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
from transformer_programs.search.sample import Sample
from transformer_programs.search.score import COUNTING
from transformer_programs.system import Work

MOST_VALUES = 12
"""The most values of a variable whose indicators are joined."""

MOST_INDICATORS = 320
"""The most indicators that are joined with each other."""

MOST_LABELS = 6
"""The most labels each of which is told by flags of its own."""

Bits = NDArray[np.float64]


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
    said = np.eye(sample.label_count)[labels]  # (positions, labels)
    up = np.stack(columns).astype(np.float32)  # (indicators, positions)
    pairs, count = len(up) ** 2, sample.label_count
    work.spend(COUNTING * pairs * count + len(up) * pairs // 8 * count)
    both = np.stack([(up * said[:, label]) @ up.T for label in range(count)])
    owner = np.array([id(variable) for variable, _ in chosen])
    apart: NDArray[np.bool_] = np.triu(owner[:, None] != owner, 1)
    totals = said.sum(axis=0)
    both = both.astype(np.float64)
    goals: list[tuple[int | None, Bits]] = [(None, np.eye(count))]
    if 2 < count <= MOST_LABELS:
        one = np.eye(count)
        goals += [(label, np.stack([row, 1 - row])) for label, row in enumerate(one)]
    for goal, groups in goals:
        # (groups, indicators, indicators): labels that are not told apart add up.
        grouped = np.tensordot(groups, both, axes=1)
        for a, b, cells in _best(grouped, groups @ totals, apart, most):
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


def _best(
    both: Bits, total: Bits, apart: NDArray[np.bool_], most: int
) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    # From (labels, indicators, indicators) numbers of positions where two are up: the
    # best pairs of other variables, and for which of their values, (first, second), the
    # flag is up.
    single = np.diagonal(both, axis1=1, axis2=2)  # (labels, indicators)
    neither = total[:, None, None] - single[:, :, None] - single[:, None, :] + both
    only_first = single[:, :, None] - both
    only_second = single[:, None, :] - both
    alone = _told(single, total[:, None])  # (indicators,)
    either = np.maximum(alone[:, None], alone[None, :])
    cases = (
        (both, ((0, 0), (0, 1))),
        (only_first, ((0, 0), (1, 0))),
        (only_second, ((0, 1), (0, 0))),
        (neither, ((1, 0), (0, 0))),
        (only_first + only_second, ((0, 1), (1, 0))),
    )
    gains = np.stack([_told(up, total[:, None, None]) - either for up, _ in cases])
    # Of those that tell more than the best of so many would by chance, the ones that
    # tell most.
    by_chance = np.log2(gains.size)
    gains = np.where((gains > by_chance) & apart, gains + either, -np.inf)
    order = np.argsort(-gains, axis=None, kind="stable")[:most]
    for case, a, b in zip(*np.unravel_index(order, gains.shape), strict=True):
        if np.isfinite(gains[case, a, b]):
            yield int(a), int(b), np.array(cases[case][1], dtype=np.bool_)


def _told(up: Bits, total: Bits) -> Bits:
    # The bits that a flag tells, from the numbers of labels where it is up, (labels,
    # ...), and in all.
    def coded(counts: Bits) -> Bits:
        def weight(n: Bits) -> Bits:
            return n * np.log2(np.maximum(n, 1))

        bits: Bits = weight(counts.sum(axis=0)) - weight(counts).sum(axis=0)
        return bits

    return coded(total) - coded(up) - coded(total - up)
