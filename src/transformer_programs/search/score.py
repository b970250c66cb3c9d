"""Scores of variables in bits, by counting: minimum description length.

A table over a variable costs the bits that name a label for each of its values, so a
table that only remembers the sample gains nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Scope
from transformer_programs.search import kernels
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.kernels import (
    BITS,
    NEVER,
    SPARSE,
    Joint,
    Others,
    Targets,
    coded,
    counted,
    has_many,
    weights,
)
from transformer_programs.search.sample import Ids, Mask, Sample, in_scope
from transformer_programs.system import Work

Counts = NDArray[np.int64]

CELL_BITS = 2.0
"""Bits of one learned entry of the predicate of a copying head."""

COUNTING = 5
"""Operations per value, or pair of positions, that is counted."""

SORTING = 100
"""Operations per value that is sorted."""

BLOCK_PAIRS = 1 << 20
"""The most pairs of positions that are counted at once: bounds the memory."""


def joint_of(inputs: Sequence[Candidate], where: Ids) -> Joint:
    """Return the joint value of one or two variables at flat positions."""
    values = [candidate.values for candidate in inputs]
    return Joint(values, tuple([c.domain.size for c in inputs]), where)


class LabelScores:
    """Information of variables about the label of their position.

    Args:
        sample: Sequences that are counted.
        work: Budget that counting is accounted to.
    """

    def __init__(self, sample: Sample, work: Work) -> None:
        self.sample, self._work = sample, work
        where = np.flatnonzero(sample.labelled)
        self._at = Targets(where, sample.labels, sample.label_count)
        self._all_bits = coded(np.bincount(self._at.labels)[None])
        self._last: tuple[list[tuple[Candidate, ...]], Others | None] = [], None
        self._entry_bits = float(np.log2(max(sample.label_count, 2)))

    def counts(self, *inputs: Candidate) -> Counts:
        """Count how often every label comes with every (joint) value.

        Returns:
            (values, labels) numbers of positions.
        """
        joint, labels = joint_of(inputs, self._at.where), self.sample.label_count
        self._count(len(inputs), joint.size)
        return counted(joint.cells, self._at.labels, joint.size, labels)

    def support(self, *inputs: Candidate) -> Ids:
        """Count the sequences that have a (joint) value, however often: (values,)."""
        joint = joint_of(inputs, self._at.where)
        sequences, length = self.sample.shape
        self._work.spend(COUNTING * len(self._at) + joint.size * sequences)
        return kernels.current().spread(joint, (sequences, length))

    def _count(self, variables: int, size: int) -> None:
        # Account for counting labels by a joint value.
        cells = size * self.sample.label_count
        self._work.spend(COUNTING * variables * len(self._at) + 2 * cells)

    def gain(self, candidate: Candidate, *other: Candidate) -> float:
        """Return the bits that a table of labels saves, less its price.

        Args:
            candidate: A variable that the table reads.
            other: Another one, or none.
        """
        return self.gains(candidate, [other])[0]

    def gains(
        self, candidate: Candidate, others: Sequence[tuple[Candidate, ...]]
    ) -> list[float]:
        """Return the gains of a variable beside each of some others, or none."""
        size = candidate.domain.size
        sizes = [math.prod(c.domain.size for c in other) for other in others]
        many = has_many(self._at)
        for other, factor in zip(others, sizes, strict=True):
            if not many and size * factor <= SPARSE * len(self._at):
                self._count(1 + len(other), size * factor)
            else:
                # Most values of large domains do not occur, nor most labels with
                # them: they are sorted.
                self._work.spend(SORTING * len(self._at))
        current = kernels.current()
        first = current.row(self._at, candidate.values)
        found = current.tally(self._at, first, size, self._beside(others))
        return [
            (self._all_bits - bits) / BITS - self._entry_bits * occupied
            for bits, occupied in found.tolist()
        ]

    def _beside(self, others: Sequence[tuple[Candidate, ...]]) -> Others:
        # Their values, 0 for none; those of the last call are kept.
        if [*others] != self._last[0]:
            rows = np.zeros((len(others), len(self._at)), dtype=np.uint32)
            for row, other in zip(rows, others, strict=True):
                for candidate in other:
                    row[:] = kernels.current().row(self._at, candidate.values)
            sizes = [math.prod(c.domain.size for c in other) for other in others]
            self._last = [*others], Others(rows, sizes)
        found = self._last[1]
        assert found is not None
        return found


@dataclass(frozen=True)
class HitCounts:
    """Counts of how often looking at a key with a query finds the label.

    Attributes:
        cells: (queries, keys, 2) misses and hits, which stand first in memory.
    """

    cells: Counts

    @cached_property
    def _told(self) -> tuple[NDArray[np.float64], float]:
        # (2, lines) bits that lying on each diagonal, and on each antidiagonal, tells,
        # -inf where hits are no more frequent than elsewhere; and what all cells tell,
        # less their price.
        cells = self.cells.transpose(2, 0, 1)  # (2, queries, keys)
        table = weights(int(cells.sum()))
        gains, told, occupied = kernels.current().line_gains(cells, table)
        bits = np.where(gains == NEVER, -np.inf, gains / BITS)
        return bits, told / BITS - CELL_BITS * occupied

    @property
    def gain(self) -> float:
        """Bits of query and key about hit or miss, less the price of the cells."""
        return self._told[1]

    def line_gain(self, shifts: bool) -> float:
        """Return the bits that the closed form of ``best_line`` tells."""
        gains, _ = self._told
        return float(gains.max() if shifts else gains[0, self.cells.shape[0] - 1])

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
        rising, falling = key - query + queries - 1, key + query  # (queries, keys)
        if not shifts:
            return self.line_gain(shifts), rising == queries - 1
        gains, _ = self._told
        # The first of several as good, diagonals before antidiagonals.
        family, line = np.unravel_index(gains.argmax(), gains.shape)
        return float(gains[family, line]), (rising, falling)[family] == line

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

    Attributes:
        sample: The same.
        value: The same.
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
        self.sample = sample
        # (sequences, length) values that are wanted, -2 where no position looks.
        target = np.where(sample.labelled, wanted[sample.labels], -2)
        self._target = target.astype(np.int32)
        self._block = block
        self._pairs: dict[Scope, list[tuple[Ids, Ids, Ids]]] = {}
        self._sizes: dict[Scope, list[int]] = {}

    def count(self, query: Candidate, key: Candidate, scope: Scope) -> HitCounts:
        """Count hits and misses of every pair of values of a query and a key."""
        queries, keys = query.domain.size, key.domain.size
        for pairs in self._block_sizes(scope):
            self._work.spend(COUNTING * pairs + 2 * queries * keys)
        cells = kernels.current().hits(
            query.values,
            key.values,
            (queries, keys),
            lambda: self._blocks(scope),
            (self._target, self.value.values, self.sample.real),
            scope,
        )
        return HitCounts(cells.transpose(1, 2, 0))

    def _block_sizes(self, scope: Scope) -> list[int]:
        # Numbers of pairs of positions, by blocks.
        if scope not in self._sizes:
            self._sizes[scope] = [
                int(np.count_nonzero(pairs)) for _, pairs in self._looking(scope)
            ]
        return self._sizes[scope]

    def _looking(self, scope: Scope) -> Iterator[tuple[int, Mask]]:
        # By blocks of sequences: the first one, and which positions look at which,
        # (sequences, looking, seen).
        sample = self.sample
        sequences, length = sample.shape
        allowed = in_scope(scope, length)
        step = max(1, self._block // length**2)
        for start in range(0, sequences, step):
            rows = slice(start, start + step)
            labelled, real = sample.labelled[rows][:, :, None], sample.real[rows, None]
            yield start, labelled & real & allowed

    def _blocks(self, scope: Scope) -> Sequence[tuple[Ids, Ids, Ids]]:
        # By blocks of sequences: flat positions that look, those that they look at, and
        # whether they find the label there; (pairs,) each.
        if scope in self._pairs:
            return self._pairs[scope]
        length, found = self.sample.shape[1], []
        for start, pairs in self._looking(scope):
            row, looking, seen = np.nonzero(pairs)
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
