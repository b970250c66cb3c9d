"""Multinomial logistic regression, by limited-memory BFGS: deterministic, in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MEMORY = 8
"""Steps whose curvature is remembered."""

_TOLERANCE = 1e-4
"""The largest entry of the gradient, per example, at which the fit ends."""


def fit_weights(
    features: Floats,
    labels: NDArray[np.int64],
    label_count: int,
    penalty: float,
    start: Floats | None = None,
    most_steps: int = 200,
) -> Floats:
    """Weights that minimise the log-loss plus ``penalty / 2`` times their squares.

    Args:
        features: (examples, features).
        labels: (examples,) ids below ``label_count``.
        label_count: how many labels there are.
        penalty: what a squared weight costs, in nats.
        start: where to begin, by default at zero.
        most_steps: of the minimisation.

    Returns:
        (features, labels)
    """
    wanted = np.eye(label_count)[labels]
    weights = np.zeros((features.shape[1], label_count)) if start is None else start

    def loss(point: Floats) -> tuple[float, Floats]:
        scores = features @ point
        log_odds = scores - log_total(scores)
        value = -float((log_odds * wanted).sum()) + penalty / 2 * float(
            (point**2).sum()
        )
        gradient: Floats = features.T @ (np.exp(log_odds) - wanted) + penalty * point
        return value, gradient

    return _minimise(loss, weights, _TOLERANCE * len(labels), most_steps)


def log_total(scores: Floats) -> Floats:
    """The logarithm of the summed exponentials of every row, (examples, 1)."""
    largest = scores.max(axis=1, keepdims=True)
    total: Floats = largest + np.log(
        np.exp(scores - largest).sum(axis=1, keepdims=True)
    )
    return total


def log_losses(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    """What every label costs under its scores, in nats; (examples,)."""
    chosen = np.take_along_axis(scores, labels[:, None], axis=1)
    losses: Floats = (log_total(scores) - chosen)[:, 0]
    return losses


def _minimise(
    loss: Callable[[Floats], tuple[float, Floats]],
    point: Floats,
    tolerance: float,
    most_steps: int,
) -> Floats:
    value, gradient = loss(point)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(most_steps):
        if np.abs(gradient).max(initial=0.0) < tolerance:
            break
        direction = _direction(gradient, moves)
        slope = float((gradient * direction).sum())
        length = 1.0
        while True:
            other = point - length * direction
            other_value, other_gradient = loss(other)
            if other_value <= value - 1e-4 * length * slope or length < 1e-8:
                break
            length /= 2
        move, turn = other - point, other_gradient - gradient
        if float((move * turn).sum()) > 1e-12:
            moves = [*moves[1 - _MEMORY :], (move, turn)]
        point, value, gradient = other, other_value, other_gradient
    return point


def _direction(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    """The gradient times an estimate of the inverse curvature (two-loop recursion)."""
    direction, factors = gradient.copy(), []
    for move, turn in reversed(moves):
        factor = float((move * direction).sum() / (move * turn).sum())
        factors.append(factor)
        direction -= factor * turn
    if moves:
        move, turn = moves[-1]
        direction *= float((move * turn).sum() / (turn * turn).sum())
    else:
        direction /= max(1.0, float(np.abs(gradient).sum()))
    for (move, turn), factor in zip(moves, reversed(factors), strict=True):
        back = float((turn * direction).sum() / (move * turn).sum())
        direction += (factor - back) * move
    return direction
