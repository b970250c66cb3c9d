"""The plan of a reproduction: tasks of a suite, a learner, seeds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.lab.reproduce import suites
from transformer_programs.lab.reproduce.real_data import real_source, without_folder
from transformer_programs.lab.reproduce.record import SuiteRecord, read_record
from transformer_programs.lab.reproduce.suites import (
    DATA_SUITE,
    LANGUAGE_SUITE,
    LEARNERS_OF,
    OF_FILES,
    PAPER_SIZE,
    SIMPLE,
    SIZES,
    SUITES,
    Files,
)
from transformer_programs.settings import SEED
from transformer_programs.tasks import FileSource, TaskSource, source_to_json


@dataclass(frozen=True, slots=True)
class PlannedTraining:
    """One training of a plan."""

    task: str
    seed: int
    source: TaskSource | FileSource
    described: dict[str, Any]  # the data, as the record has them
    command: str  # that repeats it
    vectors: Path | None = None  # that gradient descent begins with


@dataclass(frozen=True, slots=True)
class ReproductionPlan:
    """What is reproduced.

    Raises:
        SettingsError: For what is not known, or does not belong to the suite.
    """

    suite: str
    size: int | None  # by default the paper's; None for files
    learner: str  # gradient, search or baseline; of files also simple, or default
    tasks: tuple[str, ...] = ()  # those of the suite that are learned; by default all
    seeds: tuple[int, ...] = ()  # of trainings: 0, of files 0, 1, 2
    files: Files | None = None  # of language, and of data

    def __post_init__(self) -> None:
        _check("suite", [self.suite], [*SUITES])
        known, of_files = SUITES[self.suite], self.suite in OF_FILES
        if of_files and self.size is not None:
            raise SettingsError(
                f"{self.suite} has one size: expected no size, got {self.size}"
            )
        if not of_files:
            if self.size is None:
                object.__setattr__(self, "size", PAPER_SIZE)
            _check("size", [self.size], [*SIZES[known[0]]])
            if self.files is not None:
                raise SettingsError(
                    f"data and vectors are for the suites {' and '.join(OF_FILES)}, "
                    f"the tasks of {self.suite} are drawn: omit them"
                )
        learners = LEARNERS_OF.get(self.suite, ("search", "gradient", "baseline"))
        _check("learner", [self.learner], learners)
        _check(f"task of {self.suite}", self.tasks, known)
        for seed in self.seeds:
            SEED.check("seed", seed)
        one = self.suite == LANGUAGE_SUITE and self.learner == SIMPLE
        seeds = (0, 1, 2) if of_files and not one else (0,)
        object.__setattr__(self, "tasks", self.tasks or known)
        object.__setattr__(self, "seeds", self.seeds or seeds)

    def read(self, folder: Path) -> SuiteRecord[Any]:
        """Return the record of it in a folder."""
        return read_record(folder, self.suite, self.size, self.learner)

    def trainings(self) -> Iterator[PlannedTraining]:
        """Yield the trainings in order of tasks; data are found when they are due."""
        vectors = self.files.vectors if self.files else None
        for task in self.tasks:
            for seed in self.seeds:
                source, described = self._data(task, seed)
                yield PlannedTraining(
                    task,
                    seed,
                    source,
                    described,
                    self._command(task, seed),
                    vectors if self.learner in ("gradient", "baseline") else None,
                )

    def _data(
        self, task: str, seed: int
    ) -> tuple[TaskSource | FileSource, dict[str, Any]]:
        if self.size is not None:
            drawn = suites.source_at(task, self.size)
            return drawn, source_to_json(drawn)
        if self.files is None:
            raise SettingsError(
                f"{self.suite} is learned from files: expected data (--data), the "
                "folder that examples/language/prepare.py wrote, got none"
            )
        if self.suite == DATA_SUITE:
            found = real_source(self.files.data, task, seed)
            return found, source_to_json(without_folder(self.files.data, task, found))
        source = self.files.source(task)
        return source, source_to_json(suites.without_folders(task, source))

    def _command(self, task: str, seed: int) -> str:
        # Folders, which differ between machines, are left out.
        words = ["tprog", "reproduce", self.suite, "--learner", self.learner]
        words += [] if self.size is None else ["--size", str(self.size)]
        words += ["--tasks", task, "--seeds", str(seed)]
        if self.files is not None:
            words += ["--data", "DATA"]
            if self.files.vectors is not None:
                words += ["--vectors", self.files.vectors.name]
        return shlex.join(words)


def _check(what: str, chosen: Sequence[object], known: Sequence[object]) -> None:
    wrong = [value for value in chosen if value not in known]
    if wrong:
        raise SettingsError(
            f"expected {what} {', '.join(map(str, known))}, got {wrong[0]!r}"
        )
