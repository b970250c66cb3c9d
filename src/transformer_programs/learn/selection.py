"""Which hardened model is kept: the most accurate one on validation data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from transformer_programs.tasks.dataset import NO_LABEL

if TYPE_CHECKING:
    from transformer_programs.nn.hardened import HardenedModel
    from transformer_programs.tasks.dataset import Encoded

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
    """

    step: int
    loss: float
    accuracies: tuple[float | None, ...]

    @property
    def best(self) -> float:
        """The largest of the accuracies."""
        return max(found for found in self.accuracies if found is not None)


@torch.no_grad()
def accuracy(model: HardenedModel, data: Encoded) -> float:
    """The part of all labels (of tokens, or of sequences) predicted right; 0..1."""
    device = model.device
    right = total = 0
    for start in range(0, len(data), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        targets = torch.from_numpy(data.targets[rows]).to(device)
        predicted = model(
            torch.from_numpy(data.ids[rows]).to(device),
            torch.from_numpy(data.lengths[rows]).to(device),
        )
        labelled = targets != NO_LABEL
        right += int((predicted == targets)[labelled].sum())
        total += int(labelled.sum())
    return right / max(total, 1)
