"""Multinomial logistic regression: deterministic, in numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.lbfgs import Floats, minimise_loss
from transformer_programs.system import Work

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

    def ended(value: float, gradient: Floats) -> bool:
        return bool(np.abs(gradient).max(initial=0.0) < _TOLERANCE * len(labels))

    found = minimise_loss(loss, np.ascontiguousarray(weights.T), ended, most_steps)
    return np.ascontiguousarray(found.T)


def log_losses(scores: Floats, labels: NDArray[np.int64]) -> Floats:
    """What every label costs under its scores, in nats; (examples,)."""
    largest = scores.max(axis=1)
    total = np.exp(scores - largest[:, None]).sum(axis=1)
    losses: Floats = largest + np.log(total) - scores[np.arange(len(labels)), labels]
    return losses
