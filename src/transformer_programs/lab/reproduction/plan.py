"""What is reproduced: which tasks of a suite, by which learner, with which seeds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.lab.reproduction import language, suites
from transformer_programs.lab.reproduction.language import Files
from transformer_programs.lab.reproduction.record import Record, read_record
from transformer_programs.lab.reproduction.suites import (
    LEARNERS,
    PAPER_SIZE,
    SIMPLE,
    SIZES,
    SUITES,
)
from transformer_programs.settings import SEED
from transformer_programs.tasks import FileSource, TaskSource, source_to_json


@dataclass(frozen=True, slots=True)
class Trial:
    """One training.

    Attributes:
        task: the name of what is learned.
        seed: of the training.
        source: the data.
        described: the data, as the record has them.
        command: what does it again.
        vectors: word vectors that gradient descent begins with.
    """

    task: str
    seed: int
    source: TaskSource | FileSource
    described: dict[str, Any]
    command: str
    vectors: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is reproduced.

    Attributes:
        suite: the name of the suite.
        size: the name of the size, by default the paper's; None for language.
        learner: gradient, search or baseline; for language also simple.
        tasks: those of the suite that are learned; by default all.
        seeds: of the trainings; the data are the same for all. By default 0; for
            language 0, 1 and 2.
        files: where the data of language are.

    Raises:
        SettingsError: for what is not known, or does not belong to the suite.
    """

    suite: str
    size: int | None
    learner: str
    tasks: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    files: Files | None = None

    def __post_init__(self) -> None:
        """Refuse what is not known; no tasks are all of them."""
        _check("suite", [self.suite], [*SUITES])
        known = SUITES[self.suite]
        if self.of_language:
            if self.size is not None:
                raise SettingsError(
                    f"language has one size: expected no size, got {self.size}"
                )
        else:
            if self.size is None:
                object.__setattr__(self, "size", PAPER_SIZE)
            _check("size", [self.size], [*SIZES[known[0]]])
            if self.files is not None:
                raise SettingsError(
                    f"data and vectors are for the suite language, the tasks of "
                    f"{self.suite} are drawn: omit them"
                )
        learners = [x for x in LEARNERS if self.of_language or x != SIMPLE]
        _check("learner", [self.learner], learners)
        _check(f"task of {self.suite}", self.tasks, known)
        for seed in self.seeds:
            SEED.check("seed", seed)
        object.__setattr__(self, "tasks", self.tasks or known)
        object.__setattr__(self, "seeds", self.seeds or self._suited_seeds())

    @property
    def of_language(self) -> bool:
        """Whether its data are texts in files."""
        return self.suite == language.SUITE

    def read(self, folder: Path) -> Record:
        """What is known of it: the record in a folder."""
        return read_record(folder, self.suite, self.size, self.learner)

    def trials(self) -> Iterator[Trial]:
        """The trainings, in the order of tasks; data are found when they are due.

        Raises:
            SettingsError: if it is not said where data are, or they are not there.
            DataError: if they cannot be read.
        """
        for task in self.tasks:
            source, described = self._data(task)
            for seed in self.seeds:
                command = self._command(task, seed)
                begin = self.files.vectors if self.files else None
                vectors = begin if self.learner == "gradient" else None
                yield Trial(task, seed, source, described, command, vectors)

    def _data(self, task: str) -> tuple[TaskSource | FileSource, dict[str, Any]]:
        if not self.of_language:
            assert self.size is not None
            drawn = suites.source_at(task, self.size)
            return drawn, source_to_json(drawn)
        if self.files is None:
            raise SettingsError(
                "language is learned from files: expected data (--data), the folder "
                "that examples/language/prepare.py wrote, got none"
            )
        source = self.files.source(task)
        return source, language.described(task, source)

    def _suited_seeds(self) -> tuple[int, ...]:
        return (0, 1, 2) if self.of_language and self.learner != SIMPLE else (0,)

    def _command(self, task: str, seed: int) -> str:
        """What does one training again; folders, which differ, are left out."""
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
