"""``tprog reproduce``: learn the tasks of a suite, and keep what was measured.

plan -> training -> measurement -> record -> page
"""

from __future__ import annotations

import json
import platform
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transformer_programs.errors import (
    LearningWarning,
    SettingsError,
    TransformerProgramsError,
)
from transformer_programs.lab.baselines.settings import (
    StandardSettings,
    suited_standard,
)
from transformer_programs.lab.baselines.shallow import kinds_for, measure_baselines
from transformer_programs.lab.baselines.standard import train_standard
from transformer_programs.lab.reproduce.apart import apart
from transformer_programs.lab.reproduce.page import update_page
from transformer_programs.lab.reproduce.plan import PlannedTraining, ReproductionPlan
from transformer_programs.lab.reproduce.real_data import REAL_DATA, found_file
from transformer_programs.lab.reproduce.record import (
    Measurement,
    SimpleMeasurement,
    SuiteRecord,
    add_result,
    record_file,
)
from transformer_programs.lab.reproduce.suites import DATA_SUITE, DEFAULT, SIMPLE
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
    processes: int = 1,
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
        processes: trainings at a time, of the suite of data, which are processes of
            their own.
        watching: opened for every training; once for the suite of data.

    Raises:
        KeyboardInterrupt: After Ctrl-C; what was learned before is kept.
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    folder = Path(folder)
    file = record_file(folder, plan.suite, plan.size, plan.learner)
    done = 0
    plan = _with_files(plan, watching)
    try:
        if plan.suite == DATA_SUITE:
            with watching() as watch:
                for _ in _all_apart(plan, folder, force, runs, processes, watch):
                    done += 1
        else:
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


def _with_files(plan: ReproductionPlan, watching: Watching) -> ReproductionPlan:
    # Of the suite of data, only what the user has.
    if plan.suite != DATA_SUITE or plan.files is None:
        return plan
    folder = plan.files.data
    there = tuple(task for task in plan.tasks if found_file(folder, task))
    with watching() as watch:
        for task in plan.tasks:
            if task not in there:
                names = " or ".join(REAL_DATA[task].files)
                watch.note(f"{task} is left out: no {names} in {folder}")
    if not there:
        raise SettingsError(
            f"{folder}: no file of {', '.join(plan.tasks)}; expected the folder of "
            "data (docs/how-to/compare.md says what it holds)"
        )
    return replace(plan, tasks=there)


def _all_apart(
    plan: ReproductionPlan,
    folder: Path,
    force: bool,
    runs: Path | None,
    processes: int,
    watch: Watch,
) -> Iterator[None]:
    """Reproduce every training in a process of its own; yield after each."""
    if processes < 1:
        raise SettingsError(f"expected processes >= 1, got {processes}")
    done = partial(_one_apart, plan, folder, force, runs, watch)
    with ThreadPoolExecutor(processes) as threads:
        seen: list[dict[str, Any]] = []
        futures = []
        for training in plan.trainings():
            # What no seed changes is measured once.
            if plan.learner != SIMPLE or training.described not in seen:
                futures.append(threads.submit(done, training))
                seen.append(training.described)
        try:
            for future in as_completed(futures):
                future.result()
                yield
        finally:
            threads.shutdown(cancel_futures=True)


def _one_apart(
    plan: ReproductionPlan,
    folder: Path,
    force: bool,
    runs: Path | None,
    watch: Watch,
    training: PlannedTraining,
) -> None:
    seconds = REAL_DATA[training.task].seconds[plan.learner == SIMPLE]
    told = f"about {seconds} CPU s"
    try:
        _reproduce_one(plan, training, folder, force, runs, watch, told)
    except TransformerProgramsError as error:  # the others go on
        watch.note(f"{training.task}, seed {training.seed}: {error}")


def _reproduce_one(
    plan: ReproductionPlan,
    training: PlannedTraining,
    folder: Path,
    force: bool,
    runs: Path | None,
    watch: Watch,
    told: str = "",
) -> None:
    same: dict[str, Any] = {"task": training.task, "source": training.described}
    title, doing = training.task, "measured"
    if plan.suite == DATA_SUITE:
        title = f"{training.task}, others, seed {training.seed},"
    if plan.learner != SIMPLE:
        settings = settings_of(training.source, plan.learner, training.seed)
        same |= {"seed": training.seed, "settings": as_json(settings)}
        title, doing = f"{training.task}, seed {training.seed},", "being learned"
    known = not force and plan.read(folder).known(**same)
    doing += f" ({told})" if told else ""
    watch.note(f"{title} is {'in the record' if known else doing}")
    if known:
        return
    if plan.suite == DATA_SUITE:
        add_result(folder, plan.read, _measured_apart(plan, training, runs))
    elif plan.learner == SIMPLE:
        add_result(folder, plan.read, measure_simple(training, watch))
    else:
        add_result(folder, plan.read, measure(training, settings, watch, runs))


def _measured_apart(
    plan: ReproductionPlan, training: PlannedTraining, runs: Path | None
) -> Measurement | SimpleMeasurement:
    if plan.learner == SIMPLE:
        return apart(measure_simple, training).result
    spent = apart(measure_learner, training, plan.learner, runs)
    return replace(
        spent.result,
        cpu_seconds=spent.cpu_seconds,
        peak_megabytes=spent.peak_megabytes,
    )


def measure_learner(
    training: PlannedTraining, learner: str, runs: Path | None
) -> Measurement:
    """Learn once with the settings that suit data and learner, and measure."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LearningWarning)  # the record says it
        settings = settings_of(training.source, learner, training.seed)
        return measure(training, settings, Watch(), runs)


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
        learner=recipe.learner if learner == DEFAULT else Learner(learner),
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
        found_by=summary.get("learner"),
    )


def measure_simple(
    training: PlannedTraining, watch: Watch = Watch()
) -> SimpleMeasurement:
    """Measure all counts and linear models that suit the data."""
    dataset = training.source.dataset()
    methods = {}
    for row in measure_baselines(dataset, kinds_for(dataset)):
        methods[row.name] = row.numbers()
        watch.note(f"{training.task}, {row.name}: {row.test.sentence()}")
    packages = ("scikit-learn", "python-crfsuite")
    with_them = versions() | {name: version(name) for name in packages}
    return SimpleMeasurement(
        training.task,
        training.described,
        with_them,
        training.command,
        methods,
        training.seed,
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
