"""Which hardened model is kept: the one with the best score on validation data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from transformer_programs.data import Measure, Quality

if TYPE_CHECKING:
    from transformer_programs.data import Scorer
    from transformer_programs.nn import HardenedModel

EVALUATION_BATCH = 1024
"""Sequences that a hardened model reads at once."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How accurate the hardened models of all restarts were at one moment.

    Attributes:
        step: gradient steps taken.
        loss: the mean training loss of the restarts that still train, in the last
            step.
        accuracies: for every restart, the part of validation labels that its
            hardened model predicts; None where it no longer trains.
        entity_f1: likewise F1 of entities, where labels are BIO tags.
    """

    step: int
    loss: float
    accuracies: tuple[float | None, ...]
    entity_f1: tuple[float | None, ...] | None = None

    @classmethod
    def of(
        cls, step: int, loss: float, qualities: Sequence[Quality | None]
    ) -> Evaluation:
        """Of what was measured for every restart, None where it no longer trains."""
        there = [quality for quality in qualities if quality is not None]
        accuracies = tuple(None if q is None else q.accuracy for q in qualities)
        if there[0].measure is Measure.ACCURACY:
            return cls(step, loss, accuracies)
        entity_f1 = tuple(None if q is None else q.entity_f1 for q in qualities)
        return cls(step, loss, accuracies, entity_f1)

    @property
    def scores(self) -> tuple[float | None, ...]:
        """What restarts are compared by: entity F1 if there is one, else accuracy."""
        return self.accuracies if self.entity_f1 is None else self.entity_f1

    @property
    def best(self) -> float:
        """The largest of the scores."""
        return max(found for found in self.scores if found is not None)


@torch.no_grad()
def quality(model: HardenedModel, yardstick: Scorer) -> Quality:
    """How right a model is on labelled data."""
    device, data = model.device, yardstick.data
    predicted = np.empty_like(data.targets)
    for start in range(0, len(data), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        found = model(
            torch.from_numpy(data.ids[rows]).to(device),
            torch.from_numpy(data.lengths[rows]).to(device),
        )
        predicted[rows] = found.cpu().numpy()
    return yardstick.quality(predicted)
