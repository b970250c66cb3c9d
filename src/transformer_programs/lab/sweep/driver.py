"""The driver of a sweep: trials are asked for, done by workers, and told about.

    study -> trial's settings -> worker -> program, run folder -> study -> front

The study stays with this process. Workers know nothing of it: one that dies costs its
training, which begins again.
"""

from __future__ import annotations

import math
import shutil
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from transformer_programs.data import Dataset
from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep.folder import (
    TRIALS,
    SweepPlan,
    locked,
    make_folder,
    read_plan,
    trial_folder,
)
from transformer_programs.lab.sweep.front import Sweep, SweepEnding, write_front
from transformer_programs.lab.sweep.space import (
    Settings,
    Space,
    begin_with,
    space_around,
)
from transformer_programs.lab.sweep.study import Study, load_optuna
from transformer_programs.lab.sweep.workers import (
    Job,
    Processes,
    RayWorkers,
    Trial,
    TrialReport,
    Workers,
    failed,
    load_ray,
)
from transformer_programs.learn import deferred_interruption
from transformer_programs.nn import check_training_fits
from transformer_programs.runs import (
    Data,
    causal_recipe,
    check_pooling,
    load_data,
    new_run,
)
from transformer_programs.settings import MOST_THREADS, Bounds, Learner, apply

DEFAULT_TRIALS = 50
"""How many trials end if neither trials nor seconds say when."""

_BOUNDS = {
    "trials": Bounds(least=1),
    "processes": Bounds(least=1, most=MOST_THREADS),
    "seconds": Bounds(above=0),
}

_ATTEMPTS = 3
"""How often a trial is begun whose workers die."""

_PATIENCE = 0.2
"""Seconds between two looks at whether Ctrl-C was pressed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a sweep ends, and who works."""

    trials: int | None = None  # that are to finish, earlier ones counted
    seconds: float | None = None  # after which no trial begins
    processes: int | None = None  # trials at a time: 1, or what a cluster has room for
    ray: str | None = None  # the address of a Ray cluster, or ``local``

    def __post_init__(self) -> None:
        for name, bounds in _BOUNDS.items():
            if (value := getattr(self, name)) is not None:
                bounds.check(name, value)


@dataclass(frozen=True, slots=True)
class SweepWatch:
    """Callbacks of a sweep."""

    on_trial: Callable[[Trial, Sequence[Trial]], None] | None = None  # and all so far
    on_note: Callable[[str], None] | None = None


def run_sweep(
    data: Data,
    out: str | Path,
    *,
    learner: Learner = Learner.GRADIENT,
    fixed: Settings | None = None,
    varied: Space | None = None,
    causal: bool = False,
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
        causal: whether a label depends on its token and those before alone.
        limits: when the sweep ends, and who works.
        watch: callbacks.

    Raises:
        TransformerProgramsError: The subclass says what is wrong (``errors.py``).
    """
    _check_installed(limits)
    folder, chosen = Path(out), fixed or {}
    source, dataset, suited = load_data(data)
    if source is None:
        raise SettingsError(
            "a sweep needs data that can be had again: name a task, a file, or a "
            "source of one"
        )
    recipe = apply(replace(suited, learner=learner), chosen)
    check_pooling(recipe.model, dataset)
    recipe = causal_recipe(recipe, dataset) if causal else recipe
    if learner is not Learner.SEARCH:
        check_training_fits(dataset, recipe.model, recipe.training)
    # As nn/plan.py has it where the settings do not say.
    cardinality = max(len(dataset.input.vocabulary), dataset.input.max_length)
    space = space_around(recipe, cardinality, chosen, varied or {})
    first = begin_with(space, recipe, cardinality)
    plan = SweepPlan(dataset.name, source, recipe, space, first, limits.trials)
    make_folder(folder, plan)
    return _sweep(plan, dataset, folder, limits, watch)


def resume_sweep(
    folder: str | Path,
    *,
    limits: Limits = Limits(),
    watch: SweepWatch = SweepWatch(),
    trust: bool = False,
) -> Sweep:
    """Continue a sweep that was stopped, or with more trials.

    With `trust` the Python file of the task that it names may be executed
    (``docs/explanation/trust.md``). It raises what ``run_sweep`` does.
    """
    _check_installed(limits)
    place = Path(folder)
    plan = read_plan(place, trust=trust)
    return _sweep(plan, plan.source.dataset(), place, limits, watch)


def _check_installed(limits: Limits) -> None:
    load_optuna()
    if limits.ray is not None:
        load_ray()


def _sweep(
    plan: SweepPlan, dataset: Dataset, folder: Path, limits: Limits, watch: SweepWatch
) -> Sweep:
    with locked(folder):
        running = Running(plan, folder, Study(folder, plan), limits, watch)
        _remove_leftovers(folder, running.ended)
        ending = SweepEnding.DONE
        if running.wanted:
            with closing(_workers(plan, dataset, limits)) as workers:
                ending = running.until_the_end(workers)
        return write_front(plan.name, folder, running.ended, ending)


def _workers(
    plan: SweepPlan, dataset: Dataset, limits: Limits
) -> Processes | RayWorkers:
    if limits.ray is None:
        return Processes(limits.processes or 1, dataset)
    return RayWorkers(limits.ray, limits.processes, dataset, plan.recipe.training)


def _remove_leftovers(folder: Path, ended: Sequence[Trial]) -> None:
    # What a process that was killed had written of trials that are redone.
    (folder / TRIALS).mkdir(exist_ok=True)
    known = {trial_folder(folder, trial.number) for trial in ended}
    for place in (folder / TRIALS).iterdir():
        if place not in known:
            shutil.rmtree(place)


class Running:
    """A sweep under way: trials go to workers, and what comes back is kept."""

    def __init__(
        self,
        plan: SweepPlan,
        folder: Path,
        study: Study,
        limits: Limits,
        watch: SweepWatch,
    ) -> None:
        self.ended = study.trials()  # those of earlier processes too
        self._plan, self._folder, self._study = plan, folder, study
        self._limits, self._watch = limits, watch
        self._deadline = time.monotonic() + (limits.seconds or math.inf)
        self._running = 0
        self._deaths: Counter[int] = Counter()

    @property
    def wanted(self) -> bool:
        """Whether more trials are to begin, those that run counted."""
        limit = self._limits.trials or self._plan.trials
        if limit is None and self._limits.seconds is None:
            limit = DEFAULT_TRIALS
        return limit is None or len(self.ended) + self._running < limit

    def until_the_end(self, workers: Workers) -> SweepEnding:
        """Do trials; return why no more were begun."""
        with deferred_interruption() as interruption:
            while not interruption.requested:
                ending = self._begin(workers)
                if ending is not None and not self._running:
                    return ending
                for job, report in workers.wait(_PATIENCE):
                    self._end(job, report, workers)
        return SweepEnding.INTERRUPTED

    def _begin(self, workers: Workers) -> SweepEnding | None:
        # Gives every worker a trial; says why not, if not.
        plan = self._plan
        while self._running < workers.count:
            if not self.wanted:
                return SweepEnding.DONE
            if time.monotonic() >= self._deadline:
                return SweepEnding.TIME
            asked = self._study.ask()
            if asked is None:
                return SweepEnding.TRIED
            number, settings = asked
            workers.submit(Job(number, plan.name, plan.source, plan.recipe, settings))
            self._running += 1
        return None

    def _end(self, job: Job, report: TrialReport | None, workers: Workers) -> None:
        # Keeps what a trial gave, or begins it again if its worker died.
        if report is None:
            self._deaths[job.number] += 1
            if self._deaths[job.number] < _ATTEMPTS:
                if self._watch.on_note is not None:
                    text = f"trial {job.number}: its worker died; it begins again"
                    self._watch.on_note(text)
                workers.submit(job)
                return
            report = failed(job, f"its worker died {_ATTEMPTS} times")
        self._running -= 1
        trial = report.trial
        if trial.failure is None:  # the run is in its place before the study knows
            with new_run(trial_folder(self._folder, trial.number)) as run:
                for name, content in report.files.items():
                    (run / name).write_bytes(content)
        self._study.tell(trial)
        self.ended.append(trial)
        if self._watch.on_trial is not None:
            self._watch.on_trial(trial, self.ended)
