"""Limited-memory BFGS with backtracking, for smooth convex losses: deterministic."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MEMORY = 8
"""Steps whose curvature is remembered."""

_SHORTEST = 1e-8
"""The shortest part of a step that is tried."""


def minimise_loss(
    loss: Callable[[Floats], tuple[float, Floats]],
    point: Floats,
    ended: Callable[[float, Floats], bool],
    most_steps: int,
) -> Floats:
    """Return the point at which a loss is smallest, or where ``ended`` says so.

    Args:
        loss: The value and the gradient at a point.
        point: Where to begin.
        ended: Asked before every step, with the value and the gradient.
        most_steps: Steps after which it ends in any case.
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
            moves = [*moves[1 - MEMORY :], (move, turn)]
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
