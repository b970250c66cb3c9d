"""Linear classifiers fitted by limited-memory BFGS, deterministically.

Multinomial logistic regression, and a squared hinge loss where labels must be separated
without an error.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from transformer_programs.system.work import Work

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

_MEMORY = 8
"""Steps whose curvature is remembered."""

_SHORTEST = 1e-8
"""The shortest part of a step that is tried."""

_TOLERANCE = 1e-4
"""The largest entry of the gradient, per example, at which a regression ends."""

_WORKING = 1500
"""Rows that join those that are separated at once."""

_ROUNDS = 25
_STEPS = 500
_PATIENCE = 80
"""Steps in which the hinge loss must fall by a tenth."""

_ENOUGH = 0.75
"""A row that misses a lead of 1 by less has its label."""


def fit_weights(
    features: Floats,
    labels: Ids,
    label_count: int,
    penalty: float,
    start: Floats | None = None,
    most_steps: int = 200,
    *,
    work: Work | None = None,
) -> Floats:
    """Fit a multinomial logistic regression with an L2 penalty.

    Args:
        features: (examples, features).
        labels: (examples,) ids below ``label_count``.
        label_count: Number of labels.
        penalty: Cost of half a squared weight, in nats.
        start: (features, labels) weights to begin with; zeros by default.
        most_steps: Steps of L-BFGS, at most.
        work: Budget that the evaluations of the loss are accounted to.

    Returns:
        (features, labels) weights.
    """
    # Labels stand first here: sums over a few labels are fast along the first axis.
    columns = np.ascontiguousarray(features.T)  # (features, examples)
    wanted = np.eye(label_count)[:, labels]  # (labels, examples)
    weights = np.zeros((features.shape[1], label_count)) if start is None else start
    account = work or Work()
    work_of_loss = label_count * len(labels) * (12 + features.shape[1] / 8)

    def loss(point: Floats) -> tuple[float, Floats]:
        account.spend(work_of_loss)
        scores = point @ columns  # (labels, examples)
        scores -= scores.max(axis=0)
        odds = np.exp(scores)
        total = odds.sum(axis=0)
        log_total = float(np.log(total).sum())
        value = log_total - float(np.vdot(scores, wanted))
        value += penalty / 2 * float(np.vdot(point, point))
        odds /= total
        odds -= wanted
        gradient: Floats = odds @ features + penalty * point  # (labels, features)
        return value, gradient

    def ended(value: float, gradient: Floats) -> bool:
        return bool(np.abs(gradient).max(initial=0.0) < _TOLERANCE * len(labels))

    found = descend(loss, np.ascontiguousarray(weights.T), ended, most_steps)
    return np.ascontiguousarray(found.T)


def log_losses(scores: Floats, labels: Ids) -> Floats:
    """Return the cross-entropy of each label, in nats: (examples,)."""
    largest = scores.max(axis=1)
    total = np.exp(scores - largest[:, None]).sum(axis=1)
    losses: Floats = largest + np.log(total) - scores[np.arange(len(labels)), labels]
    return losses


def whole_weights(weights: Floats, scale: int) -> Ids:
    """Round (rows, labels) weights to multiples of 1 / scale, 0 the least of a row."""
    shifted = weights - weights.min(axis=1, keepdims=True)
    rounded: Ids = np.rint(scale * shifted).astype(np.int64)
    return rounded


def separate(
    features: NDArray[np.float32],
    labels: Ids,
    start: Floats,
    tick: Callable[[int], None],
) -> Floats | None:
    """Find weights under which the label of every row has the largest score.

    The squared hinge loss is minimised on a working set that grows by wrong rows.

    Args:
        features: (rows, features).
        labels: (rows,) the wanted label ids.
        start: (features, labels) weights to begin with.
        tick: Told how many products were computed.

    Returns:
        (features, labels) weights; None if none were found, or none exist.
    """
    weights = start
    rows = np.arange(len(labels))
    working = np.zeros(len(labels), dtype=np.bool_)
    for _ in range(_ROUNDS):
        tick(features.size * start.shape[1])
        scores = features @ weights.astype(np.float32)  # (rows, labels)
        own = scores[rows, labels]
        scores[rows, labels] = -np.inf
        lead = own - scores.max(axis=1)
        wrong = np.flatnonzero((lead <= 1e-3) & ~working)
        if not len(wrong):
            return weights
        order = np.argsort(lead[wrong], kind="stable")
        working[wrong[order[:: max(1, len(wrong) // _WORKING)]]] = True
        found = _fit_hinge(
            features[working].astype(np.float64), labels[working], weights, tick
        )
        if found is None:
            return None
        weights = found
    return None


def _fit_hinge(
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

    weights = descend(loss, start, ended, _STEPS)
    return weights if worst < _ENOUGH else None


def descend(
    loss: Callable[[Floats], tuple[float, Floats]],
    point: Floats,
    ended: Callable[[float, Floats], bool],
    most_steps: int,
) -> Floats:
    """Minimise a function by L-BFGS with backtracking.

    Args:
        loss: Returns the value and the gradient at a point.
        point: Where to begin.
        ended: Asked before every step, with the value and the gradient.
        most_steps: Steps, at most.
    """
    value, gradient = loss(point)
    moves: list[tuple[Floats, Floats]] = []  # of points, and of their gradients
    for _ in range(most_steps):
        if ended(value, gradient):
            break
        direction = _direction(gradient, moves)
        slope = float(np.vdot(gradient, direction))
        length = 1.0
        while True:  # halve the step until the loss falls as the slope promises
            other = point - length * direction
            other_value, other_gradient = loss(other)
            enough = value - 1e-4 * length * slope
            if other_value <= enough or length < _SHORTEST:
                break
            length /= 2
        move, turn = other - point, other_gradient - gradient
        if float(np.vdot(move, turn)) > 1e-12:
            moves = [*moves[1 - _MEMORY :], (move, turn)]
        point, value, gradient = other, other_value, other_gradient
    return point


def _direction(gradient: Floats, moves: list[tuple[Floats, Floats]]) -> Floats:
    # The gradient times an estimate of the inverse curvature: two-loop recursion.
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
