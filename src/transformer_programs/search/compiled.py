"""Kernels as loops over arrays, which numba compiles.

The machine code is kept on disk beside the module, or in the user's cache folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from transformer_programs.language import Scope
from transformer_programs.search import loops
from transformer_programs.search.heads import SIDES, Heads
from transformer_programs.search.kernels import (
    SCRATCH,
    Joint,
    Kernels,
    Others,
    Rows,
    Targets,
    weights,
)
from transformer_programs.search.sample import Ids, Mask, Sample, Values

Loop = Callable[..., Any]

# Values are read without a sign: an index that cannot be negative is faster.
_SHORT, _ROWS, _PLACES = "uint32[::1]", "uint32[:, ::1]", "uint64[::1]"
_VALUES, _PLANE, _CUBE = "int32[::1]", "int32[:, ::1]", "int32[:, :, ::1]"
_N, _FLAT, _GRID = "int64", "int64[::1]", "int64[:, ::1]"
_MASK, _PAIRS, _BYTES = "boolean[::1]", "boolean[:, ::1]", "uint8[:, ::1]"

_JOINT = (_SHORT, _SHORT, _N, _PLACES)
_HEAD = (_ROWS, _ROWS, _PAIRS, _PAIRS, _N)
_TALLY = (_SHORT, _N, _ROWS, _PLACES, _FLAT, _SHORT, _N, _FLAT, _FLAT, _GRID)

_ARGUMENTS: dict[Loop, tuple[str, ...]] = {
    loops.tally: _TALLY,
    loops.gather: (_SHORT, _PLACES, _SHORT),
    loops.spread: (*_JOINT, _N, _FLAT, _FLAT),
    loops.hits: (_ROWS, _ROWS, _PLANE, _PLANE, _PAIRS, _N, _N, _FLAT),
    loops.line_gains: (_FLAT, _N, _N, _FLAT, _GRID),
    loops.nearest: (*_HEAD, _GRID),
    loops.sums: (*_HEAD, _CUBE, _CUBE),
    loops.look_up: (_FLAT, _SHORT, _SHORT, _N, _MASK, _VALUES),
    loops.is_constant: (_VALUES, _MASK),
    loops.best_pair: (*_JOINT, _BYTES, _PLANE),
}
"""Types of the arguments of every loop, so that nothing is compiled twice."""

Maker = Callable[[Loop], Loop]

_NO_WEIGHTS = np.zeros(0, dtype=np.int64)


def _flat(values: Values) -> Rows:
    return values.ravel().view(np.uint32)


def _read(joint: Joint) -> tuple[Any, ...]:
    # The arguments of a loop over a joint value.
    first = _flat(joint.values[0])
    where = joint.where.view(np.uint64)
    if len(joint.values) == 1:
        return first, first, 0, where
    return first, _flat(joint.values[1]), joint.sizes[1], where


class LoopHeads(Heads):
    """Heads of a query, a key and a predicate, by loops."""

    def __init__(
        self, sample: Sample, query: Values, key: Values, predicate: Mask, made: Maker
    ) -> None:
        super().__init__(sample, query, key, predicate)
        self._made = made

    def nearest(self, scope: Scope) -> Ids:
        """Return the nearest matching position, 0 without one."""
        found = np.empty(self._query.shape, dtype=np.int64)
        self._made(loops.nearest)(*self._read, SIDES[scope], found)
        return found

    def sums(self, scope: Scope, values: Sequence[Values]) -> Values:
        """Sum each variable over matching positions: (variables, sequences, length)."""
        stacked = np.stack(values)
        found = np.zeros(stacked.shape, dtype=np.int32)
        self._made(loops.sums)(*self._read, SIDES[scope], stacked, found)
        return found

    @cached_property
    def _read(self) -> tuple[Any, ...]:
        query, key = self._query.view(np.uint32), self._key.view(np.uint32)
        return query, key, self._sample.real, np.ascontiguousarray(self._predicate)


class LoopKernels(Kernels):
    """Kernels by loops; large tables are left to numpy.

    Args:
        made: Returns what runs a loop; by default it is compiled.
    """

    def __init__(self, made: Maker | None = None) -> None:
        self._made = made or _compiled
        self._scratch = np.zeros(1 << 16, dtype=np.int64)

    def _zeros(self, cells: int) -> Ids:
        # Cells that are zero, and that loops leave so.
        if cells > len(self._scratch):
            self._scratch = np.zeros(2 * cells, dtype=np.int64)
        return self._scratch

    def row(self, at: Targets, values: Values) -> Rows:
        """Return the values at the positions that have a label."""
        if at.everywhere:
            return _flat(values)
        found = np.empty(len(at), dtype=np.uint32)
        self._made(loops.gather)(_flat(values), at.where.view(np.uint64), found)
        return found

    def tally(self, at: Targets, first: Rows, size: int, others: Others) -> Ids:
        """Compute what the joint values of a variable and others tell of labels."""
        if size * max(others.sizes) * at.count > SCRATCH:
            return super().tally(at, first, size, others)
        chosen = np.arange(len(others.sizes))
        return self._tally(at, first, size, others, chosen, weights(len(at)))[:, :2]

    def right(
        self, at: Targets, first: Rows, size: int, others: Others, chosen: Ids
    ) -> Ids:
        """Count the positions with the most frequent label of their joint value."""
        if size * int(others.steps[chosen].max()) * at.count > SCRATCH:
            return super().right(at, first, size, others, chosen)
        return self._tally(at, first, size, others, chosen, _NO_WEIGHTS)[:, 2]

    def _tally(
        self,
        at: Targets,
        first: Rows,
        size: int,
        others: Others,
        chosen: Ids,
        table: Ids,
    ) -> Ids:
        most = int(others.steps[chosen].max())
        scratch = self._zeros(size * most * at.count)
        found = np.empty((len(chosen), 3), dtype=np.int64)
        counted = others.rows, others.steps, chosen, at.narrow, at.count
        self._made(loops.tally)(first, size, *counted, table, scratch, found)
        return found

    def spread(self, joint: Joint, shape: tuple[int, int]) -> Ids:
        """Count the sequences in which each joint value occurs: (values,)."""
        loop = self._made(loops.spread)
        found = np.zeros(joint.size, dtype=np.int64)
        scratch = self._zeros(joint.size)
        loop(*_read(joint), shape[1], found, scratch)
        return found

    def heads(
        self, sample: Sample, query: Values, key: Values, predicate: Mask
    ) -> Heads:
        """Return the heads of a query, a key and a predicate."""
        return LoopHeads(sample, query, key, predicate, self._made)

    def line_gains(self, cells: Ids, weights: Ids) -> tuple[Ids, int, int]:
        """Compute what queries and keys tell about hit or miss, in parts of a bit."""
        loop = self._made(loops.line_gains)
        _, queries, keys = cells.shape
        gains = np.empty((2, queries + keys - 1), dtype=np.int64)
        told, occupied = loop(cells.ravel(), queries, keys, weights, gains)
        return gains, told, occupied

    def hits(
        self,
        asked: Values,
        seen: Values,
        sizes: tuple[int, int],
        blocks: Callable[[], Sequence[tuple[Ids, Ids, Ids]]],
        looked: tuple[Values, Values, Mask],
        scope: Scope,
    ) -> Ids:
        """Count, for queries and keys, misses and hits: (2, queries, keys)."""
        cells = np.zeros((2, *sizes), dtype=np.int64)
        pair = asked.view(np.uint32), seen.view(np.uint32)
        loop = self._made(loops.hits)
        loop(*pair, *looked, SIDES[scope], sizes[1], cells.ravel())
        return cells

    def look_up(self, entries: Ids, inputs: Sequence[Values], real: Mask) -> Values:
        """Look variables up in a table of one axis each, 0 where padded."""
        if len(inputs) > 2:
            return super().look_up(entries, inputs, real)
        first, second = _flat(inputs[0]), _flat(inputs[-1])
        other = entries.shape[1] if len(inputs) == 2 else 0
        found = np.empty(real.shape, dtype=np.int32)
        loop = self._made(loops.look_up)
        table = np.ascontiguousarray(entries, dtype=np.int64).ravel()
        loop(table, first, second, other, real.ravel(), found.ravel())
        return found

    def is_constant(self, values: Values, real: Mask) -> bool:
        """Check whether all values that are not padding are the same."""
        loop = self._made(loops.is_constant)
        return bool(loop(values.ravel(), real.ravel()))

    def best_pair(self, joint: Joint, right: Mask) -> tuple[int, int, int, Ids]:
        """Find the two sources of which the better one is right most often."""
        loop = self._made(loops.best_pair)
        hits = np.zeros((joint.size, right.shape[1]), dtype=np.int32)
        best, a, b = loop(*_read(joint), right.view(np.uint8), hits)
        return best, a, b, hits[:, [a, b]].astype(np.int64)


@cache
def _compiled(loop: Loop) -> Loop:
    # On first use, or read from the disk.
    import numba

    signature = f"({', '.join(_ARGUMENTS[loop])})"
    try:
        made: Loop = numba.njit(signature, cache=True)(loop)
    except RuntimeError:  # no folder can be written
        made = numba.njit(signature)(loop)
    return made
