"""Scores of variables in bits, by counting: minimum description length.

A table over a variable costs the bits that name a label for each of its values, so a
table that only remembers the sample gains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import Scope
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Ids, Mask, Sample, in_scope
from transformer_programs.system import Work

Counts = NDArray[np.int64]

CELL_BITS = 2.0
"""Bits of one learned entry of the predicate of a copying head."""

COUNTING = 5
"""Operations per value, or pair of positions, that is counted."""

SORTING = 100
"""Operations per value that is sorted."""

SPARSE = 16
"""Possible values per position beyond which values are sorted, not counted."""

BLOCK_PAIRS = 1 << 20
"""The most pairs of positions that are counted at once: bounds the memory."""


def counted(joint: Ids, labels: Ids, size: int, label_count: int) -> Counts:
    """Count how often every label comes with every (joint) value: (values, labels).

    In memory labels stand first: sums over a few labels are fast along such an axis.
    """
    both = labels * size
    both += joint
    found = np.bincount(both, minlength=size * label_count)
    counts: Counts = found.reshape(label_count, size).T
    return counts


def joint_values(inputs: Sequence[Candidate], where: Ids) -> Ids:
    """Return the joint value of variables at flat positions: (positions,)."""
    joint = np.zeros(len(where), dtype=np.int64)
    for candidate in inputs:
        joint *= candidate.domain.size
        joint += candidate.values.ravel()[where]
    return joint


def coded_bits(counts: Counts | NDArray[np.float64]) -> float:
    """Return the bits that code outcomes, given their row; counts (rows, outcomes)."""
    return _n_log_n(counts.sum(axis=-1)) - _n_log_n(counts)


def _n_log_n(counts: Counts | NDArray[np.float64]) -> float:
    positive = counts[counts > 1].astype(np.float64)
    return float(positive @ np.log2(positive))


def _rows_n_log_n(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    # (rows,) bits that code the outcomes of every row on its own.
    def weight(n: NDArray[np.float64]) -> NDArray[np.float64]:
        return n * np.log2(np.maximum(n, 1))

    bits: NDArray[np.float64] = weight(counts.sum(axis=1)) - weight(counts).sum(axis=1)
    return bits


class LabelScores:
    """Information of variables about the label of their position.

    Args:
        sample: Sequences that are counted.
        work: Budget that counting is accounted to.
    """

    def __init__(self, sample: Sample, work: Work) -> None:
        self.sample, self._work = sample, work
        self._where = np.flatnonzero(sample.labelled)
        self._labels = sample.labels.ravel()[self._where]  # (labelled positions,)
        self._all_bits = coded_bits(np.bincount(self._labels)[None])
        self._entry_bits = float(np.log2(max(sample.label_count, 2)))

    def counts(self, *inputs: Candidate) -> Counts:
        """Count how often every label comes with every (joint) value.

        Returns:
            (values, labels) numbers of positions.
        """
        labels = self.sample.label_count
        joint, size = self._joint(inputs)
        self._work.spend(COUNTING * len(inputs) * len(joint) + 2 * size * labels)
        return counted(joint, self._labels, size, labels)

    def support(self, *inputs: Candidate) -> Ids:
        """Count the sequences that have a (joint) value, however often: (values,)."""
        joint, size = self._joint(inputs)
        sequences, length = self.sample.shape
        self._work.spend(COUNTING * len(joint) + size * sequences)
        there = np.zeros((sequences, size), dtype=np.bool_)
        there[self._where // length, joint] = True
        found: Ids = there.sum(axis=0)
        return found

    def _joint(self, inputs: tuple[Candidate, ...]) -> tuple[Ids, int]:
        # (labelled positions,) joint values, and how many there can be.
        size = math.prod(candidate.domain.size for candidate in inputs)
        return joint_values(inputs, self._where), size

    def _occurring(self, inputs: tuple[Candidate, ...]) -> Counts:
        # The counts of those (joint) values that occur, in their order.
        joint, size = self._joint(inputs)
        labels = self.sample.label_count
        if size <= SPARSE * len(joint):
            return self.counts(*inputs)
        # Most values of large domains do not occur: sorting is cheaper than counting.
        self._work.spend(SORTING * len(joint))
        found, rows = np.unique(joint, return_inverse=True)
        return counted(rows, self._labels, len(found), labels)

    def gain(self, *inputs: Candidate) -> float:
        """Return the bits that a table of labels saves, less its price."""
        counts = self._occurring(inputs)
        occupied = int(np.count_nonzero(counts.sum(axis=1)))
        return self._all_bits - coded_bits(counts) - self._entry_bits * occupied


@dataclass(frozen=True, slots=True)
class HitCounts:
    """Counts of how often looking at a key with a query finds the label.

    Attributes:
        cells: (queries, keys, 2) misses and hits, which stand first in memory.
    """

    cells: Counts

    @property
    def _flat(self) -> Counts:
        # (queries, keys, 2) -> (queries * keys, 2)
        pairs: Counts = self.cells.transpose(2, 0, 1).reshape(2, -1).T
        return pairs

    @property
    def gain(self) -> float:
        """Bits of query and key about hit or miss, less the price of the cells."""
        cells = self._flat
        occupied = int(np.count_nonzero(cells.sum(axis=1)))
        alone = coded_bits(cells.sum(axis=0)[None])
        return alone - coded_bits(cells) - CELL_BITS * occupied

    def best_line(self, shifts: bool) -> tuple[float, Mask]:
        """Return the closed form that tells most about hit or miss.

        Args:
            shifts: Whether c may differ from 0 in ``key == query + c``, and whether
                ``key == c - query`` is one.

        Returns:
            The bits that it tells, and which keys it matches: (queries, keys).
        """
        queries, keys, _ = self.cells.shape
        query, key = np.arange(queries)[:, None], np.arange(keys)
        # Numbers of the diagonals, and of the antidiagonals: (queries, keys).
        rising, falling = key - query + queries - 1, key + query
        if not shifts:
            gains = self._line_gains(rising)
            return float(gains[queries - 1]), rising == queries - 1
        found = [(self._line_gains(lines), lines) for lines in (rising, falling)]
        gains, lines = max(found, key=lambda entry: float(entry[0].max()))
        return float(gains.max()), lines == gains.argmax()

    def _line_gains(self, lines: Ids) -> NDArray[np.float64]:
        # (lines,) bits told by lying on a line, given the line of each (query, key);
        # -inf where hits are no more frequent than elsewhere.
        cells = self._flat
        numbered = lines.ravel()
        inside = np.empty((int(numbered.max()) + 1, 2))  # (lines, misses and hits)
        for outcome in (0, 1):
            inside[:, outcome] = np.bincount(numbered, weights=cells[:, outcome])
        both = inside.sum(axis=0)
        outside = both - inside
        left, right = _rows_n_log_n(inside), _rows_n_log_n(outside)
        gains: NDArray[np.float64] = coded_bits(both[None]) - left - right
        gains[inside[:, 1] * outside.sum(1) <= outside[:, 1] * inside.sum(1)] = -np.inf
        return gains

    def certain(self, least_rate: float = 0.999) -> Mask:
        """Return the predicate of pairs that (nearly) always hit: (queries, keys)."""
        seen = self.cells.sum(axis=-1)
        certain: Mask = (seen > 1) & (self.cells[..., 1] >= least_rate * seen)
        return certain


class HitScores:
    """Information of pairs of variables about where the label can be copied from.

    Args:
        sample: Sequences that are counted.
        value: Variable copied.
        wanted: (labels,) id of the value that says each label, -1 if none does.
        work: Budget that counting is accounted to.
        block: Pairs of positions that are counted at once.
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
        """Count hits and misses of every pair of values of a query and a key."""
        queries, keys = query.domain.size, key.domain.size
        asked, seen = query.values.ravel(), key.values.ravel()
        cells = np.zeros(queries * keys * 2, dtype=np.int64)
        for looking, looked, hit in self._blocks(scope):
            self._work.spend(COUNTING * len(looking) + len(cells))
            # One number for (hit, query, key), of each pair of positions.
            index = hit * queries
            index += asked.take(looking)
            index *= keys
            index += seen.take(looked)
            cells += np.bincount(index, minlength=len(cells))
        return HitCounts(cells.reshape(2, queries, keys).transpose(1, 2, 0))

    def _blocks(self, scope: Scope) -> Sequence[tuple[Ids, Ids, Ids]]:
        # By blocks of sequences: flat positions that look, those that they look at, and
        # whether they find the label there; (pairs,) each.
        if scope in self._pairs:
            return self._pairs[scope]
        sample, found = self._sample, []
        sequences, length = sample.shape
        allowed = in_scope(scope, length)
        step = max(1, self._block // length**2)
        for start in range(0, sequences, step):
            rows = slice(start, start + step)
            # (sequences, looking, seen)
            labelled, real = sample.labelled[rows][:, :, None], sample.real[rows, None]
            row, looking, seen = np.nonzero(labelled & real & allowed)
            row += start
            hit = self._target[row, looking] == self.value.values[row, seen]
            flat = row * length
            found.append((flat + looking, flat + seen, hit.astype(np.int64)))
        self._pairs[scope] = found
        return found


def majority(counts: Counts, shape: tuple[int, ...], asked: Ids | None = None) -> Ids:
    """Return the most frequent label of every (joint) value.

    Values that never occur take the label of the nearest one that does, which is how
    thresholds on numbers reach beyond the data; the first one of several as near.

    Args:
        counts: (values, labels).
        shape: Domain sizes of the one or two variables that are joined.
        asked: Values whose label matters; by default all.

    Returns:
        Label ids in that shape.
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
    # (rows, columns) the flat index of the nearest cell that is seen. Distances along
    # rows and columns add up; of cells as near the first one is taken.
    rows, columns = seen.shape
    flat = np.arange(seen.size).reshape(rows, columns)
    if rows > columns:  # the fewer lines the less work
        seen, flat = seen.T, flat.T
    lines, length = seen.shape
    along = np.arange(length)
    # The nearest seen place on each side within the own line; -1, length without one.
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
    for other in range(lines):  # by a step to another line first
        away = np.abs(line - other) * seen.size
        np.minimum(best, key[other] + away, out=best)
    best %= seen.size
    return best.T if rows > columns else best
