"""``tprog reproduce``: learn the tasks of a suite, and keep what was measured."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_programs.comparison import train_standard
from transformer_programs.errors import SettingsError
from transformer_programs.experiment import train
from transformer_programs.loading import load
from transformer_programs.reproduction.record import (
    Measured,
    Record,
    read_record,
    record_file,
    write_record,
)
from transformer_programs.reproduction.suites import SIZES, SUITES, source_at
from transformer_programs.reproduction.tables import LEARNERS, update_page
from transformer_programs.settings import Learner, Recipe, check_seed
from transformer_programs.standard.settings import StandardSettings, suited_standard
from transformer_programs.tasks.sources import TaskSource, source_to_json
from transformer_programs.watch import Watch

Watching = Callable[[], AbstractContextManager[Watch]]
"""Opens what is told of one training while it goes on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is reproduced.

    Attributes:
        suite: the name of the suite.
        size: the name of the size.
        learner: gradient, search or baseline.
        tasks: those of the suite that are learned; by default all.
        seeds: of the trainings; the data are the same for all.

    Raises:
        SettingsError: for what is not known.
    """

    suite: str
    size: int
    learner: str
    tasks: tuple[str, ...] = ()
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        """Refuse what is not known; no tasks are all of them."""
        _check("suite", [self.suite], [*SUITES])
        known = SUITES[self.suite]
        _check("size", [self.size], [*SIZES[known[0]]])
        _check("learner", [self.learner], [*LEARNERS])
        _check(f"task of {self.suite}", self.tasks, known)
        for seed in self.seeds:
            check_seed(seed)
        object.__setattr__(self, "tasks", self.tasks or known)

    def read(self, folder: Path) -> Record:
        """What is known of it: the record in a folder."""
        return read_record(folder, self.suite, self.size, self.learner)


def reproduce(
    plan: Plan,
    folder: str | Path,
    *,
    force: bool = False,
    watching: Watching = lambda: nullcontext(Watch()),
) -> Record:
    """Learn what the record does not have yet, and write record and page.

    The record is written after every training, the page beside the folder at the end.

    Args:
        plan: what is reproduced.
        folder: where records are kept.
        force: whether what the record has is learned again.
        watching: opened for every training.

    Returns:
        The record.

    Raises:
        KeyboardInterrupt: after Ctrl-C; what was learned before is kept.
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    folder = Path(folder)
    trials = [(task, seed) for task in plan.tasks for seed in plan.seeds]
    file = record_file(folder, plan.suite, plan.size, plan.learner)
    done = 0
    try:
        for task, seed in trials:
            source = source_at(task, plan.size)
            settings = settings_of(source, plan.learner, seed)
            with watching() as watch:
                known = _is_known(plan.read(folder), task, seed, source, settings)
                _tell(watch, task, seed, known=known and not force)
                if force or not known:
                    measured = measure(source, settings, seed, watch)
                    write_record(folder, plan.read(folder).with_result(measured))
            done += 1
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"stopped after {done} of {len(trials)} trainings"
            + (f"; {file} keeps them, and the same command goes on" if done else "")
        ) from error
    finally:
        update_page(folder, plan.suite, plan.size)
    return plan.read(folder)


def settings_of(
    source: TaskSource, learner: str, seed: int
) -> Recipe | StandardSettings:
    """What suits the data, for one learner and seed.

    Raises:
        TaskError: if the data cannot be had.
    """
    _, _, recipe = load(source)
    if learner == "baseline":
        return replace(suited_standard(recipe.model), seed=seed)
    return replace(
        recipe,
        training=replace(recipe.training, seed=seed),
        search=replace(recipe.search, seed=seed),
        learner=Learner(learner),
    )


def measure(
    source: TaskSource, settings: Recipe | StandardSettings, seed: int, watch: Watch
) -> Measured:
    """Learn once, and measure on held-out data.

    Raises:
        KeyboardInterrupt: if the learning was interrupted: what it gave then is not
            what these settings give.
    """
    restarts = None
    if isinstance(settings, StandardSettings):
        standard = train_standard(source, settings, watch=watch)
        interrupted, summary = standard.fitted.interrupted, standard.summary()
        test, validation = standard.test, standard.validation
    else:
        chosen = settings
        result = train(source, change=lambda _: chosen, watch=watch)
        interrupted, summary = result.outcome.interrupted, result.summary()
        test, validation = result.test, result.validation
        if chosen.learner is Learner.GRADIENT:
            restarts = chosen.training.restarts
    if interrupted:
        raise KeyboardInterrupt
    return Measured(
        task=source.task,
        seed=seed,
        source=source_to_json(source),
        settings=as_json(settings),
        versions=versions(),
        seconds=summary["seconds"],
        test=test,
        validation=validation,
        statements=summary.get("statements"),
        lines=summary.get("lines"),
        parameters=summary.get("parameters"),
        restarts=restarts,
        origin=summary["origin"],
    )


def as_json(settings: Recipe | StandardSettings) -> dict[str, Any]:
    """The settings that a learner reads, as they are after JSON."""
    fields = asdict(settings)
    if isinstance(settings, Recipe):
        if settings.learner is Learner.SEARCH:
            fields = {"search": fields["search"]}
        else:
            del fields["search"]
    found: dict[str, Any] = json.loads(json.dumps(fields, allow_nan=False))
    return found


def versions() -> dict[str, str]:
    """Of what the numbers may depend on."""
    return {
        "transformer-programs": version("transformer-programs"),
        "Python": platform.python_version(),
        "PyTorch": str(torch.__version__),
        "NumPy": np.__version__,
    }


def _is_known(
    record: Record,
    task: str,
    seed: int,
    source: TaskSource,
    settings: Recipe | StandardSettings,
) -> bool:
    return record.known(task, seed, source_to_json(source), as_json(settings))


def _tell(watch: Watch, task: str, seed: int, *, known: bool) -> None:
    if watch.on_note is not None:
        said = "is in the record" if known else "is being learned"
        watch.on_note(f"{task}, seed {seed}, {said}")


def _check(what: str, chosen: Sequence[object], known: Sequence[object]) -> None:
    wrong = [value for value in chosen if value not in known]
    if wrong:
        raise SettingsError(
            f"expected {what} {', '.join(map(str, known))}, got {wrong[0]!r}"
        )
