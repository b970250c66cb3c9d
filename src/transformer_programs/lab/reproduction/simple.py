"""Counts and linear models on the data of a suite, measured once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from transformer_programs.lab.reproduction.plan import Plan, Trial
from transformer_programs.lab.reproduction.record import alone, known_only, record_file
from transformer_programs.lab.reproduction.suites import SIMPLE, SUITES
from transformer_programs.lab.reproduction.versions import versions
from transformer_programs.lab.shallow import kinds_for, measured
from transformer_programs.learn import Watch
from transformer_programs.system import (
    read_object,
    write_files,
)

FORMAT = "transformer-programs/reproduction-simple/1"
"""What the file says it is; the number is the version."""


@dataclass(frozen=True, slots=True)
class Simple:
    """What simple methods reach on a data set.

    Attributes:
        task: the name of the data set.
        source: the data, as the record of programs has them.
        versions: of Python and the libraries.
        command: what does it again.
        methods: by name what ``shallow.Measured.numbers`` gives: accuracy, entity F1
            where there is one, kind and seconds.
    """

    task: str
    source: dict[str, Any]
    versions: dict[str, str]
    command: str
    methods: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SimpleRecord:
    """What simple methods reach on a suite.

    Attributes:
        suite: its name.
        results: in the order of the suite.
    """

    suite: str
    results: tuple[Simple, ...] = ()

    def of(self, task: str) -> Simple | None:
        """What is known of a data set."""
        return next((found for found in self.results if found.task == task), None)

    def with_result(self, new: Simple) -> SimpleRecord:
        """The record with one more result, in place of one of the same data set."""
        others = [old for old in self.results if old.task != new.task]
        order = SUITES[self.suite].index
        results = sorted([*others, new], key=lambda found: order(found.task))
        return replace(self, results=tuple(results))

    def document(self) -> dict[str, Any]:
        """The record as JSON can hold it."""
        return {"format": FORMAT} | asdict(self)


def read_simple(folder: Path, suite: str) -> SimpleRecord:
    """The record that is kept in a folder; an empty one if there is none.

    Raises:
        SchemaError: if the file is no such record.
    """
    file = record_file(folder, suite, None, SIMPLE)
    if not file.exists():
        return SimpleRecord(suite)
    with known_only(file, FORMAT):
        document = read_object(file)
        if (document["format"], document["suite"]) != (FORMAT, suite):
            raise ValueError(f"it is {document['format']!r}, {document['suite']!r}")
        return SimpleRecord(suite, tuple(Simple(**x) for x in document["results"]))


def measure_simple(
    plan: Plan,
    folder: Path,
    *,
    force: bool,
    watching: Callable[[], AbstractContextManager[Watch]],
) -> SimpleRecord:
    """Measure what the record does not have yet.

    Args:
        plan: what is measured; seeds change nothing.
        folder: where the record is kept.
        force: whether what the record has is measured again.
        watching: opened for every data set.

    Raises:
        TransformerProgramsError: the subclass says what is wrong (``errors.py``).
    """
    for trial in plan.trials():
        found = read_simple(folder, plan.suite).of(trial.task)
        known = found is not None and found.source == trial.described
        with watching() as watch:
            if watch.on_note is not None:
                said = "is in the record" if known and not force else "is measured"
                watch.on_note(f"{trial.task} {said}")
            if known and not force:
                continue
            new = _measure(trial, watch)
        with alone(folder):
            _write(folder, read_simple(folder, plan.suite).with_result(new))
    return read_simple(folder, plan.suite)


def _measure(trial: Trial, watch: Watch) -> Simple:
    dataset = trial.source.dataset()
    methods = {}
    for row in measured(dataset, kinds_for(dataset)):
        methods[row.name] = row.numbers()
        if watch.on_note is not None:
            watch.on_note(f"{trial.task}, {row.name}: {row.test.sentence()}")
    used = versions() | {"scikit-learn": version("scikit-learn")}
    return Simple(trial.task, trial.described, used, trial.command, methods)


def _write(folder: Path, record: SimpleRecord) -> None:
    file = record_file(folder, record.suite, None, SIMPLE)
    text = json.dumps(record.document(), indent=1, allow_nan=False) + "\n"
    write_files(folder, {file.name: text})
