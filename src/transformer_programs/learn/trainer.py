"""The state of training, and one step of it."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from transformer_programs.data import NO_LABEL, Dataset, Scorer
from transformer_programs.errors import SettingsError, TrainingError
from transformer_programs.language import Program
from transformer_programs.learn.records import Record
from transformer_programs.learn.schedules import (
    halving_steps,
    heat,
    learning_rate,
    settled_after,
)
from transformer_programs.learn.selection import (
    Evaluation,
    Learned,
    advice,
    divergence,
    quality,
    stalled,
)
from transformer_programs.learn.start import as_read_by, starting_models
from transformer_programs.nn import GumbelPool, HardenedModel, Heat, check_hardened
from transformer_programs.settings import ModelSettings, TrainSettings

SORTED_BATCHES = 16
"""Minibatches whose sequences are sorted by length together."""


class Trainer:
    """The state of training, one gradient step at a time.

    Where it starts at a program, ``model`` says nothing.

    Raises:
        SettingsError: If settings, start and data do not fit each other.
    """

    def __init__(
        self,
        dataset: Dataset,
        model: ModelSettings,
        settings: TrainSettings,
        vectors: NDArray[np.float32] | None = None,
        start: Program | None = None,
    ) -> None:
        if start is not None:
            dataset = as_read_by(start, dataset)
        self.name, self.settings = dataset.name, settings
        self.device = _device(settings.device)
        self.generator = torch.Generator().manual_seed(settings.seed)
        relaxed = starting_models(
            dataset, model, settings.restarts, self.generator, vectors, start
        )
        self.model = relaxed.to(self.device)
        self.noise = GumbelPool(self.generator, self.device)
        parameters = self.model.parameters()
        self.optimizer = torch.optim.Adam(
            parameters, settings.learning_rate, fused=True
        )
        train = dataset.encode(dataset.train)
        self.ids = torch.from_numpy(train.ids).to(self.device)
        self.lengths = torch.from_numpy(train.lengths).to(self.device)
        self.targets = torch.from_numpy(train.targets).to(self.device)
        self.validation = Scorer.of(dataset, dataset.validation)
        self.step = 0
        self.order = torch.empty(0, dtype=torch.int64)
        self.loss = math.nan
        self.active = list(range(settings.restarts))
        self.losses = torch.full((settings.restarts,), math.nan)
        self.diverged: dict[int, int] = {}
        self.history: list[Evaluation] = []
        self.records: list[Record] = []
        self.seconds = 0.0
        self.best: Learned | None = None

    @property
    def tau(self) -> float:
        """The temperature of the last layer at the next step."""
        return self._heats()[-1].tau

    @property
    def ended(self) -> bool:
        """Whether no step is to be taken any more."""
        settings = self.settings
        return self.step >= settings.steps or stalled(self.history, settings.patience)

    def _heats(self) -> list[Heat]:
        layers = self.model.depth
        return [heat(self.step, self.settings, n, layers) for n in range(layers)]

    def take_step(self) -> None:
        """Take one gradient step of every restart that has not diverged."""
        # Choices that are final, all but the weights of the readout, do not train.
        settled = [
            self.step >= settled_after(self.settings, layer, self.model.depth)
            for layer in range(self.model.depth)
        ]
        weights_alone = self.model.weights_alone
        for name, parameter in self.model.named_parameters():
            final = settled[self.model.layer_of(name)] and name not in weights_alone
            parameter.requires_grad_(not final)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.settings)
        losses = self._losses(self._next_rows(), None if all(settled) else self.noise)
        self._remember(losses)
        loss = float(losses.detach().mean())
        if self.diverged or not math.isfinite(loss):
            losses = losses[self._still_training(losses.isfinite())]
            loss = float(losses.detach().mean())
        self.loss = loss
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(losses.sum())
        self.optimizer.step()
        self.step += 1

    def evaluate_start(self) -> None:
        """Evaluate before the first step, so that nothing worse is ever kept.

        The loss is that of the first training sequences, without noise.
        """
        rows = torch.arange(min(self.settings.batch_size, len(self.ids)))
        with torch.no_grad():
            losses = self._losses(rows, None)
        self._remember(losses)
        self.loss = float(losses.mean())
        self.evaluate()

    def last_programs(self) -> tuple[Program, ...]:
        """Return what every restart that trains has become, after the last step."""
        if not self.ended:
            return ()
        rows = [row for row, r in enumerate(self.active) if r not in self.diverged]
        return tuple(map(self._hardened, rows))

    def _hardened(self, row: int) -> Program:
        return self.model.harden(row, self.settings.readout_scale, self.name)

    def keep(self, restarts: list[int]) -> None:
        """Go on with some of the restarts only."""
        rows = [self.active.index(restart) for restart in restarts]
        self.model.keep(rows)
        for state in self.optimizer.state.values():
            for name, value in state.items():
                if value.dim():
                    state[name] = value[rows]
        self.active = restarts

    def _remember(self, losses: Tensor) -> None:
        # Of restarts that were given up the loss is no number.
        self.losses = torch.full((self.settings.restarts,), math.nan)
        self.losses[self.active] = losses.detach().cpu()

    def _losses(self, rows: Tensor, noise: GumbelPool | None) -> Tensor:
        # Of all restarts on some of the training data: (R,)
        rows = rows.to(self.device)
        lengths = self.lengths[rows]
        width = int(lengths.max())
        targets = self.targets[rows]
        if targets.dim() == 2:
            targets = targets[:, :width]
        ids = self.ids[rows, :width]
        scores = self.model(ids, lengths, self._heats(), noise, self.settings.dropout)
        penalty = self.settings.fixed_penalty * self.model.weight_squares()
        return population_loss(scores, targets) + penalty

    def _still_training(self, finite: Tensor) -> list[int]:
        # Their rows; a restart that is not finite never goes on again.
        for restart, good in zip(self.active, finite.tolist(), strict=True):
            if not good:
                self.diverged.setdefault(restart, self.step)
        going = [row for row, r in enumerate(self.active) if r not in self.diverged]
        if not going:
            raise TrainingError(
                f"training failed at step {self.step}: {divergence(self.diverged)}, "
                "and none is left; ",
                advice(self.settings),
            )
        return going

    def _next_rows(self) -> Tensor:
        # The next minibatch of a shuffled pass over the training data.
        size = min(self.settings.batch_size, len(self.ids))
        if len(self.order) < size:
            self.order = torch.randperm(len(self.ids), generator=self.generator)
            if self.settings.group_by_length:
                batches = grouped(self.order, self.lengths.cpu(), size)
                places = torch.randperm(len(batches), generator=self.generator)
                self.order = batches[places].flatten()
        rows, self.order = self.order[:size], self.order[size:]
        return rows

    def evaluate(self) -> Evaluation:
        """Harden every restart, and keep the best model seen so far.

        In time the worse half of the restarts is given up.
        """
        finite = torch.ones(len(self.active), dtype=torch.bool)
        for parameter in self.model.parameters():
            finite &= parameter.isfinite().unsqueeze(-1).flatten(1).all(1).cpu()
        rows = self._still_training(finite)
        models = {self.active[row]: HardenedModel(self._hardened(row)) for row in rows}
        qualities = [
            quality(models[restart], self.validation) if restart in models else None
            for restart in range(self.settings.restarts)
        ]
        evaluation = Evaluation.of(self.step, self.loss, qualities)
        self.history.append(evaluation)
        best = evaluation.best
        if self.best is None or best >= self.best.validation.score:
            restart = evaluation.scores.index(best)
            found = qualities[restart]
            assert found is not None
            if not self.ended:
                self._check_hardened({restart: models[restart]})
            program = models[restart].program
            self.best = Learned(program, found, restart, self.step, (), False)
        if self.ended:
            self._check_hardened(models)
        if self.step in halving_steps(self.settings):
            ranked = sorted(
                models, key=lambda r: evaluation.scores[r] or 0, reverse=True
            )
            self.keep(sorted(ranked[: -(-len(self.active) // 2)]))
        return evaluation

    def _check_hardened(self, models: dict[int, HardenedModel]) -> None:
        # By restart: that which is kept on a minibatch of validation data, all of them
        # after the last step on all data.
        hardened = {self.active.index(r): model for r, model in models.items()}
        data, size = self.validation.data, self.settings.batch_size
        count = len(data) if self.ended else min(size, len(data))
        for start in range(0, count, size):
            rows = slice(start, start + size)
            ids, lengths = (torch.from_numpy(a[rows]) for a in (data.ids, data.lengths))
            ids = ids[:, : int(lengths.max())].to(self.device)
            check_hardened(self.model, hardened, ids, lengths.to(self.device))


def population_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy of every restart, averaged over its labels, (R,).

    Args:
        scores: (R, B, N, C) or (R, B, C).
        targets: (B, N) or (B,), ``NO_LABEL`` where there is none.
    """
    restarts = len(scores)
    log_odds = scores.movedim(-1, 1).log_softmax(1)  # (R, C, B, *N)
    wanted = targets.clamp(min=0).expand(restarts, 1, *targets.shape)
    errors = -log_odds.gather(1, wanted).squeeze(1)  # (R, B, *N)
    labelled = targets != NO_LABEL
    total = labelled.sum().clamp(min=1)
    return (errors * labelled).flatten(1).sum(1) / total


def grouped(order: Tensor, lengths: Tensor, size: int) -> Tensor:
    """Return minibatches of sequences that are about equally long: (batches, size).

    Some minibatches of a shuffled order are sorted at a time, so that chance still
    decides which sequences come together; those that fill none are left out.
    """
    order = order[: len(order) // size * size]
    parts = [
        part[lengths[part].argsort(stable=True)]
        for part in torch.split(order, SORTED_BATCHES * size)
    ]
    return torch.cat(parts).view(-1, size)


def _device(name: str) -> torch.device:
    available = ["cpu"]
    if torch.cuda.is_available():
        numbers = range(torch.cuda.device_count())
        available += ["cuda", *(f"cuda:{number}" for number in numbers)]
    if torch.backends.mps.is_available():
        available.append("mps")
    if name not in available:
        raise SettingsError(
            f"cannot train on device {name!r}; available here: {', '.join(available)}"
        )
    return torch.device(name)
