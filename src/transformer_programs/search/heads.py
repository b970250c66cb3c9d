"""Heads on a sample, in numpy: which positions match, the nearest one, and sums."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from transformer_programs.language import Scope
from transformer_programs.search import loops
from transformer_programs.search.sample import Ids, Mask, Sample, Values

SIDES = {
    Scope.ALL: loops.EARLIER + loops.OWN + loops.LATER,
    Scope.BEFORE: loops.EARLIER,
    Scope.AFTER: loops.LATER,
    Scope.CAUSAL: loops.EARLIER + loops.OWN,
}


class Heads:
    """Heads of a query, a key and a predicate, in numpy.

    Args:
        sample: Sequences that they are computed on.
        query: (sequences, length) ids.
        key: (sequences, length) ids.
        predicate: (queries, keys) which match.
    """

    def __init__(
        self, sample: Sample, query: Values, key: Values, predicate: Mask
    ) -> None:
        self._sample, self._query, self._key = sample, query, key
        self._predicate = predicate

    def nearest(self, scope: Scope) -> Ids:
        """Return the nearest matching position, 0 without one.

        Returns:
            (sequences, length) flat positions.
        """
        sequences, length = self._sample.shape
        found = self._nearest_alike(scope) if self._alike else self._nearest(scope)
        found += length * np.arange(sequences)[:, None]
        return found

    def sums(self, scope: Scope, values: Sequence[Values]) -> Values:
        """Sum each variable over matching positions: (variables, sequences, length)."""
        if self._alike:
            return self._sums_alike(scope, np.stack(values))
        # All values at once: (sequences, i, j) @ (sequences, j, values), exactly.
        pairs = (self._pairs & self._sample.visible[scope]).astype(np.float32)
        stacked = np.stack(values, axis=-1).astype(np.float32)
        sums = np.rint(pairs @ stacked).astype(np.int32)
        return np.ascontiguousarray(np.moveaxis(sums, -1, 0))

    def _nearest(self, scope: Scope) -> Ids:
        pairs = self._pairs & self._sample.visible[scope]
        far = np.int16(np.iinfo(np.int16).max)
        # The nearest match has the least rank; without one all ranks are equal.
        ranks = np.where(pairs, self._sample.nearness, far)
        found: Ids = ranks.argmin(axis=-1)  # the first position if nothing matches
        return found

    @cached_property
    def _pairs(self) -> Mask:
        # Whether the key at j matches the query at i, from one look-up in the flattened
        # predicate: (sequences, i, j).
        rows = self._query[:, :, None] * self._predicate.shape[1]
        pairs: Mask = self._predicate.ravel().take(rows + self._key[:, None, :])
        return pairs

    @cached_property
    def _alike(self) -> bool:
        # Whether all positions ask the same, as with the query ``ones``.
        return bool((self._query == self._sample.real).all())

    @cached_property
    def _matching(self) -> Mask:
        # (sequences, j) whether j matches all of them.
        matching: Mask = self._predicate[1].take(self._key) & self._sample.real
        return matching

    def _nearest_alike(self, scope: Scope) -> Ids:
        sides, matching = SIDES[scope], self._matching
        length = matching.shape[1]
        i = np.arange(length)
        own = np.where(matching & bool(sides & loops.OWN), i, 0)
        # The nearest match on each side; -length, 2 * length without one.
        left, right = np.full((2, *matching.shape), [[[-length]], [[2 * length]]])
        if sides & loops.EARLIER:
            at = np.where(matching, i, -length)
            left[:, 1:] = np.maximum.accumulate(at, axis=1)[:, :-1]
        if sides & loops.LATER:
            at = np.where(matching, i, 2 * length)[:, ::-1]
            right[:, :-1] = np.minimum.accumulate(at, axis=1)[:, ::-1][:, 1:]
        nearest = np.where(i - left <= right - i, left, right)
        found = np.where((nearest < 0) | (nearest >= length), own, nearest)
        found[~self._sample.real] = 0
        return found

    def _sums_alike(self, scope: Scope, values: Values) -> Values:
        sides = SIDES[scope]
        numbers = values * self._matching  # (variables, sequences, length)
        until = numbers.cumsum(axis=-1, dtype=np.int32)
        found = np.zeros_like(numbers)
        if sides & loops.EARLIER:
            found += until - numbers
        if sides & loops.OWN:
            found += numbers
        if sides & loops.LATER:
            found += until[:, :, -1:] - until
        found *= self._sample.real
        return found
