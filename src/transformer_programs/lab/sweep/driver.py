"""The driver of a sweep: trials are asked for, done by workers, and told about.

    study -> trial's settings -> worker -> program, run folder -> study -> front

The study stays with this process. Workers know nothing of it: one that dies costs its
training, which begins again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from transformer_programs.data import Dataset
from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep import ray_workers, study
from transformer_programs.lab.sweep.folder import (
    FRONT,
    PICTURE,
    TRIALS,
    Plan,
    locked,
    make_folder,
    read_plan,
    trial_folder,
)
from transformer_programs.lab.sweep.front import Sweep, entry_of, front
from transformer_programs.lab.sweep.plot import draw
from transformer_programs.lab.sweep.ray_workers import RayWorkers
from transformer_programs.lab.sweep.running import Ending, Limits, Running, SweepWatch
from transformer_programs.lab.sweep.space import (
    Settings,
    Space,
    begin_with,
    space_around,
)
from transformer_programs.lab.sweep.study import Study, Trial
from transformer_programs.lab.sweep.workers import Processes
from transformer_programs.nn import check_training_fits
from transformer_programs.optimize import can_draw
from transformer_programs.runs import (
    Data,
    check_pooling,
    load_data,
)
from transformer_programs.settings import Learner, apply
from transformer_programs.system import (
    write_files,
)


def run_sweep(
    data: Data,
    out: str | Path,
    *,
    learner: Learner = Learner.GRADIENT,
    fixed: Settings | None = None,
    varied: Space | None = None,
    limits: Limits = Limits(),
    watch: SweepWatch = SweepWatch(),
) -> Sweep:
    """Learn programs with many settings.

    Args:
        data: a task's name, a file, or a source of one.
        out: the folder to write.
        learner: how programs are learned.
        fixed: settings, by name, that all trials have.
        varied: what other settings are chosen from, by name, instead of what is tried
            around those that suit the data.
        limits: when the sweep ends, and who works.
        watch: what to call meanwhile.

    Raises:
        SettingsError: if the settings contradict each other or the data, or Optuna or
            Ray are needed and not installed.
        TransformerProgramsError: if the data cannot be had, or ``out`` is taken.
    """
    _check_installed(limits)
    folder, chosen, space = Path(out), fixed or {}, varied or {}
    source, dataset, suited = load_data(data)
    if source is None:
        raise SettingsError(
            "a sweep needs data that can be had again: name a task, a file, or a "
            "source of one"
        )
    recipe = apply(replace(suited, learner=learner), chosen)
    check_pooling(recipe.model, dataset)
    if learner is not Learner.SEARCH:
        check_training_fits(dataset, recipe.model, recipe.training)
    # As nn/plan.py has it where the settings do not say.
    cardinality = max(len(dataset.input.vocabulary), dataset.input.max_length)
    searched = space_around(recipe, cardinality, chosen, space)
    first = begin_with(searched, recipe, cardinality)
    plan = Plan(dataset.name, source, recipe, searched, first, limits.trials)
    make_folder(folder, plan)
    return _sweep(plan, dataset, folder, limits, watch)


def resume_sweep(
    folder: str | Path,
    *,
    limits: Limits = Limits(),
    watch: SweepWatch = SweepWatch(),
    trust: bool = False,
) -> Sweep:
    """Go on with a sweep that was stopped, or with more trials.

    Args:
        folder: of the sweep.
        limits: when it ends, and who works.
        watch: what to call meanwhile.
        trust: whether the Python file of the task that it names may be executed
            (``docs/trust.md``).

    Raises:
        RunFolderError: if there is no sweep, or it is running.
        TransformerProgramsError: as for ``run_sweep``.
    """
    _check_installed(limits)
    place = Path(folder)
    plan = read_plan(place, trust=trust)
    return _sweep(plan, plan.source.dataset(), place, limits, watch)


def _sweep(
    plan: Plan, dataset: Dataset, folder: Path, limits: Limits, watch: SweepWatch
) -> Sweep:
    with locked(folder):
        kept = Study(folder, plan)
        _remove_leftovers(folder, kept.trials())
        running = Running(plan, folder, kept, limits, watch)
        ended = Ending.DONE
        if running.wanted:
            with closing(_workers(plan, dataset, limits)) as workers:
                ended = running.until_the_end(workers)
        return _written(plan, folder, running.ended, ended)


def _check_installed(limits: Limits) -> None:
    """Is what is needed there?

    Raises:
        SettingsError: if it is not.
    """
    study.check_installed()
    if limits.ray is not None:
        ray_workers.check_installed()


def _workers(plan: Plan, dataset: Dataset, limits: Limits) -> Processes | RayWorkers:
    if limits.ray is None:
        return Processes(limits.processes or 1, dataset)
    training = plan.recipe.training
    return RayWorkers(limits.ray, limits.processes, dataset, training)


def _remove_leftovers(folder: Path, ended: Iterable[Trial]) -> None:
    """Remove what a process that was killed had written of trials that are redone."""
    (folder / TRIALS).mkdir(exist_ok=True)
    known = {trial_folder(folder, trial.number) for trial in ended}
    for place in (folder / TRIALS).iterdir():
        if place not in known:
            shutil.rmtree(place)


def _written(plan: Plan, folder: Path, trials: list[Trial], ended: Ending) -> Sweep:
    """The front of what has ended, as a document and as a picture."""
    best = front(trials)
    picture = folder / PICTURE if best and can_draw() else None
    sweep = Sweep(
        name=plan.name,
        folder=folder,
        trials=tuple(trials),
        front=tuple(entry_of(folder, trial) for trial in best),
        ended=ended,
        picture=picture,
    )
    text = json.dumps(sweep.summary(), indent=2, allow_nan=False)
    write_files(folder, {FRONT: text + "\n"})
    if picture is not None:
        given = [trial for trial in trials if trial.failure is None]
        draw(given, best, plan.name, picture)
    return sweep
