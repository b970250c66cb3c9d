"""Multinomial logistic regression, by limited-memory BFGS: deterministic, in numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transformer_programs.system import Work

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
    *,
    work: Work | None = None,
) -> Floats:
    """Weights that minimise the log-loss plus ``penalty / 2`` times their squares.

    Args:
        features: (examples, features).
        labels: (examples,) ids below ``label_count``.
        label_count: how many labels there are.
        penalty: what a squared weight costs, in nats.
        start: where to begin, by default at zero.
        most_steps: of the minimisation.
        work: what every evaluation of the loss is accounted to, if it is.

    Returns:
        (features, labels)
    """
    # Labels stand first here: sums over a few labels are fast along the first axis.
    columns = np.ascontiguousarray(features.T)  # (features, examples)
    wanted = np.eye(label_count)[:, labels]  # (labels, examples)
    weights = np.zeros((features.shape[1], label_count)) if start is None else start
    account = work or Work()
    work_of_loss = label_count * len(labels) * (12 + features.shape[1] / 8)

    def loss(point: Floats) -> tuple[float, Floats]:
        account.spend(work_of_loss)
        scores = point @ columns
        scores -= scores.max(axis=0)
        odds = np.exp(scores)
        total = odds.sum(axis=0)
        log_total = float(np.log(total).sum())
        value = log_total - float(np.vdot(scores, wanted))
        value += penalty / 2 * float(np.vdot(point, point))
        odds /= total
        odds -= wanted
        gradient: Floats = odds @ features + penalty * point
        return value, gradient

    start_point = np.ascontiguousarray(weights.T)
    found = _minimise(loss, start_point, _TOLERANCE * len(labels), most_steps)
    return np.ascontiguousarray(found.T)


def log_losses(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    """What every label costs under its scores, in nats; (examples,)."""
    largest = scores.max(axis=1)
    total = np.exp(scores - largest[:, None]).sum(axis=1)
    losses: Floats = largest + np.log(total) - scores[np.arange(len(labels)), labels]
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
        slope = float(np.vdot(gradient, direction))
        length = 1.0
        while True:
            other = point - length * direction
            other_value, other_gradient = loss(other)
            if other_value <= value - 1e-4 * length * slope or length < 1e-8:
                break
            length /= 2
        move, turn = other - point, other_gradient - gradient
        if float(np.vdot(move, turn)) > 1e-12:
            moves = [*moves[1 - _MEMORY :], (move, turn)]
        point, value, gradient = other, other_value, other_gradient
    return point


def _direction(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    """The gradient times an estimate of the inverse curvature (two-loop recursion)."""
    direction, factors = gradient.copy(), []
    for move, turn in reversed(moves):
        factor = float(np.vdot(move, direction) / np.vdot(move, turn))
        factors.append(factor)
        direction -= factor * turn
    if moves:
        move, turn = moves[-1]
        direction *= float(np.vdot(move, turn) / np.vdot(turn, turn))
    else:
        direction /= max(1.0, float(np.abs(gradient).sum()))
    for (move, turn), factor in zip(moves, reversed(factors), strict=True):
        back = float(np.vdot(turn, direction) / np.vdot(move, turn))
        direction += (factor - back) * move
    return direction
