"""Training of a standard Transformer; the best model on validation data is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from transformer_programs.data import NO_LABEL, Quality, evaluate_all
from transformer_programs.errors import SettingName, SettingsError, TrainingError
from transformer_programs.lab.baselines.transformer import StandardTransformer
from transformer_programs.learn import cpu_threads, deferred_interruption
from transformer_programs.nn import device_memory
from transformer_programs.system import Sizes, check_fits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from transformer_programs.data import Dataset
    from transformer_programs.lab.baselines.settings import StandardSettings

WARM_UP = 0.05
"""The share of the steps in which the step size rises."""

LARGEST_GRADIENT = 1.0
"""The norm that longer gradients are scaled down to."""

NUMBER = 4
"""Bytes of a float32."""


@dataclass(frozen=True, slots=True)
class StandardProgress:
    """The state of a training after a step."""

    step: int
    steps: int  # in all
    loss: float  # in training, of the last step
    best: Quality | None  # of the best model so far on validation data
    evaluation: Quality | None  # of this model, if it was just evaluated


@dataclass(frozen=True, slots=True)
class TrainedTransformer:
    """The best model and its training."""

    model: StandardTransformer
    step: int  # that it is of
    history: tuple[StandardProgress, ...]  # every evaluation
    interrupted: bool  # before the last step


def fit(
    dataset: Dataset,
    settings: StandardSettings,
    on_progress: Callable[[StandardProgress], None] | None = None,
    vectors: NDArray[np.float32] | None = None,
) -> TrainedTransformer:
    """Train a standard Transformer, for at least one step.

    Args:
        dataset: The data.
        settings: The size of the model, and how it is trained.
        on_progress: Called after every step.
        vectors: (vocabulary, features) what the embeddings of tokens begin with; NaN
            where a token has no vector.

    Returns:
        The best model on validation data, the latest of equals. After Ctrl-C,
        or a KeyboardInterrupt of ``on_progress``, the best until then.

    Raises:
        SettingsError: If the device is not there, or has too little memory.
        TrainingError: If the loss is not a finite number.
        KeyboardInterrupt: At a second Ctrl-C.
    """
    device = _device(settings.device)
    _check_fits(dataset, settings)
    with (  # weights, order and dropout are drawn from the generator of torch itself
        torch.random.fork_rng([device] if device.type == "cuda" else []),
        cpu_threads(settings.threads),
        deferred_interruption() as interruption,
    ):
        torch.manual_seed(settings.seed)
        trainer = _Trainer(dataset, settings, device, vectors)
        while trainer.step < settings.steps:
            trainer.take_step()
            progress = trainer.progress(evaluate=trainer.due())
            if on_progress is not None:
                try:
                    on_progress(progress)
                except KeyboardInterrupt:
                    interruption.requested = True
            if interruption.requested:
                break
        interrupted = trainer.step < settings.steps
        if interrupted and not trainer.due():
            trainer.progress(evaluate=True)
    trainer.model.load_state_dict(trainer.best)
    model, history = trainer.model.to("cpu").eval(), tuple(trainer.history)
    return TrainedTransformer(model, trainer.best_step, history, interrupted)


class _Trainer:
    def __init__(
        self,
        dataset: Dataset,
        settings: StandardSettings,
        device: torch.device,
        vectors: NDArray[np.float32] | None,
    ) -> None:
        self.settings, self.dataset = settings, dataset
        form, labels = dataset.input, dataset.labels
        features = None if vectors is None else vectors.shape[1]
        model = StandardTransformer(settings, form, labels, dataset.tagging, features)
        if vectors is not None:
            model.begin_with(torch.from_numpy(vectors))
        self.model = model.to(device)
        rate = settings.learning_rate
        self.optimizer = torch.optim.AdamW(model.parameters(), rate, fused=True)
        train = dataset.encode(dataset.train)
        self.ids = torch.from_numpy(train.ids).to(device)  # (sequences, N)
        self.lengths = torch.from_numpy(train.lengths).to(device)
        self.targets = torch.from_numpy(train.targets).to(device)
        self.order = torch.empty(0, dtype=torch.int64)
        self.step, self.loss = 0, math.nan
        self.history: list[StandardProgress] = []
        self.found: Quality | None = None
        self.best_step = 0
        self.best: dict[str, Tensor] = {}

    def due(self) -> bool:
        # Whether the model is evaluated after this step.
        steps = self.settings.steps
        count = min(self.settings.evaluations, steps)
        return self.step * count // steps > (self.step - 1) * count // steps

    def take_step(self) -> None:
        rows = self._next_rows().to(self.ids.device)
        lengths = self.lengths[rows]
        width = int(lengths.max())
        targets = self.targets[rows]
        if targets.dim() == 2:
            targets = targets[:, :width]  # (B, N), as the scores are
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

    def progress(self, *, evaluate: bool) -> StandardProgress:
        # Where training is; an evaluated model is kept if none before was better.
        found = self._quality() if evaluate else None
        if found and (self.found is None or found.score >= self.found.score):
            self.found, self.best_step = found, self.step
            state = self.model.state_dict()
            self.best = {name: tensor.clone() for name, tensor in state.items()}
        progress = StandardProgress(
            self.step, self.settings.steps, self.loss, self.found, found
        )
        self.history += [progress] if evaluate else []
        return progress

    def _quality(self) -> Quality:
        if not all(p.isfinite().all() for p in self.model.parameters()):
            raise self._diverged("a weight is not a finite number")
        examples, tags = self.dataset.validation, self.dataset.tags
        return evaluate_all(self.model.batch, examples, tags).quality

    def _diverged(self, what: str) -> TrainingError:
        return TrainingError(
            f"training failed at step {self.step}: {what}; lower ",
            SettingName("learning_rate"),
            f" (now {self.settings.learning_rate})",
        )

    def _next_rows(self) -> Tensor:
        # The next minibatch of a shuffled pass over the training data.
        size = min(self.settings.batch_size, len(self.ids))
        if len(self.order) < size:
            self.order = torch.randperm(len(self.ids))
        rows, self.order = self.order[:size], self.order[size:]
        return rows


def _learning_rate(step: int, settings: StandardSettings) -> float:
    # It rises, then falls linearly.
    rising = max(1.0, WARM_UP * settings.steps)
    left = (settings.steps - step) / settings.steps
    return settings.learning_rate * min((step + 1) / rising, left)


def _loss(scores: Tensor, targets: Tensor) -> Tensor:
    # The cross-entropy, averaged over the labels that are asked for.
    total = functional.cross_entropy(
        scores.flatten(0, -2), targets.flatten(), ignore_index=NO_LABEL, reduction="sum"
    )
    return total / (targets != NO_LABEL).sum().clamp(min=1)


def _device(name: str) -> torch.device:
    try:
        return torch.empty(0, device=name).device
    except (AssertionError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise SettingsError(
            f"cannot train on device {name!r}: {reason}; cpu is always there"
        ) from error


def _check_fits(dataset: Dataset, settings: StandardSettings) -> None:
    form = dataset.input
    rows = len(form.vocabulary) + form.max_length + len(dataset.labels)
    length = max(map(len, dataset.train.sequences), default=0) + form.frame_size
    most = len(dataset.train.sequences)

    def needed(sizes: Sizes) -> int:
        layers, width, hidden = sizes["layers"], sizes["width"], sizes["feed_forward"]
        trained = layers * (4 * width**2 + 2 * width * hidden) + rows * width
        places = min(sizes["batch_size"], most) * length
        states = layers * places * (4 * width + hidden)
        matches = layers * sizes["heads"] * places * length
        # A trained number has a gradient and two averages of Adam.
        return NUMBER * (4 * trained + states + matches)

    names = ("layers", "heads", "width", "feed_forward", "batch_size")
    sizes = {name: getattr(settings, name) for name in names}
    check_fits("training", needed, sizes, memory=device_memory(settings.device))
