"""A sweep under way: trials go to workers, and what comes back is kept."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from transformer_programs.lab.sweep.folder import Plan, trial_folder
from transformer_programs.lab.sweep.study import Study, Trial
from transformer_programs.lab.sweep.trial import Failed, Job, Report
from transformer_programs.lab.sweep.workers import Workers
from transformer_programs.learn import deferred_interruption
from transformer_programs.runs import new_run
from transformer_programs.settings import MOST_THREADS, Bounds

DEFAULT_TRIALS = 50
"""How many trials end if neither trials nor seconds say when."""

_ATTEMPTS = 3
"""How often a trial is begun whose workers die."""

_PATIENCE = 0.2
"""Seconds between two looks at whether Ctrl-C was pressed."""


class Ending(StrEnum):
    """Why no more trials were begun."""

    DONE = "as many trials as were asked for have ended"
    TIME = "the time was up"
    TRIED = "no settings were found that had not been tried"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a sweep ends, and who works.

    Attributes:
        trials: how many trials are to finish, earlier ones counted; by default what
            the sweep was begun with.
        seconds: after which no trial begins; those that run are finished.
        processes: trials at a time; by default 1, or what a cluster has room for.
        ray: the address of a Ray cluster, or ``local``; without, processes.
    """

    trials: int | None = None
    seconds: float | None = None
    processes: int | None = None
    ray: str | None = None

    def __post_init__(self) -> None:
        """Refuse limits that allow no trial."""
        for name, bounds in (
            ("trials", Bounds(least=1)),
            ("processes", Bounds(least=1, most=MOST_THREADS)),
            ("seconds", Bounds(above=0)),
        ):
            if (value := getattr(self, name)) is not None:
                bounds.check(name, value)


@dataclass(frozen=True, slots=True)
class SweepWatch:
    """What is called while a sweep goes on.

    Attributes:
        on_trial: when a trial has ended, with all that have.
        on_note: when there is something that a reader should know.
    """

    on_trial: Callable[[Trial, Sequence[Trial]], None] | None = None
    on_note: Callable[[str], None] | None = None


@dataclass(slots=True)
class Running:
    """A sweep under way.

    Attributes:
        plan: of the sweep.
        folder: of the sweep.
        study: of the sweep.
        limits: when it ends.
        watch: what to call meanwhile.
        ended: the trials that have ended, those of earlier processes too.
    """

    plan: Plan
    folder: Path
    study: Study
    limits: Limits
    watch: SweepWatch
    ended: list[Trial] = field(init=False)
    _deadline: float = field(init=False)
    _running: int = 0
    _deaths: Counter[int] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Take up what ended before, and let the time begin."""
        self.ended = self.study.trials()
        self._deadline = time.monotonic() + (self.limits.seconds or math.inf)

    @property
    def wanted(self) -> bool:
        """Whether more trials are to begin, those that run counted."""
        limit = self.limits.trials or self.plan.trials
        if limit is None and self.limits.seconds is None:
            limit = DEFAULT_TRIALS
        return limit is None or len(self.ended) + self._running < limit

    def until_the_end(self, workers: Workers) -> Ending:
        """Do trials; says why no more were begun."""
        with deferred_interruption() as interruption:
            while not interruption.requested:
                ending = self._begin(workers)
                if ending is not None and not self._running:
                    return ending
                for job, report in workers.wait(_PATIENCE):
                    self._ended(job, report, workers)
        return Ending.INTERRUPTED

    def _begin(self, workers: Workers) -> Ending | None:
        """Give every worker a trial; says why not, if not."""
        while self._running < workers.count:
            if not self.wanted:
                return Ending.DONE
            if time.monotonic() >= self._deadline:
                return Ending.TIME
            asked = self.study.ask()
            if asked is None:
                return Ending.TRIED
            number, settings = asked
            plan = self.plan
            workers.submit(Job(number, plan.name, plan.source, plan.recipe, settings))
            self._running += 1
        return None

    def _ended(self, job: Job, report: Report | None, workers: Workers) -> None:
        """Keep what a trial gave, or begin it again if its worker died."""
        if report is None:
            self._deaths[job.number] += 1
            if self._deaths[job.number] < _ATTEMPTS:
                self._note(f"trial {job.number}: its worker died; it begins again")
                workers.submit(job)
                return
            report = Failed(f"its worker died {_ATTEMPTS} times")
        self._running -= 1
        if isinstance(report, Failed):
            trial = self.study.fail(job.number, report.reason)
        else:
            with new_run(trial_folder(self.folder, job.number)) as run:
                for name, content in report.files.items():
                    (run / name).write_bytes(content)
            trial = self.study.finish(job.number, report)
        self.ended.append(trial)
        if self.watch.on_trial is not None:
            self.watch.on_trial(trial, self.ended)

    def _note(self, text: str) -> None:
        if self.watch.on_note is not None:
            self.watch.on_note(text)
