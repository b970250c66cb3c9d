"""Kernels: the inner loops of the search, in numpy or compiled, with equal results.

Compiled ones need the optional package numba. They are used in a process from the first
search on that has done some work, so that small searches never wait for a compiler;
which ones are used changes no result, since all of them compute with integers.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Scope
from transformer_programs.search import loops
from transformer_programs.search.heads import Heads
from transformer_programs.search.sample import Ids, Mask, Sample, Values

WARM = 2_000.0
"""Units of work of a search after which it uses compiled kernels."""

BITS = 1 << 20
"""Parts of a bit in which information is counted."""

NEVER = loops.NEVER

MANY_LABELS = 64
"""Labels beyond which those that come with a value are sorted."""

SPARSE = 16
"""Possible values per position beyond which values are sorted, not counted."""

SCRATCH = 1 << 22
"""The most cells that compiled kernels count in; beyond that numpy does it."""


class Joint:
    """Joint value of one or two variables, at some positions.

    Args:
        values: (sequences, length) ids of every variable.
        sizes: Sizes of their domains.
        where: Flat positions.

    Attributes:
        size: Number of joint values.
    """

    __slots__ = ("size", "sizes", "values", "where")

    def __init__(
        self, values: Sequence[Values], sizes: tuple[int, ...], where: Ids
    ) -> None:
        assert len(values) in (1, 2)
        self.values, self.sizes, self.where = values, sizes, where
        self.size = math.prod(sizes)

    @property
    def cells(self) -> Ids:
        """(positions,) joint values, the first variable the most significant."""
        joint = self.values[0].ravel().take(self.where).astype(np.int64)
        for values, size in zip(self.values[1:], self.sizes[1:], strict=True):
            joint *= size
            joint += values.ravel().take(self.where)
        return joint


class Targets:
    """Positions that have a label.

    Args:
        where: Flat positions.
        labels: (all positions,) labels.
        count: Number of labels.

    Attributes:
        labels: (positions,) labels.
        everywhere: Whether all positions have one.
    """

    def __init__(self, where: Ids, labels: Ids, count: int) -> None:
        self.where = where
        self.labels = labels.ravel()[where].astype(np.int64)
        self.count = count
        self.narrow = self.labels.astype(np.uint32)
        self.everywhere = len(where) == labels.size

    def __len__(self) -> int:
        return len(self.where)


Rows = NDArray[np.uint32]
"""(variables, positions), or of one, the values where there is a label."""


class Others:
    """Variables that one after the other stand beside another one.

    Args:
        rows: (variables, positions) their values where there is a label.
        sizes: (variables,) sizes of their domains.
    """

    def __init__(self, rows: Rows, sizes: Sequence[int]) -> None:
        self.rows, self.sizes = rows, sizes
        self.steps = np.array(sizes, dtype=np.uint64)


_weights: Ids = np.zeros(1, dtype=np.int64)


def weights(most: int) -> Ids:
    """Return n * log2(n) for n from 0 to at least ``most``, in parts of a bit."""
    global _weights
    if len(_weights) <= most:
        n = np.arange(max(2 * len(_weights), most + 1, 4096), dtype=np.float64)
        _weights = np.rint(BITS * n * np.log2(np.maximum(n, 1))).astype(np.int64)
    return _weights


def coded(counts: Ids) -> int:
    """Return the bits, in parts, that code (..., outcomes), given their row."""
    totals = counts.sum(axis=-1)
    table = weights(int(totals.max(initial=0)))
    return int(table.take(totals).sum() - table.take(counts).sum())


def has_many(at: Targets) -> bool:
    """Return whether labels are so many that those that come with a value are sorted.

    Most never do, so that a table of all counts would hold little but zeros.
    """
    return at.count > MANY_LABELS


def _pairs(
    at: Targets, first: Rows, size: int, others: Others, chosen: Ids
) -> Iterator[tuple[Ids, Ids]]:
    # By others, in order of the joint values that occur: where each begins among its
    # labels, and how often each of these comes with it.
    for index in chosen.tolist():
        other = others.sizes[index]
        cells = first.astype(np.int64) * other + others.rows[index]
        if size * other >= (1 << 62) // at.count:
            cells = np.unique(cells, return_inverse=True)[1]
        pairs = np.sort(cells * at.count + at.labels)
        starts = np.flatnonzero(np.diff(pairs, prepend=-1))
        times = np.diff(starts, append=len(pairs))
        yield np.flatnonzero(np.diff(pairs[starts] // at.count, prepend=-1)), times


def counted(joint: Ids, labels: Ids, size: int, label_count: int) -> Ids:
    """Count how often every label comes with every (joint) value: (values, labels).

    In memory labels stand first: sums over a few labels are fast along such an axis.
    """
    both = labels * size
    both += joint
    found = np.bincount(both, minlength=size * label_count)
    counts: Ids = found.reshape(label_count, size).T
    return counts


class Kernels:
    """Kernels in numpy."""

    def heads(
        self, sample: Sample, query: Values, key: Values, predicate: Mask
    ) -> Heads:
        """Return the heads of a query, a key and a predicate."""
        return Heads(sample, query, key, predicate)

    def row(self, at: Targets, values: Values) -> Rows:
        """Return the values at the positions that have a label."""
        return values.ravel().view(np.uint32).take(at.where)

    def tally(self, at: Targets, first: Rows, size: int, others: Others) -> Ids:
        """Compute what the joint values of a variable and others tell of labels.

        Args:
            at: Positions, and their labels.
            first: (positions,) ids of the variable.
            size: Size of its domain.
            others: The others.

        Returns:
            (others, 2) the parts of a bit that code labels, given the joint value, and
            how many values occur.
        """
        found = np.empty((len(others.sizes), 2), dtype=np.int64)
        chosen = np.arange(len(found))
        if has_many(at):
            table = weights(len(at))
            pairs = _pairs(at, first, size, others, chosen)
            for index, (begins, times) in enumerate(pairs):
                totals = np.add.reduceat(times, begins)
                bits = table.take(totals).sum() - table.take(times).sum()
                found[index] = bits, len(begins)
            return found
        for index, counts in enumerate(_counts(at, first, size, others, chosen)):
            found[index] = coded(counts), np.count_nonzero(counts.any(axis=1))
        return found

    def right(
        self, at: Targets, first: Rows, size: int, others: Others, chosen: Ids
    ) -> Ids:
        """Count the positions with the most frequent label of their joint value.

        Arguments are those of ``tally``, and the numbers of the others that matter.

        Returns:
            (others that matter,) numbers of positions.
        """
        if has_many(at):
            pairs = _pairs(at, first, size, others, chosen)
            most = (np.maximum.reduceat(times, begins) for begins, times in pairs)
            return np.array([int(each.sum()) for each in most], dtype=np.int64)
        counts = _counts(at, first, size, others, chosen)
        return np.array([int(c.max(axis=1).sum()) for c in counts], dtype=np.int64)

    def spread(self, joint: Joint, shape: tuple[int, int]) -> Ids:
        """Count the sequences in which each joint value occurs: (values,)."""
        sequences, length = shape
        there = np.zeros((sequences, joint.size), dtype=np.bool_)
        there[joint.where // length, joint.cells] = True
        found: Ids = there.sum(axis=0)
        return found

    def line_gains(self, cells: Ids, weights: Ids) -> tuple[Ids, int, int]:
        """Compute what queries and keys tell about hit or miss, in parts of a bit.

        Args:
            cells: (2, queries, keys) misses and hits.
            weights: n * log2(n) up to their sum.

        Returns:
            (2, queries + keys - 1) what lying on each diagonal tells, and on each
            antidiagonal, ``NEVER`` where hits are not more frequent than elsewhere;
            what all cells tell; and the number of cells that occur.
        """
        _, queries, keys = cells.shape
        count = queries + keys - 1
        flat, families = cells.reshape(2, -1), _lines(queries, keys)
        # Counts of misses and hits inside and outside of the lines: (2, lines, 2).
        inside = np.empty((2, count, 2), dtype=np.int64)
        for family, outcome in np.ndindex(2, 2):
            found = np.bincount(families[family], flat[outcome], minlength=count)
            inside[family, :, outcome] = found
        both = flat.sum(axis=1)
        outside = both - inside
        all_in, all_out = inside.sum(axis=2), outside.sum(axis=2)
        alone = coded(both[None])
        left = weights.take(all_in) - weights.take(inside).sum(axis=2)
        right = weights.take(all_out) - weights.take(outside).sum(axis=2)
        gains: Ids = alone - left - right
        gains[inside[:, :, 1] * all_out <= outside[:, :, 1] * all_in] = NEVER
        occupied = int(np.count_nonzero(flat[0] + flat[1]))
        return gains, alone - coded(flat.T), occupied

    def hits(
        self,
        asked: Values,
        seen: Values,
        sizes: tuple[int, int],
        blocks: Callable[[], Sequence[tuple[Ids, Ids, Ids]]],
        looked: tuple[Values, Values, Mask],
        scope: Scope,
    ) -> Ids:
        """Count, for queries and keys, misses and hits: (2, queries, keys).

        Args:
            asked: (sequences, length) queries.
            seen: (sequences, length) keys.
            sizes: Numbers of queries and of keys.
            blocks: Pairs of flat positions, and whether they hit, by blocks.
            looked: (sequences, length) value wanted, -2 where no position looks, value
                found, and which positions can be seen: the same as the blocks.
            scope: Scope of the pairs.
        """
        queries, keys = sizes
        cells = np.zeros(2 * queries * keys, dtype=np.int64)
        queried, keyed = asked.ravel(), seen.ravel()
        for looking, at, hit in blocks():
            # One number for (hit, query, key), of each pair of positions.
            index = hit * queries
            index += queried.take(looking)
            index *= keys
            index += keyed.take(at)
            cells += np.bincount(index, minlength=len(cells))
        return cells.reshape(2, queries, keys)

    def look_up(self, entries: Ids, inputs: Sequence[Values], real: Mask) -> Values:
        """Look variables up in a table of one axis each, 0 where padded."""
        cells = inputs[0].astype(np.int64)
        for values, size in zip(inputs[1:], entries.shape[1:], strict=True):
            cells *= size
            cells += values
        found = entries.astype(np.int32).ravel().take(cells)
        found *= real
        return found

    def is_constant(self, values: Values, real: Mask) -> bool:
        """Check whether all values that are not padding are the same."""
        if real.all():
            return bool((values == values.flat[0]).all())
        shown = values[real]
        return not len(shown) or bool((shown == shown[0]).all())

    def best_pair(self, joint: Joint, right: Mask) -> tuple[int, int, int, Ids]:
        """Find the two sources of which the better one is right most often.

        Args:
            joint: Joint value that says which of the two is taken.
            right: (positions, sources) whether a source is right.

        Returns:
            How often the better one is right; the numbers of the two, those of the
            first pair of several; and (values, 2) how often each of them is right.
        """
        cells = joint.cells
        order = np.argsort(cells, kind="stable")
        ordered = cells[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        # How often each source is right in each cell: (sources, occurring cells).
        hits = np.add.reduceat(right.T[:, order].astype(np.int32), starts, axis=1)
        first, second = np.triu_indices(len(hits), 1)
        either = np.maximum(hits[first], hits[second]).sum(axis=1)
        chosen = int(either.argmax())
        a, b = int(first[chosen]), int(second[chosen])
        found = np.zeros((joint.size, 2), dtype=np.int64)
        found[ordered[starts]] = hits[[a, b]].T
        return int(either[chosen]), a, b, found


def _counts(
    at: Targets, first: Rows, size: int, others: Others, chosen: Ids
) -> Iterator[Ids]:
    # By others, the numbers of labels of the joint values: (values, labels).
    base = first.astype(np.int64)
    for index in chosen.tolist():
        other = others.sizes[index]
        cells, values = base * other, size * other
        cells += others.rows[index]
        if values > SPARSE * len(cells):
            # Most values of large domains do not occur: sorting is cheaper.
            found, cells = np.unique(cells, return_inverse=True)
            values = len(found)
        yield counted(cells, at.labels, values, at.count)


@cache
def _lines(queries: int, keys: int) -> Ids:
    # Numbers of diagonals, and of antidiagonals: (2, queries * keys).
    query, key = np.arange(queries)[:, None], np.arange(keys)
    families = np.stack([key - query + queries - 1, key + query])
    return families.reshape(2, -1)


_NUMPY = Kernels()
_current = _NUMPY


def current() -> Kernels:
    """Return the kernels that this process uses."""
    return _current


def use(kernels: Kernels | None) -> None:
    """Use some kernels from now on; None for those in numpy."""
    global _current
    _current = kernels or _NUMPY


def warm(units: float) -> None:
    """Use compiled kernels from now on, if a search has done so many units of work.

    Without numba, or with one that cannot be imported, nothing changes.
    """
    if _current is _NUMPY and units > WARM and _has_compiler():
        from transformer_programs.search.compiled import LoopKernels

        use(LoopKernels())


@cache
def _has_compiler() -> bool:
    try:
        importlib.import_module("numba")
    except ImportError:
        return False
    return True
