"""Probabilities of classes from the integer scores of a program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

Floats = NDArray[np.float64]

RANGE = 1e4
"""How many times larger or smaller than the spread of scores a temperature may be."""


def probabilities(scores: NDArray[np.int64], temperature: float) -> Floats:
    """Return softmax(scores / temperature) along the last axis."""
    found: Floats = softmax(scores / temperature, axis=-1)
    return found


def fitted_temperature(
    scores: NDArray[np.int64], wanted: Sequence[int], weights: Floats
) -> float:
    """Return the temperature of the smallest log loss.

    By the rule of succession every class counts as seen once more in all: a program
    that is right on all of few examples is not certain.

    Args:
        scores: (examples, classes).
        wanted: (examples,) the class of each.
        weights: (examples,) how much each counts, about 1.
    """
    count, classes = scores.shape
    spread = float((scores - scores.mean(axis=1, keepdims=True)).std()) if count else 0
    if spread == 0:
        return 1.0  # scores that say nothing
    total = float(weights.sum())
    aims = np.full(scores.shape, 1 / (total + classes))  # (examples, classes)
    aims[np.arange(count), list(wanted)] += total / (total + classes)
    aims *= weights[:, None]

    def loss(log_temperature: float) -> float:
        logs = log_softmax(scores / (spread * np.exp(log_temperature)), axis=1)
        return -float(np.vdot(aims, logs)) / total

    limit = np.log(RANGE)
    # Convex in the inverse of the temperature, so there is one minimum.
    found = minimize_scalar(loss, bounds=(-limit, limit), method="bounded")
    return float(f"{spread * np.exp(found.x):.6g}")
