"""Functions of one-hot vectors as the ReLU units of a feed-forward layer.

Every unit is exact: on vectors of zeros and ones, and on whole numbers, its output is
0 or a whole number in floating point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Units:
    """Some ReLU units over the values of some variables.

    Attributes:
        reads: (values, units), the weights of their inputs.
        bias: (units,).
        writes: (units, outputs), what each adds to the outputs.
    """

    reads: Matrix
    bias: Matrix
    writes: Matrix

    @property
    def count(self) -> int:
        """The number of units."""
        return len(self.bias)


def table_units(table: Ids, outputs: int, values: Sequence[Ids]) -> Units:
    """Return the fewest units that this module knows for a table.

    Args:
        table: (A,) or (A, B), the index of an output for every value of the inputs.
        outputs: how many outputs there are.
        values: the numbers that the values of each input are, for linear forms.
    """
    if table.ndim == 1:
        return _classes(table, outputs)
    if (table == table[:1]).all():
        return _beside(_classes(table[0], outputs), table.shape[0], first=False)
    if (table == table[:, :1]).all():
        return _beside(_classes(table[:, 0], outputs), table.shape[1], first=True)
    found = [
        _rectangles(table, outputs),
        _swapped(_rectangles(table.T, outputs), table),
    ]
    found += _linear_forms(table, outputs, *values)
    return min(found, key=lambda units: units.count)


def step_units(numbers: Matrix, outputs: Ids, size: int) -> Units:
    """Return units for a function of a whole number that is constant on intervals.

    Args:
        numbers: (values,), what each value of the inputs adds to the number.
        outputs: the output for every number from 0 on.
        size: how many outputs there are.
    """
    return _steps(numbers, np.arange(len(outputs)), outputs, size)


def share_units(shares: Matrix, outputs: Ids, size: int) -> Units:
    """Return units that tell numbers apart by the attention that is left for no match.

    Args:
        shares: (numbers,) falling, the attention for every number.
        outputs: (numbers,) the output for every number.
        size: how many outputs there are.
    """
    writes = np.zeros((1, size))
    writes[0, outputs[0]] = 1
    reads, bias, rows = [0.0], [1.0], [writes[0]]
    for index in range(1, len(shares)):
        # 1 where the share is at most that of this number, else 0. A power of two, so
        # that the difference of the two units is exactly 1 in floating point.
        gap = shares[index - 1] - shares[index]
        slope = 2.0 ** np.ceil(np.log2(4 / gap))
        middle = (shares[index - 1] + shares[index]) / 2
        level = np.round(middle * 2.0**22) / 2.0**22 * slope
        step = np.zeros(size)
        step[outputs[index]] += 1
        step[outputs[index - 1]] -= 1
        reads += [-slope, -slope]
        bias += [level + 0.5, level - 0.5]
        rows += [step, -step]
    return Units(np.array([reads]), np.array(bias), np.array(rows))


def both_units(size: int, ids: Ids, outputs: Ids) -> Units:
    """Return units that write some values if a last input is 1 too.

    Args:
        size: how many values there are.
        ids: what each stands for.
        outputs: what each output stands for.
    """
    reads = np.vstack([np.eye(size), np.ones((1, size))])
    return Units(reads, -np.ones(size), (ids[:, None] == outputs).astype(np.float64))


def comparison_units(scores: Matrix, bias: Matrix) -> Units:
    """Return units that say which of two sums is the larger one.

    Args:
        scores: (values, D), whole numbers that each value adds to the sums.
        bias: (D,) what is added anyway.

    Returns:
        Of ``pairs_of(D)`` one output for each: 1 if the second sum is strictly larger.
    """
    pairs = pairs_of(scores.shape[1])
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    reads = scores[:, other] - scores[:, one]  # (values, pairs)
    level = bias[other] - bias[one]
    writes = np.eye(len(pairs))
    return Units(
        np.hstack([reads, reads]),
        np.hstack([level, level - 1]),
        np.vstack([writes, -writes]),
    )


def winner_units(size: int) -> Units:
    """Return units for the first of the largest sums, from ``comparison_units``."""
    pairs = pairs_of(size)
    reads, bias = np.zeros((len(pairs), size)), np.ones(size)
    for index, (one, other) in enumerate(pairs):
        reads[index, one] = -1  # it lost
        reads[index, other] = 1
        bias[other] -= 1
    return Units(reads, bias, np.eye(size))


def pairs_of(size: int) -> list[tuple[int, int]]:
    """Return the pairs of different values, the earlier first."""
    return [(a, b) for a in range(size) for b in range(a + 1, size)]


def _classes(table: Ids, outputs: int) -> Units:
    # One unit for every output: any of its values.
    present = np.unique(table)
    reads = (table[:, None] == present).astype(np.float64)
    writes = np.eye(outputs)[present]
    return Units(reads, np.zeros(len(present)), writes)


def _beside(units: Units, others: int, *, first: bool) -> Units:
    nothing = np.zeros((others, units.count))
    parts = [units.reads, nothing] if first else [nothing, units.reads]
    return Units(np.vstack(parts), units.bias, units.writes)


def _swapped(units: Units, table: Ids) -> Units:
    second = table.shape[1]
    return Units(np.roll(units.reads, -second, axis=0), units.bias, units.writes)


def _rectangles(table: Ids, outputs: int) -> Units:
    # Rows that are equal are one; a unit says "one of these rows and these columns".
    rows, where = np.unique(table, axis=0, return_inverse=True)
    where = where.reshape(-1)
    cells = [(r, out) for r, row in enumerate(rows) for out in np.unique(row).tolist()]
    counts = np.bincount([out for _, out in cells], minlength=outputs)
    common = int(counts.argmax())  # written anyway, and taken away by the others
    reads, bias = [np.zeros(sum(table.shape))], [1.0]
    writes = [np.eye(outputs)[common]]
    for r, out in cells:
        if out != common:
            reads.append(np.concatenate([where == r, rows[r] == out]).astype(float))
            bias.append(-1.0)
            writes.append(np.eye(outputs)[out] - np.eye(outputs)[common])
    return Units(np.array(reads).T, np.array(bias), np.array(writes))


def _linear_forms(table: Ids, outputs: int, first: Ids, second: Ids) -> Iterator[Units]:
    # Tables that are functions of a sum, a difference, or of both numbers one after
    # the other, which any table is.
    wide = int(second.max() - second.min()) + 1
    high = int(first.max() - first.min()) + 1
    for a, b in ((1, 1), (1, -1), (wide, 1), (1, high)):
        numbers = a * first[:, None] + b * second  # (A, B)
        present, where = np.unique(numbers, return_inverse=True)
        found = np.zeros(len(present), dtype=np.int64)
        found[where.reshape(-1)] = table.reshape(-1)
        if (found[where].reshape(table.shape) == table).all():
            adds = np.concatenate([a * first, b * second]).astype(np.float64)
            yield _steps(adds, present, found, outputs)


def _steps(adds: Matrix, numbers: Ids, outputs: Ids, size: int) -> Units:
    # Where the output changes, ReLU(u - t + 1) - ReLU(u - t) is 1 from t on, else 0.
    slopes: dict[int, Matrix] = {}
    for index in np.flatnonzero(np.diff(outputs)) + 1:
        change = np.zeros(size)
        change[outputs[index]] += 1
        change[outputs[index - 1]] -= 1
        threshold = int(numbers[index])
        for start, sign in ((threshold - 1, 1), (threshold, -1)):
            slopes[start] = slopes.get(start, np.zeros(size)) + sign * change
    slopes = {start: row for start, row in slopes.items() if row.any()}
    reads = np.hstack([np.zeros((len(adds), 1)), np.tile(adds[:, None], len(slopes))])
    bias = np.array([1.0, *(-start for start in slopes)])
    writes = np.array([np.eye(size)[outputs[0]], *slopes.values()])
    return Units(reads, bias, writes)
