"""Training a population of relaxed models side by side (paper, section 3.5)."""

from __future__ import annotations

import dataclasses
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from transformer_programs.errors import TrainingError
from transformer_programs.learn.checkpoint import load_checkpoint, save_checkpoint
from transformer_programs.learn.interruption import deferred_interruption
from transformer_programs.learn.progress import Learned, Progress
from transformer_programs.learn.schedules import evaluation_steps
from transformer_programs.learn.trainer import Trainer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from transformer_programs.program.nodes import Program
    from transformer_programs.settings import ModelSettings, TrainSettings
    from transformer_programs.tasks.dataset import Dataset


def train(
    dataset: Dataset,
    model: ModelSettings,
    settings: TrainSettings,
    *,
    on_progress: Callable[[Progress], None] | None = None,
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
        vectors: (vocabulary, features) word vectors to start word classes from.
        start: a program whose choices and weights are trained further, instead of
            random models of the shape ``model``; it is evaluated before the first step.
            ``settings.warm_start`` gives the temperatures that it needs.
        checkpoint: a file that the state is saved to at every evaluation.
        resume: go on from the checkpoint, to the same result as without the pause.

    Returns:
        The most accurate hardened model seen. After Ctrl-C, or a KeyboardInterrupt of
        ``on_progress``, that is the best until then, the present state included.

    Raises:
        SettingsError: if settings, start and data do not fit each other.
        TrainingError: if training cannot go on.
        RunFolderError: if the checkpoint to resume from is missing or does not fit.
        KeyboardInterrupt: at a second Ctrl-C; the checkpoint stays as it is.
    """
    trainer = Trainer(dataset, model, settings, vectors, start)
    if resume and checkpoint is not None:
        load_checkpoint(trainer, checkpoint)
    with cpu_threads(settings.threads):
        if start is not None and trainer.step == 0:
            trainer.evaluate_start()
        _run(trainer, on_progress, checkpoint)
        interrupted = trainer.step < settings.steps
        if interrupted:
            if checkpoint is not None:
                save_checkpoint(trainer, checkpoint)
            trainer.evaluate()  # not part of what is resumed
    if trainer.best is None:
        raise TrainingError(
            "no model was evaluated; this is a defect, please report it"
        )
    return dataclasses.replace(
        trainer.best, history=tuple(trainer.history), interrupted=interrupted
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


def _run(
    trainer: Trainer,
    on_progress: Callable[[Progress], None] | None,
    checkpoint: Path | None,
) -> None:
    """Take every step that is left, or those until Ctrl-C; at least one."""
    steps = trainer.settings.steps
    evaluate_after = evaluation_steps(trainer.settings)
    with deferred_interruption() as interruption:
        while trainer.step < steps:
            tau = trainer.tau
            trainer.take_step()
            evaluation = None
            if trainer.step in evaluate_after:
                evaluation = trainer.evaluate()
                if checkpoint is not None:
                    save_checkpoint(trainer, checkpoint)
            if on_progress is not None:
                best = trainer.best.validation_accuracy if trainer.best else None
                progress = Progress(
                    trainer.step, steps, trainer.loss, tau, best, evaluation
                )
                try:
                    on_progress(progress)
                except KeyboardInterrupt:  # between two steps, so no state is half new
                    interruption.requested = True
            if interruption.requested:
                return
