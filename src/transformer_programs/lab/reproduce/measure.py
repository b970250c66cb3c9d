"""``tprog reproduce``: learn the tasks of a suite, and keep what was measured.

plan -> training -> measurement -> record -> page
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_programs.lab.baselines.settings import (
    StandardSettings,
    suited_standard,
)
from transformer_programs.lab.baselines.shallow import kinds_for, measure_baselines
from transformer_programs.lab.baselines.standard import train_standard
from transformer_programs.lab.reproduce.page import update_page
from transformer_programs.lab.reproduce.plan import PlannedTraining, ReproductionPlan
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SimpleMeasurement,
    SuiteRecord,
    add_result,
    record_file,
)
from transformer_programs.lab.reproduce.suites import SIMPLE
from transformer_programs.learn import Watch
from transformer_programs.runs import load_data, train
from transformer_programs.settings import Learner, Recipe
from transformer_programs.tasks import FileSource, TaskSource

Watching = Callable[[], AbstractContextManager[Watch]]
"""Opens the callbacks of one training."""


def reproduce(
    plan: ReproductionPlan,
    folder: str | Path,
    *,
    force: bool = False,
    runs: Path | None = None,
    watching: Watching = lambda: nullcontext(Watch()),
) -> SuiteRecord[Any]:
    """Learn what the record does not have yet, and write record and page.

    The record is written after every training, the page beside the folder at the end.

    Args:
        plan: what is reproduced.
        folder: where records are kept.
        force: whether what the record has is learned again.
        runs: where to keep the run folder of every program, ``TASK-SEED``; one that is
            there is replaced. None to keep none.
        watching: opened for every training.

    Raises:
        KeyboardInterrupt: After Ctrl-C; what was learned before is kept.
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    folder = Path(folder)
    file = record_file(folder, plan.suite, plan.size, plan.learner)
    done = 0
    try:
        for training in plan.trainings():
            with watching() as watch:
                _reproduce_one(plan, training, folder, force, runs, watch)
            done += 1
    except KeyboardInterrupt as error:
        raise KeyboardInterrupt(
            f"stopped after {done} of {len(plan.tasks) * len(plan.seeds)} trainings"
            + (f"; {file} keeps them, and the same command goes on" if done else "")
        ) from error
    finally:
        update_page(folder, plan.suite, plan.size)
    return plan.read(folder)


def _reproduce_one(
    plan: ReproductionPlan,
    training: PlannedTraining,
    folder: Path,
    force: bool,
    runs: Path | None,
    watch: Watch,
) -> None:
    same: dict[str, Any] = {"task": training.task, "source": training.described}
    title, doing = training.task, "measured"
    if plan.learner != SIMPLE:
        settings = settings_of(training.source, plan.learner, training.seed)
        same |= {"seed": training.seed, "settings": as_json(settings)}
        title, doing = f"{training.task}, seed {training.seed},", "being learned"
    known = not force and plan.read(folder).known(**same)
    watch.note(f"{title} is {'in the record' if known else doing}")
    if known:
        return
    if plan.learner == SIMPLE:
        add_result(folder, plan.read, measure_simple(training, watch))
    else:
        add_result(folder, plan.read, measure(training, settings, watch, runs))


def settings_of(
    source: TaskSource | FileSource, learner: str, seed: int
) -> Recipe | StandardSettings:
    """Return the settings that suit the data, for one learner and seed."""
    _, dataset, recipe = load_data(source)
    if learner == "baseline":
        tokens = len(dataset.input.vocabulary)
        return replace(suited_standard(recipe.model, tokens), seed=seed)
    return replace(
        recipe,
        training=replace(recipe.training, seed=seed),
        search=replace(recipe.search, seed=seed),
        learner=Learner(learner),
    )


def measure(
    training: PlannedTraining,
    settings: Recipe | StandardSettings,
    watch: Watch,
    runs: Path | None = None,
) -> Measurement:
    """Learn once, and measure on held-out data.

    Interrupted learning is KeyboardInterrupt: it gave not what these settings give.
    """
    restarts = None
    if isinstance(settings, StandardSettings):
        standard = train_standard(
            training.source,
            settings,
            vectors=training.vectors,
            watch=watch,
            progress=False,
        )
        interrupted, summary = standard.fitted.interrupted, standard.summary()
        test, validation = standard.test, standard.validation
    else:
        recipe = settings
        result = train(
            training.source,
            change=lambda _: recipe,
            vectors=training.vectors,
            out=None if runs is None else runs / f"{training.task}-{training.seed}",
            force=True,
            watch=watch,
            progress=False,
        )
        report = result.report
        assert report is not None
        interrupted, summary = report.interrupted, result.summary()
        test, validation = report.test, report.validation
        if recipe.learner is Learner.GRADIENT:
            restarts = recipe.training.restarts
    if interrupted:
        raise KeyboardInterrupt
    return Measurement(
        task=training.task,
        seed=training.seed,
        source=training.described,
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
        command=training.command,
    )


def measure_simple(training: PlannedTraining, watch: Watch) -> SimpleMeasurement:
    """Measure all counts and linear models that suit the data."""
    dataset = training.source.dataset()
    methods = {}
    for row in measure_baselines(dataset, kinds_for(dataset)):
        methods[row.name] = row.numbers()
        watch.note(f"{training.task}, {row.name}: {row.test.sentence()}")
    packages = ("scikit-learn", "python-crfsuite")
    with_them = versions() | {name: version(name) for name in packages}
    return SimpleMeasurement(
        training.task, training.described, with_them, training.command, methods
    )


def as_json(settings: Recipe | StandardSettings) -> dict[str, Any]:
    """Return the settings that a learner reads, as they are after JSON."""
    fields = asdict(settings)
    if isinstance(settings, Recipe):
        del fields["search"]["workers"]  # of the machine
        if settings.learner is Learner.SEARCH:
            fields = {"search": fields["search"]}
        else:
            del fields["search"]
    found: dict[str, Any] = json.loads(json.dumps(fields, allow_nan=False))
    return found


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that learn."""
    return {
        "transformer-programs": version("transformer-programs"),
        "Python": platform.python_version(),
        "PyTorch": str(torch.__version__),
        "NumPy": np.__version__,
    }
