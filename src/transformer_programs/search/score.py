"""What a variable tells: closed-form scores, in bits, by counting.

A table over a variable costs the bits that name a label for each of its values, so a
table that only remembers the sample gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import Scope
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Ids, Mask, Sample, in_scope
from transformer_programs.system import Work

Counts = NDArray[np.int64]

CELL_BITS = 2.0
"""What one learned entry of a copying head's predicate costs."""

COUNTING = 5
"""Operations for every value, or pair of positions, that is counted."""

SORTING = 100
"""The same for every value that is sorted."""

SPARSE = 16
"""Values that could occur, for every one that does, beyond which they are sorted."""

BLOCK_PAIRS = 1 << 20
"""Pairs of positions that are counted at once: bounds the memory."""


def counted(joint: Ids, labels: Ids, size: int, label_count: int) -> Counts:
    """How often every label comes with every (joint) value: (values, labels).

    In memory labels stand first: sums over a few labels are fast along such an axis.
    """
    both = labels * size
    both += joint
    found = np.bincount(both, minlength=size * label_count)
    counts: Counts = found.reshape(label_count, size).T
    return counts


def coded_bits(counts: Counts | NDArray[np.float64]) -> float:
    """Bits that code the outcomes (last axis), given the rows; (rows, outcomes)."""
    return _n_log_n(counts.sum(axis=-1)) - _n_log_n(counts)


def _n_log_n(counts: Counts | NDArray[np.float64]) -> float:
    positive = counts[counts > 1].astype(np.float64)
    return float(positive @ np.log2(positive))


def _rows_n_log_n(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bits that code the outcomes of every row on its own."""

    def weight(n: NDArray[np.float64]) -> NDArray[np.float64]:
        return n * np.log2(np.maximum(n, 1))

    bits: NDArray[np.float64] = weight(counts.sum(axis=1)) - weight(counts).sum(axis=1)
    return bits


class LabelScores:
    """What variables tell about the label of their position."""

    def __init__(self, sample: Sample, work: Work) -> None:
        self.sample, self._work = sample, work
        self._where = np.flatnonzero(sample.labelled)
        self._labels = sample.labels.ravel()[self._where]
        self._all_bits = coded_bits(np.bincount(self._labels)[None])
        self._entry_bits = float(np.log2(max(sample.label_count, 2)))

    def counts(self, *inputs: Candidate) -> Counts:
        """How often every label comes with every (joint) value: (values, labels)."""
        labels = self.sample.label_count
        joint, size = self._joint(inputs)
        self._work.spend(COUNTING * len(inputs) * len(joint) + 2 * size * labels)
        return counted(joint, self._labels, size, labels)

    def support(self, *inputs: Candidate) -> Ids:
        """How many sequences have every (joint) value, however often: (values,)."""
        joint, size = self._joint(inputs)
        sequences, length = self.sample.shape
        self._work.spend(COUNTING * len(joint) + size * sequences)
        there = np.zeros((sequences, size), dtype=np.bool_)
        there[self._where // length, joint] = True
        found: Ids = there.sum(axis=0)
        return found

    def _joint(self, inputs: tuple[Candidate, ...]) -> tuple[Ids, int]:
        """One id for the values at every labelled position, and how many there are."""
        joint, size = np.zeros(len(self._where), dtype=np.int64), 1
        for candidate in inputs:
            size *= candidate.domain.size
            joint *= candidate.domain.size
            joint += candidate.values.ravel()[self._where]
        return joint, size

    def _occurring(self, inputs: tuple[Candidate, ...]) -> Counts:
        """The counts of those (joint) values that occur, in their order."""
        joint, size = self._joint(inputs)
        labels = self.sample.label_count
        if size <= SPARSE * len(joint):
            return self.counts(*inputs)
        # Most values of large domains do not occur: sorting is cheaper than counting.
        self._work.spend(SORTING * len(joint))
        found, rows = np.unique(joint, return_inverse=True)
        return counted(rows, self._labels, len(found), labels)

    def gain(self, *inputs: Candidate) -> float:
        """Bits saved by a table of labels over some variables, less its price."""
        counts = self._occurring(inputs)
        occupied = int(np.count_nonzero(counts.sum(axis=1)))
        return self._all_bits - coded_bits(counts) - self._entry_bits * occupied


@dataclass(frozen=True, slots=True)
class HitCounts:
    """How often looking at a key with a query finds the label.

    Attributes:
        cells: (queries, keys, 2): misses and hits, which stand first in memory.
    """

    cells: Counts

    @property
    def _flat(self) -> Counts:
        """(queries * keys, 2): the same."""
        pairs: Counts = self.cells.transpose(2, 0, 1).reshape(2, -1).T
        return pairs

    @property
    def gain(self) -> float:
        """Bits that query and key tell about hit or miss, less the cells' price."""
        cells = self._flat
        occupied = int(np.count_nonzero(cells.sum(axis=1)))
        return (
            coded_bits(cells.sum(axis=0)[None])
            - coded_bits(cells)
            - CELL_BITS * occupied
        )

    def best_line(self, shifts: bool) -> tuple[float, Mask]:
        """The closed form that tells most about hit or miss.

        Args:
            shifts: whether c may differ from 0 in ``key == query + c``, and whether
                ``key == c - query`` is one.

        Returns:
            The bits that it tells, and which keys it matches: (queries, keys).
        """
        queries, keys, _ = self.cells.shape
        query, key = np.arange(queries)[:, None], np.arange(keys)
        rising, falling = key - query + queries - 1, key + query
        if not shifts:
            gains = self._line_gains(rising)
            return float(gains[queries - 1]), rising == queries - 1
        best = max(
            ((self._line_gains(lines), lines) for lines in (rising, falling)),
            key=lambda entry: float(entry[0].max()),
        )
        gains, lines = best
        return float(gains.max()), lines == gains.argmax()

    def _line_gains(self, lines: Ids) -> NDArray[np.float64]:
        """Bits told by lying on a line, for every number of a line in (queries, keys).

        Lines on which hits are no more frequent than elsewhere tell -inf.
        """
        cells = self._flat
        numbered = lines.ravel()
        inside = np.empty((int(numbered.max()) + 1, 2))
        for outcome in (0, 1):
            inside[:, outcome] = np.bincount(numbered, weights=cells[:, outcome])
        both = inside.sum(axis=0)
        outside = both - inside
        left, right = _rows_n_log_n(inside), _rows_n_log_n(outside)
        gains: NDArray[np.float64] = coded_bits(both[None]) - left - right
        gains[inside[:, 1] * outside.sum(1) <= outside[:, 1] * inside.sum(1)] = -np.inf
        return gains

    def certain(self, least_rate: float = 0.999) -> Mask:
        """The predicate of pairs that (nearly) always hit."""
        seen = self.cells.sum(axis=-1)
        certain: Mask = (seen > 1) & (self.cells[..., 1] >= least_rate * seen)
        return certain


class HitScores:
    """What pairs of variables tell about where the label can be copied from.

    Args:
        sample: the sequences that are counted.
        value: the variable copied.
        wanted: for every label, the id of the value that says it, -1 if none does.
        work: what counting is accounted to.
        block: pairs of positions counted at once.
    """

    def __init__(
        self,
        sample: Sample,
        value: Candidate,
        wanted: Ids,
        work: Work,
        block: int = BLOCK_PAIRS,
    ) -> None:
        self.value, self._work = value, work
        self._sample = sample
        self._target = np.where(sample.labelled, wanted[sample.labels], -1)
        self._block = block
        self._pairs: dict[Scope, list[tuple[Ids, Ids, Ids]]] = {}

    def count(self, query: Candidate, key: Candidate, scope: Scope) -> HitCounts:
        """Hits and misses of every pair of a query's and a key's value."""
        queries, keys = query.domain.size, key.domain.size
        asked, seen = query.values.ravel(), key.values.ravel()
        cells = np.zeros(queries * keys * 2, dtype=np.int64)
        for looking, looked, hit in self._blocks(scope):
            self._work.spend(COUNTING * len(looking) + len(cells))
            index = hit * queries
            index += asked.take(looking)
            index *= keys
            index += seen.take(looked)
            cells += np.bincount(index, minlength=len(cells))
        return HitCounts(cells.reshape(2, queries, keys).transpose(1, 2, 0))

    def _blocks(self, scope: Scope) -> Sequence[tuple[Ids, Ids, Ids]]:
        if scope not in self._pairs:
            self._pairs[scope] = list(self._enumerate(scope))
        return self._pairs[scope]

    def _enumerate(self, scope: Scope) -> Iterator[tuple[Ids, Ids, Ids]]:
        sample = self._sample
        sequences, length = sample.shape
        allowed = in_scope(scope, length)
        step = max(1, self._block // length**2)
        for start in range(0, sequences, step):
            rows = slice(start, start + step)
            real = sample.real[rows]
            pairs = sample.labelled[rows][:, :, None] & real[:, None, :] & allowed
            row, looking, seen = np.nonzero(pairs)
            row += start
            hit = self._target[row, looking] == self.value.values[row, seen]
            yield row * length + looking, row * length + seen, hit.astype(np.int64)


def majority(counts: Counts, shape: tuple[int, ...], asked: Ids | None = None) -> Ids:
    """The most frequent label of every (joint) value.

    Values that never occur take the label of the nearest one that does, which is how
    thresholds on numbers reach beyond the data; the first one of several as near.

    Args:
        counts: (values, labels).
        shape: the domain sizes of the one or two variables that are joined.
        asked: the values whose label matters; by default all.
    """
    labels: Ids = counts.argmax(axis=1).astype(np.int64)
    seen = counts.sum(axis=1) > 0
    missing = ~seen
    if asked is not None:
        matters = np.zeros_like(seen)
        matters[asked] = True
        missing &= matters
    if seen.any() and missing.any():
        grid = seen.reshape(shape if len(shape) == 2 else (1, -1))
        labels[missing] = labels[_nearest(grid).ravel()[missing]]
    return np.reshape(labels, shape)


def _nearest(seen: Mask) -> Ids:
    """(rows, columns) the flat index of the nearest cell that is seen.

    Distances along rows and columns add up; of cells as near the first one is taken.
    """
    rows, columns = seen.shape
    flat = np.arange(seen.size).reshape(rows, columns)
    if rows > columns:  # the fewer lines the less work
        seen, flat = seen.T, flat.T
    lines, length = seen.shape
    along = np.arange(length)
    left = np.maximum.accumulate(np.where(seen, along, -1), axis=1)
    right = np.where(seen, along, length)[:, ::-1]
    right = np.minimum.accumulate(right, axis=1)[:, ::-1]
    far = 2 * (lines + length)
    to_left = np.where(left < 0, far, along - left)
    to_right = np.where(right == length, far, right - along)
    near = np.where(to_left <= to_right, left, right).clip(0, length - 1)
    # One number orders cells by distance, then by index: (lines, length).
    key = np.minimum(to_left, to_right) * seen.size
    key += np.take_along_axis(flat, near, axis=1)
    best = np.full_like(key, np.iinfo(np.int64).max)
    line = np.arange(lines)[:, None]
    for other in range(lines):
        away = np.abs(line - other) * seen.size
        np.minimum(best, key[other] + away, out=best)
    best %= seen.size
    return best.T if rows > columns else best
