"""Schedules of temperature, noise, learning rate, evaluations and halvings."""

from __future__ import annotations

import math

from transformer_programs.nn import Heat
from transformer_programs.settings import TrainSettings

COLD = 1e-6
"""A temperature at which, without noise, every choice is the hardened one."""


def search_steps(settings: TrainSettings) -> int:
    """Return how many steps train the choices; the last tenth trains the readout alone.

    Until then the readout answers to noisy samples. With all choices made final it
    has only the hardened model to fit, which is worth about one point of accuracy.
    """
    return settings.steps - settings.steps // 10


def settled_after(settings: TrainSettings, layer: int, layers: int) -> int:
    """Return after how many steps the choices of a layer, 0-based, are final.

    Those of the last layer are when the readout is left alone, those of the others
    earlier, so that what reads them learns from what they will write.
    """
    steps = search_steps(settings)
    after = (layers - 1 - layer) / max(layers - 1, 1)
    return max(steps - int(steps * settings.settle * after), 1)


def heat(step: int, settings: TrainSettings, layer: int, layers: int) -> Heat:
    """Return how random the choices of a layer are at a step; both 0-based.

    The temperature falls geometrically (paper, section 3.5), until they are final.
    """
    steps = settled_after(settings, layer, layers)
    if step >= steps:
        return Heat(COLD, 0.0)
    progress = step / max(steps - 1, 1)
    ratio = settings.tau_end / settings.tau_start
    tau = settings.tau_start * math.pow(ratio, progress)
    return Heat(tau, 1 - progress if settings.settle else 1.0)


def learning_rate(step: int, settings: TrainSettings) -> float:
    """Return the learning rate of a step.

    Constant while choices are trained, then falling linearly to nearly 0; with
    annealing falling all the time, along half a cosine.
    """
    if settings.annealing:
        share = 0.5 + 0.5 * math.cos(math.pi * step / settings.steps)
        return settings.learning_rate * share
    last = settings.steps - search_steps(settings)
    left = settings.steps - step
    return settings.learning_rate * min(1.0, left / max(last, 1))


def evaluation_steps(settings: TrainSettings) -> frozenset[int]:
    """Return after how many steps hardened models are evaluated; the last is one."""
    steps, count = settings.steps, min(settings.evaluations, settings.steps)
    regular = {-(-steps * index // count) for index in range(1, count + 1)}
    return halving_steps(settings) | regular


def halving_steps(settings: TrainSettings) -> frozenset[int]:
    """Return after how many steps half of the restarts are given up.

    By then the accuracy of the hardened models says which of them come to something.
    """
    count = min(settings.halvings, settings.steps)
    steps = (settings.steps * index // (2 * count) for index in range(1, count + 1))
    return frozenset(step for step in steps if step)
