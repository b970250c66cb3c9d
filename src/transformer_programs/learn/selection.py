"""Model selection: which hardened model is kept, and which restarts are given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from transformer_programs.data import Measure, Quality, Scorer
from transformer_programs.errors import Message, SettingName
from transformer_programs.language import Program
from transformer_programs.nn import HardenedModel
from transformer_programs.settings import TrainSettings

EVALUATION_BATCH = 1024
"""Sequences that a hardened model reads at once."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How accurate the hardened models of all restarts were at one moment.

    For every restart, accuracy is the part of validation labels that its hardened model
    predicts, None where it no longer trains; likewise F1 of entities, where labels are
    BIO tags.
    """

    step: int
    loss: float  # in training, the mean of the restarts that go on
    accuracies: tuple[float | None, ...]
    entity_f1: tuple[float | None, ...] | None = None

    @classmethod
    def of(
        cls, step: int, loss: float, qualities: Sequence[Quality | None]
    ) -> Evaluation:
        """Return that of the restarts' qualities, None where one no longer trains."""
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


def stalled(history: Sequence[Evaluation], patience: int) -> bool:
    """Return whether the score has not risen for so many steps; 0 is for ever."""
    if not patience or not history:
        return False
    best = max(evaluation.best for evaluation in history)
    risen = next(e.step for e in history if e.best == best)
    return history[-1].step - risen >= patience


@dataclass(frozen=True, slots=True)
class Learned:
    """The result of a training."""

    program: Program  # the best hardened model
    validation: Quality  # on validation data
    restart: int  # that it came from
    step: int  # after so many steps
    history: tuple[Evaluation, ...]
    interrupted: bool  # before the end
    failure: str | None = None  # why it could not go on, and what to do
    last: tuple[Program, ...] = ()  # of all restarts, where they are to be combined
    ended_at: int | None = None  # the step after which patience ended it, if it did


@torch.no_grad()
def quality(model: HardenedModel, scorer: Scorer) -> Quality:
    """Return the quality of a model on labelled data."""
    data = scorer.data
    predicted = np.empty_like(data.targets)
    for start in range(0, len(data), EVALUATION_BATCH):
        rows = slice(start, start + EVALUATION_BATCH)
        ids, lengths = data.ids[rows], data.lengths[rows]
        found = model(torch.from_numpy(ids), torch.from_numpy(lengths))
        predicted[rows] = found.numpy()
    return scorer.quality(predicted)


def divergence(diverged: Mapping[int, int]) -> str:
    """Return which restarts diverged at which step, in words."""
    by_step: dict[int, list[int]] = {}
    for restart, step in sorted(diverged.items()):
        by_step.setdefault(step, []).append(restart)
    whole = ", ".join(
        f"{'restart' if len(restarts) == 1 else 'restarts'} "
        f"{', '.join(map(str, restarts))} at step {step}"
        for step, restarts in sorted(by_step.items())
    )
    return f"the loss or a weight is no finite number (NaN or inf) in {whole}"


def advice(settings: TrainSettings) -> Message:
    """Return what to do against divergence."""
    return Message(
        *("lower ", SettingName("learning_rate"), f" (now {settings.learning_rate})"),
        *(" or raise ", SettingName("tau_end"), f" (now {settings.tau_end})"),
    )
