"""Training a population of relaxed models side by side (paper, section 3.5)."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from transformer_programs.data import Dataset
from transformer_programs.errors import TrainingError
from transformer_programs.language import Program
from transformer_programs.learn.callbacks import Progress, deferred_interruption
from transformer_programs.learn.checkpoint import load_checkpoint, save_checkpoint
from transformer_programs.learn.records import Record, record_steps
from transformer_programs.learn.schedules import evaluation_steps
from transformer_programs.learn.selection import Evaluation, Learned
from transformer_programs.learn.trainer import Trainer
from transformer_programs.settings import ModelSettings, TrainSettings

SAVE_SECONDS = 30.0
"""Time of training after which the state is saved, evaluated or not."""


def train(
    dataset: Dataset,
    model: ModelSettings,
    settings: TrainSettings,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    on_record: Callable[[Record], None] | None = None,
    vectors: NDArray[np.float32] | None = None,
    start: Program | None = None,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> Learned:
    """Learn a program from data.

    Args:
        dataset: what is learned from (train) and selected on (validation).
        model: the shape of the models.
        settings: how they are trained.
        on_progress: called after every step.
        on_record: called for every record, first for those before the checkpoint.
        vectors: (vocabulary, features) word vectors to start word classes from.
        start: a program whose choices and weights are trained further, instead of
            random models of the shape ``model``; it is evaluated before the first step.
            ``settings.warm_start`` gives the temperatures that it needs.
        checkpoint: a file that the state is saved to: at the start, at every
            evaluation, and about twice a minute.
        resume: resume from the checkpoint, to the same result as without the pause.

    Returns:
        The most accurate hardened model seen. After Ctrl-C, or a KeyboardInterrupt of
        ``on_progress``, that is the best until then, the present state included. A
        restart whose loss or weights are no finite numbers is left out from then on;
        if none is left, the best until then says how training failed.

    Raises:
        SettingsError: If settings, start and data do not fit each other.
        TrainingError: If training fails before the first evaluation.
        AgreementError: If a program is not what the relaxed model predicts.
        RunFolderError: If the checkpoint to resume from is missing or does not fit.
        KeyboardInterrupt: At a second Ctrl-C; the checkpoint stays as it is.
    """
    trainer = Trainer(dataset, model, settings, vectors, start)
    if resume and checkpoint is not None:
        load_checkpoint(trainer, checkpoint)
    session = _Session(trainer, on_progress, on_record, checkpoint)
    failure = None
    with cpu_threads(settings.threads):
        if start is not None and not trainer.history:
            trainer.evaluate_start()
            session.record(trainer.tau)
        try:
            session.run()
        except TrainingError as error:
            if trainer.best is None:
                if checkpoint is not None:
                    checkpoint.unlink()  # it would only lead here again
                raise
            failure = error.message
    assert trainer.best is not None
    early = trainer.ended and trainer.step < settings.steps
    return dataclasses.replace(
        trainer.best,
        history=tuple(trainer.history),
        interrupted=failure is not None or not trainer.ended,
        failure=failure,
        last=trainer.last_programs() if settings.combine and failure is None else (),
        ended_at=trainer.step if early and failure is None else None,
    )


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Let torch use so many threads in the block, and as many as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Session:
    """Takes the steps of a training, tells what happens, and saves its state."""

    def __init__(
        self,
        trainer: Trainer,
        on_progress: Callable[[Progress], None] | None,
        on_record: Callable[[Record], None] | None,
        checkpoint: Path | None,
    ) -> None:
        self._trainer = trainer
        self._on_progress, self._on_record = on_progress, on_record
        self._checkpoint = checkpoint
        self._began = time.perf_counter() - trainer.seconds
        self._saved_at = 0.0
        if on_record is not None:
            for record in trainer.records:
                on_record(record)

    def run(self) -> None:
        """Take every step that is left, or those until Ctrl-C; at least one."""
        self._save()
        stopped_at = self._take_steps()
        if stopped_at is None:
            return
        self._save()
        history, step = self._trainer.history, self._trainer.step
        if not history or history[-1].step < step:
            self._trainer.evaluate()  # not part of what is resumed
            self.record(stopped_at)

    def _take_steps(self) -> float | None:
        """The steps of ``run``; the temperature of the last if it was Ctrl-C's."""
        trainer, steps = self._trainer, self._trainer.settings.steps
        evaluate_after = evaluation_steps(trainer.settings)
        record_after = record_steps(steps)
        with deferred_interruption() as interruption:
            while not trainer.ended:
                tau, evaluation = trainer.tau, None
                trainer.take_step()
                if trainer.step in evaluate_after:
                    evaluation = trainer.evaluate()
                if evaluation is not None or trainer.step in record_after:
                    self.record(tau)
                due = self._seconds() - self._saved_at > SAVE_SECONDS
                if evaluation is not None or due:
                    self._save()
                try:
                    if self._on_progress is not None:
                        self._on_progress(self._progress(tau, evaluation))
                except KeyboardInterrupt:  # between two steps, so no state is half new
                    interruption.requested = True
                if interruption.requested and not trainer.ended:
                    return tau
        return None

    def record(self, tau: float) -> None:
        """Record the last step, its temperature, and what was evaluated after it."""
        trainer = self._trainer
        history = trainer.history
        evaluated = bool(history) and history[-1].step == trainer.step
        losses = enumerate(trainer.losses.tolist())
        going = set(trainer.active) - trainer.diverged.keys()
        record = Record(
            step=trainer.step,
            seconds=round(self._seconds(), 3),
            loss=trainer.loss,
            losses=tuple(None if r not in going else x for r, x in losses),
            temperature=tau,
            learning_rate=trainer.optimizer.param_groups[0]["lr"],
            accuracies=history[-1].accuracies if evaluated else None,
            entity_f1=history[-1].entity_f1 if evaluated else None,
        )
        trainer.records.append(record)
        if self._on_record is not None:
            self._on_record(record)

    def _progress(self, tau: float, evaluation: Evaluation | None) -> Progress:
        trainer = self._trainer
        return Progress(
            step=trainer.step,
            steps=trainer.settings.steps,
            loss=trainer.loss,
            tau=tau,
            best=trainer.best.validation if trainer.best else None,
            evaluation=evaluation,
            diverged=dict(trainer.diverged),
        )

    def _seconds(self) -> float:
        """The time of training, without pauses."""
        return time.perf_counter() - self._began

    def _save(self) -> None:
        self._saved_at = self._trainer.seconds = self._seconds()
        if self._checkpoint is not None:
            save_checkpoint(self._trainer, self._checkpoint)
