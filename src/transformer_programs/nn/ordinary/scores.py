"""Scores of attention that depend on positions alone, before they are scaled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Scope
from transformer_programs.nn.ordinary.units import Matrix


def nearness_of(scope: Scope, length: int) -> Matrix:
    """Return scores from 1 for the farthest position in scope on; -2 out of scope."""
    here = np.arange(length)
    ahead = here - here[:, None]  # (i, j)
    rank = 2 * np.abs(ahead) + (ahead > 0)
    np.fill_diagonal(rank, 4 * length)
    seen = _seen(scope, length)
    order = np.where(seen, rank, 8 * length).argsort(1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.broadcast_to(here, order.shape), 1)
    found: Matrix = np.where(seen, seen.sum(1, keepdims=True) - places, -2.0)
    return found


def order_of(matching: NDArray[np.bool_], scope: Scope) -> Matrix:
    """Return 0 where a head never looks, 1 for position 0, more for nearer matches."""
    nearness = nearness_of(scope, len(matching))
    found = np.where(matching & (nearness > 0), nearness + 1, 0.0)
    found[:, 0] = np.maximum(found[:, 0], 1)
    return found


def _seen(scope: Scope, length: int) -> NDArray[np.bool_]:
    here = np.arange(length)
    i, j = here[:, None], here
    return {
        Scope.ALL: i * j >= 0,
        Scope.BEFORE: j < i,
        Scope.AFTER: j > i,
        Scope.CAUSAL: j <= i,
    }[scope]


def hidden_from(scope: Scope, length: int, *, causal: bool) -> NDArray[np.bool_]:
    """Return what a head has to ignore, as far as the mask does not hide it anyway."""
    hidden = ~_seen(scope, length)
    return hidden & _seen(Scope.CAUSAL, length) if causal else hidden
