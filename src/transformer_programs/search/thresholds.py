"""Small integer weights whose sum separates two labels."""

from __future__ import annotations

import numpy as np

from transformer_programs.search.sample import Ids, Mask
from transformer_programs.system import Work, fit_weights

LARGEST = 24
"""The largest weight that is tried."""

PENALTY = 1e-3
"""Cost of a squared weight: so little that the widest margin between labels decides."""

MOST_WRONG = 0.02
"""The part of the labels that real weights may give wrong to be worth rounding."""

_REPAIRS = 12  # the most single weights that are changed by one after rounding


def separating(counts: Ids, up: Mask, work: Work) -> Ids | None:
    """Return integer weights whose sum is larger, or smaller, wherever ``up`` holds.

    Args:
        counts: (examples, weights) what is weighed.
        up: (examples,) which of two labels each of them has.
        work: Budget.
    """
    features = np.column_stack([counts, np.ones(len(counts))])
    labels = up.astype(np.int64)
    fitted = fit_weights(features, labels, 2, PENALTY, work=work)
    real = fitted[:, 1] - fitted[:, 0]  # (weights and constant,)
    wrong = ((features @ real > 0) != up).mean()
    slopes = real[:-1]
    largest = np.abs(slopes).max(initial=0.0)
    if wrong > MOST_WRONG or wrong >= min(up.mean(), 1 - up.mean()) or not largest:
        return None
    for scale in range(1, LARGEST + 1):
        whole = np.rint(slopes / largest * scale).astype(np.int64)
        work.spend(counts.size * 2)
        found = _repaired(counts, whole, up, work)
        if found is not None:
            return found
    return None


def _repaired(counts: Ids, weights: Ids, up: Mask, work: Work) -> Ids | None:
    # Change single weights by one while fewer examples are on the wrong side.
    sums = counts @ weights
    wrong = _errors(sums, up)
    for _ in range(_REPAIRS):
        if not wrong:
            return weights
        if wrong > MOST_WRONG * len(up):
            return None
        work.spend(4 * counts.size * 20)
        moves = [
            (_errors(sums + sign * counts[:, index], up), index, sign)
            for index in range(len(weights))
            for sign in (1, -1)
        ]
        fewer, index, sign = min(moves)
        if fewer >= wrong:
            return None
        wrong, weights = fewer, weights.copy()
        weights[index] += sign
        sums = counts @ weights
    return None


def _errors(sums: Ids, up: Mask) -> int:
    # Examples on the wrong side of the best threshold that ``up`` lies above.
    low = int(sums.min())
    size = int(sums.max()) - low + 1
    above = np.bincount(sums[up] - low, minlength=size)
    below = np.bincount(sums[~up] - low, minlength=size)
    # Up to each value: those that should be above it, and those beyond that should not.
    missed = np.concatenate([[0], np.cumsum(above)])
    beyond = below.sum() - np.concatenate([[0], np.cumsum(below)])
    return int((missed + beyond).min())
