"""Weights that give every row its label, if a sum of features can."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

_WORKING = 1500
"""Rows that join those that are fitted at once."""

_ROUNDS = 25
_STEPS = 500
_MEMORY = 12
_PATIENCE = 80
"""Steps in which the loss must fall by a tenth."""


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


def _loss(
    features: Floats, labels: Ids, weights: Floats
) -> tuple[float, Floats, float]:
    """Squared hinge, its gradient, and by how much the worst row misses a lead of 1."""
    rows = np.arange(len(labels))
    scores = features @ weights
    misses = scores - scores[rows, labels][:, None] + 1
    misses[rows, labels] = 0
    np.maximum(misses, 0, out=misses)
    loss = float((misses * misses).sum())
    worst = float(misses.max())
    misses[rows, labels] = -misses.sum(axis=1)
    return loss, 2 * features.T @ misses, worst


def _fit(
    features: Floats, labels: Ids, weights: Floats, tick: Callable[[int], None]
) -> Floats | None:
    """L-BFGS on the squared hinge, until every row leads by a quarter."""
    loss, gradient, worst = _loss(features, labels, weights)
    memory: list[tuple[Floats, Floats, float]] = []
    losses = [loss]
    for _ in range(_STEPS):
        if worst < 0.75:
            return weights
        tick(2 * features.size * weights.shape[1])
        if len(losses) > _PATIENCE and loss > 0.9 * losses[-_PATIENCE]:
            return None
        direction = _direction(gradient, memory)
        slope = float((gradient * direction).sum())
        size = 1.0 if memory else 1 / max(float(np.abs(gradient).sum()), 1e-12)
        for _ in range(30):
            moved = weights + size * direction
            new_loss, new_gradient, worst = _loss(features, labels, moved)
            if new_loss <= loss + 1e-4 * size * slope:
                break
            size *= 0.5
        else:
            return None
        step, change = moved - weights, new_gradient - gradient
        curvature = float((step * change).sum())
        if curvature > 1e-12:
            memory = [*memory[-_MEMORY + 1 :], (step, change, curvature)]
        weights, loss, gradient = moved, new_loss, new_gradient
        losses.append(loss)
    return None


def _direction(gradient: Floats, memory: list[tuple[Floats, Floats, float]]) -> Floats:
    """The two loops of L-BFGS."""
    direction = -gradient
    shares = []
    for step, change, curvature in reversed(memory):
        share = float((step * direction).sum()) / curvature
        shares.append(share)
        direction = direction - share * change
    if memory:
        _, change, curvature = memory[-1]
        direction = direction * (curvature / float((change * change).sum()))
    for (step, change, curvature), share in zip(memory, reversed(shares), strict=True):
        direction = direction + step * (
            share - float((change * direction).sum()) / curvature
        )
    return direction
