"""Weights that give every row its label, if a sum of features can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.lbfgs import Floats, minimise_loss

Ids = NDArray[np.int64]

_WORKING = 1500
"""Rows that join those that are fitted at once."""

_ROUNDS = 25
_STEPS = 500
_PATIENCE = 80
"""Steps in which the loss must fall by a tenth."""

_ENOUGH = 0.75
"""A row that misses a lead of 1 by less has its label."""


def separate(
    features: NDArray[np.float32],
    labels: Ids,
    start: Floats,
    tick: Callable[[int], None],
) -> Floats | None:
    """Find weights under which the label of every row has the largest score.

    Args:
        features: (rows, features).
        labels: (rows,) the wanted label ids.
        start: (features, labels) weights to begin with.
        tick: told how many products were computed.

    Returns:
        (features, labels) weights; None if none were found, or none exist.
    """
    weights = start
    working = np.zeros(len(labels), dtype=np.bool_)
    for _ in range(_ROUNDS):
        tick(features.size * start.shape[1])
        lead = _leads(features @ weights.astype(np.float32), labels)
        wrong = np.flatnonzero((lead <= 1e-3) & ~working)
        if not len(wrong):
            return weights
        order = np.argsort(lead[wrong], kind="stable")
        working[wrong[order[:: max(1, len(wrong) // _WORKING)]]] = True
        found = _fit(
            features[working].astype(np.float64), labels[working], weights, tick
        )
        if found is None:
            return None
        weights = found
    return None


def _leads(scores: NDArray[np.float32], labels: Ids) -> NDArray[np.float32]:
    """By how much the score of a row's label is larger than the others."""
    rows = np.arange(len(labels))
    own = scores[rows, labels]
    scores[rows, labels] = -np.inf
    lead: NDArray[np.float32] = own - scores.max(axis=1)
    return lead


def _fit(
    features: Floats, labels: Ids, start: Floats, tick: Callable[[int], None]
) -> Floats | None:
    # The squared hinge, minimised until every row leads by a quarter.
    rows = np.arange(len(labels))
    worst = 0.0  # by how much the worst row misses a lead of 1
    values: list[float] = []

    def loss(weights: Floats) -> tuple[float, Floats]:
        nonlocal worst
        scores = features @ weights  # (rows, labels)
        misses = scores - scores[rows, labels][:, None] + 1
        misses[rows, labels] = 0
        np.maximum(misses, 0, out=misses)
        value, worst = float((misses * misses).sum()), float(misses.max())
        misses[rows, labels] = -misses.sum(axis=1)
        return value, 2 * features.T @ misses

    def ended(value: float, gradient: Floats) -> bool:
        tick(2 * features.size * start.shape[1])
        values.append(value)
        stuck = len(values) > 1 and value >= values[-2]
        slow = len(values) > _PATIENCE and value > 0.9 * values[-1 - _PATIENCE]
        return worst < _ENOUGH or stuck or slow

    weights = minimise_loss(loss, start, ended, _STEPS)
    return weights if worst < _ENOUGH else None
