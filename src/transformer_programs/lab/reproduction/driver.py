"""``tprog reproduce``: learn the tasks of a suite, and keep what was measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from transformer_programs.lab.comparison import train_standard
from transformer_programs.lab.reproduction.plan import Plan, Trial
from transformer_programs.lab.reproduction.record import (
    Measured,
    Record,
    add_result,
    record_file,
)
from transformer_programs.lab.reproduction.simple import SimpleRecord, measure_simple
from transformer_programs.lab.reproduction.suites import SIMPLE
from transformer_programs.lab.reproduction.tables import update_page
from transformer_programs.lab.reproduction.versions import versions
from transformer_programs.lab.standard.settings import StandardSettings, suited_standard
from transformer_programs.learn import Watch
from transformer_programs.runs import load_data, train
from transformer_programs.settings import Learner, Recipe
from transformer_programs.tasks import FileSource, TaskSource

Watching = Callable[[], AbstractContextManager[Watch]]
"""Opens what is told of one training while it goes on."""


def reproduce(
    plan: Plan,
    folder: str | Path,
    *,
    force: bool = False,
    runs: Path | None = None,
    watching: Watching = lambda: nullcontext(Watch()),
) -> Record | SimpleRecord:
    """Learn what the record does not have yet, and write record and page.

    The record is written after every training, the page beside the folder at the end.

    Args:
        plan: what is reproduced.
        folder: where records are kept.
        force: whether what the record has is learned again.
        runs: where to keep the run folder of every program, ``TASK-SEED``; one that is
            there is replaced. None to keep none.
        watching: opened for every training.

    Returns:
        The record; of counts and linear models one of their own.

    Raises:
        KeyboardInterrupt: after Ctrl-C; what was learned before is kept.
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    folder = Path(folder)
    if plan.learner == SIMPLE:
        try:
            return measure_simple(plan, folder, force=force, watching=watching)
        finally:
            update_page(folder, plan.suite, plan.size)
    file = record_file(folder, plan.suite, plan.size, plan.learner)
    done = 0
    try:
        for trial in plan.trials():
            settings = settings_of(trial.source, plan.learner, trial.seed)
            with watching() as watch:
                known = _is_known(plan.read(folder), trial, settings)
                _tell(watch, trial, known=known and not force)
                if force or not known:
                    measured = measure(trial, settings, watch, runs)
                    add_result(folder, plan.read, measured)
            done += 1
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"stopped after {done} of {len(plan.tasks) * len(plan.seeds)} trainings"
            + (f"; {file} keeps them, and the same command goes on" if done else "")
        ) from error
    finally:
        update_page(folder, plan.suite, plan.size)
    return plan.read(folder)


def settings_of(
    source: TaskSource | FileSource, learner: str, seed: int
) -> Recipe | StandardSettings:
    """What suits the data, for one learner and seed.

    Raises:
        TaskError: if the data cannot be had.
    """
    _, _, recipe = load_data(source)
    if learner == "baseline":
        return replace(suited_standard(recipe.model), seed=seed)
    return replace(
        recipe,
        training=replace(recipe.training, seed=seed),
        search=replace(recipe.search, seed=seed),
        learner=Learner(learner),
    )


def measure(
    trial: Trial,
    settings: Recipe | StandardSettings,
    watch: Watch,
    runs: Path | None = None,
) -> Measured:
    """Learn once, and measure on held-out data.

    Args:
        trial: what is learned.
        settings: how.
        watch: what to call meanwhile.
        runs: where to keep the run folder of a program, if anywhere.

    Raises:
        KeyboardInterrupt: if the learning was interrupted: what it gave then is not
            what these settings give.
    """
    restarts = None
    if isinstance(settings, StandardSettings):
        standard = train_standard(trial.source, settings, watch=watch, progress=False)
        interrupted, summary = standard.fitted.interrupted, standard.summary()
        test, validation = standard.test, standard.validation
    else:
        chosen = settings
        result = train(
            trial.source,
            change=lambda _: chosen,
            vectors=trial.vectors,
            out=None if runs is None else runs / f"{trial.task}-{trial.seed}",
            force=True,
            watch=watch,
            progress=False,
        )
        report = result.report
        assert report is not None
        interrupted, summary = report.interrupted, result.summary()
        test, validation = report.test, report.validation
        if chosen.learner is Learner.GRADIENT:
            restarts = chosen.training.restarts
    if interrupted:
        raise KeyboardInterrupt
    return Measured(
        task=trial.task,
        seed=trial.seed,
        source=trial.described,
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
        command=trial.command,
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


def _is_known(
    record: Record, trial: Trial, settings: Recipe | StandardSettings
) -> bool:
    return record.known(trial.task, trial.seed, trial.described, as_json(settings))


def _tell(watch: Watch, trial: Trial, *, known: bool) -> None:
    if watch.on_note is not None:
        said = "is in the record" if known else "is being learned"
        watch.on_note(f"{trial.task}, seed {trial.seed}, {said}")
