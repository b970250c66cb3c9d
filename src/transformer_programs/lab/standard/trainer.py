"""Training a standard Transformer; the best on validation data is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch.nn import functional

from transformer_programs.data import NO_LABEL, Accuracy, evaluate
from transformer_programs.errors import SettingName, SettingsError, TrainingError
from transformer_programs.lab.standard.model import StandardTransformer
from transformer_programs.learn import cpu_threads, deferred_interruption
from transformer_programs.nn import check_standard_fits

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from transformer_programs.data import Dataset, Examples, Quality, TagFormat
    from transformer_programs.lab.standard.settings import StandardSettings

WARM_UP = 0.05
"""The share of the steps in which the step size rises."""

LARGEST_GRADIENT = 1.0
"""Longer gradients are cut to this length."""


@dataclass(frozen=True, slots=True)
class StandardEvaluation:
    """How good the model was at one moment.

    Attributes:
        step: gradient steps taken.
        loss: the training loss of the last step.
        accuracy: the share of validation labels that are right; 0..1.
        entity_f1: F1 of entities on validation data, where labels are BIO tags.
    """

    step: int
    loss: float
    accuracy: float
    entity_f1: float | None = None


@dataclass(frozen=True, slots=True)
class StandardProgress:
    """Where training is.

    Attributes:
        step: gradient steps taken.
        steps: gradient steps in all.
        loss: the training loss of the last step.
        best: how right the best model so far is on validation data, None before the
            first evaluation.
        evaluation: the evaluation that was just made, if any.
    """

    step: int
    steps: int
    loss: float
    best: Quality | None
    evaluation: StandardEvaluation | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """What training found.

    Attributes:
        model: the best model.
        step: after how many steps it was there.
        history: every evaluation.
        interrupted: whether training was stopped before its last step.
    """

    model: StandardTransformer
    step: int
    history: tuple[StandardEvaluation, ...]
    interrupted: bool


def fit(
    dataset: Dataset,
    settings: StandardSettings,
    on_progress: Callable[[StandardProgress], None] | None = None,
) -> Fitted:
    """Train a standard Transformer, for at least one step.

    Args:
        dataset: what is learned from (train) and selected on (validation).
        settings: the model's size, and how it is trained.
        on_progress: called after every step.

    Returns:
        The best model on validation data, the latest of equals. After Ctrl-C,
        or a KeyboardInterrupt of ``on_progress``, the best until then.

    Raises:
        SettingsError: if the device is not there.
        TrainingError: if the loss is not a finite number.
        KeyboardInterrupt: at a second Ctrl-C.
    """
    device = _device(settings.device)
    names = ("layers", "heads", "width", "feed_forward", "batch_size")
    sizes = {name: getattr(settings, name) for name in names}
    check_standard_fits(dataset, sizes, settings.device)
    with (  # weights, order and dropout are drawn from the generator of torch itself
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        cpu_threads(settings.threads),
        deferred_interruption() as interruption,
    ):
        torch.manual_seed(settings.seed)
        trainer = _Trainer(dataset, settings, device)
        while trainer.step < settings.steps:
            trainer.take_step()
            evaluation = trainer.evaluate() if trainer.due() else None
            if on_progress is not None:
                progress = StandardProgress(
                    trainer.step,
                    settings.steps,
                    trainer.loss,
                    trainer.best_quality,
                    evaluation,
                )
                try:
                    on_progress(progress)
                except KeyboardInterrupt:
                    interruption.requested = True
            if interruption.requested:
                break
        interrupted = trainer.step < settings.steps
        if interrupted and not trainer.due():
            trainer.evaluate()
    return trainer.fitted(interrupted)


def accuracy(
    model: StandardTransformer,
    examples: Examples,
    tags: TagFormat | Literal["find"] | None = "find",
) -> Accuracy:
    """How often the model is right; measured as programs are.

    Args:
        model: what predicts.
        examples: sequences and their targets.
        tags: as for ``evaluate``.

    Raises:
        InputError: for a sequence that the model does not accept.
    """
    labels = dict(zip(examples.sequences, model.batch(examples.sequences), strict=True))
    return evaluate(lambda tokens: labels[tuple(tokens)], examples, tags)


class _Trainer:
    """The state of training."""

    def __init__(
        self, dataset: Dataset, settings: StandardSettings, device: torch.device
    ) -> None:
        self.settings, self.validation = settings, dataset.validation
        self.tags = dataset.tags
        form, labels = dataset.input, dataset.labels
        model = StandardTransformer(settings, form, labels, dataset.tagging)
        self.model = model.to(device)
        rate = settings.learning_rate
        self.optimizer = torch.optim.AdamW(model.parameters(), rate, fused=True)
        train = dataset.encode(dataset.train)
        self.ids = torch.from_numpy(train.ids).to(device)
        self.lengths = torch.from_numpy(train.lengths).to(device)
        self.targets = torch.from_numpy(train.targets).to(device)
        self.order = torch.empty(0, dtype=torch.int64)
        self.step, self.loss = 0, math.nan
        self.history: list[StandardEvaluation] = []
        self.best_quality: Quality | None = None
        self.best_step = 0
        self.best: dict[str, Tensor] = {}

    def due(self) -> bool:
        """Whether the model is evaluated after this step."""
        steps = self.settings.steps
        count = min(self.settings.evaluations, steps)
        return self.step * count // steps > (self.step - 1) * count // steps

    def take_step(self) -> None:
        rows = self._next_rows().to(self.ids.device)
        lengths = self.lengths[rows]
        width = int(lengths.max())
        targets = self.targets[rows]
        if targets.dim() == 2:
            targets = targets[:, :width]
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = _learning_rate(self.step, self.settings)
        loss = _loss(self.model(self.ids[rows, :width], lengths), targets)
        self.loss = float(loss.detach())
        if not math.isfinite(self.loss):
            raise self._diverged(f"the loss is {self.loss}")
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), LARGEST_GRADIENT)
        self.optimizer.step()
        self.step += 1

    def evaluate(self) -> StandardEvaluation:
        """Measure the model, and keep it if none before was better."""
        if not all(p.isfinite().all() for p in self.model.parameters()):
            raise self._diverged("a weight is not a finite number")
        found = accuracy(self.model, self.validation, self.tags).quality
        evaluation = StandardEvaluation(
            self.step, self.loss, found.accuracy, found.entity_f1
        )
        self.history.append(evaluation)
        if self.best_quality is None or found.score >= self.best_quality.score:
            self.best_quality, self.best_step = found, self.step
            state = self.model.state_dict()
            self.best = {name: tensor.clone() for name, tensor in state.items()}
        return evaluation

    def fitted(self, interrupted: bool) -> Fitted:
        self.model.load_state_dict(self.best)
        model = self.model.to("cpu").eval()
        return Fitted(model, self.best_step, tuple(self.history), interrupted)

    def _diverged(self, what: str) -> TrainingError:
        return TrainingError(
            f"training failed at step {self.step}: {what}; lower ",
            SettingName("learning_rate"),
            f" (now {self.settings.learning_rate})",
        )

    def _next_rows(self) -> Tensor:
        """The next minibatch of a shuffled pass over the training data."""
        size = min(self.settings.batch_size, len(self.ids))
        if len(self.order) < size:
            self.order = torch.randperm(len(self.ids))
        rows, self.order = self.order[:size], self.order[size:]
        return rows


def _learning_rate(step: int, settings: StandardSettings) -> float:
    """The step size of a step, 0-based: it rises, then falls linearly."""
    rising = max(1.0, WARM_UP * settings.steps)
    left = (settings.steps - step) / settings.steps
    return settings.learning_rate * min((step + 1) / rising, left)


def _loss(scores: Tensor, targets: Tensor) -> Tensor:
    """The cross-entropy, averaged over the labels that are asked for."""
    total = functional.cross_entropy(
        scores.flatten(0, -2), targets.flatten(), ignore_index=NO_LABEL, reduction="sum"
    )
    return total / (targets != NO_LABEL).sum().clamp(min=1)


def _device(name: str) -> torch.device:
    """The device with this name.

    Raises:
        SettingsError: if nothing can be computed there.
    """
    try:
        return torch.empty(0, device=name).device
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"cannot train on device {name!r}: {reason}; cpu is always there"
        ) from error
