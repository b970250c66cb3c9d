"""The record of a public suite: what was found for every task, and how right it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.lab.reproduce.record import alone
from transformer_programs.lab.suites.suite import Suite
from transformer_programs.system import (
    decode,
    document_of,
    read_object,
    write_files,
    writing,
)

FORMAT = "transformer-programs/suite/1"
"""What records say they are; the number is the version."""


@dataclass(frozen=True, slots=True)
class RightInputs:
    """How many inputs of some sizes have no wrong label."""

    least: int  # size
    most: int
    inputs: int
    right: int

    @property
    def all_right(self) -> bool:
        """Whether no label is wrong."""
        return self.right == self.inputs


@dataclass(frozen=True, slots=True)
class SuiteProgram:
    """A program that was found, and how right its ``program.py`` is."""

    statements: int
    lines: int  # of code
    entries: int  # of tables, written out
    any_length: bool  # whether it is not bound to the length of training
    cpu_seconds: float  # of the search
    work: float  # units that the search spent
    ending: str  # why it ended
    labels_right: float  # share on held-out data
    held_out: RightInputs
    prefixes: RightInputs | None  # beginnings of held-out inputs, where that is asked
    every: RightInputs | None  # every input of the smallest sizes
    longer: tuple[RightInputs, ...]  # of greater sizes; none if they were not tried

    @property
    def exact(self) -> bool:
        """Whether no error was found at the sizes of training."""
        found = (self.held_out, self.prefixes, self.every)
        return all(part is None or part.all_right for part in found)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """What came of one task."""

    task: str
    data: str  # SHA-256 of sequences and labels
    sequences: int  # of training
    settings: dict[str, Any]  # of the search
    versions: dict[str, str]
    command: str  # that repeats it
    program: SuiteProgram | None = None
    error: str | None = None  # why there is no program


@dataclass(frozen=True, slots=True)
class SuiteFile:
    """All results for a suite that are kept in a file."""

    suite: str
    results: tuple[SuiteResult, ...] = ()  # in the order of the suite

    def of(self, task: str) -> SuiteResult | None:
        """Return what is known of a task."""
        return next((found for found in self.results if found.task == task), None)

    def document(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        return {"format": FORMAT} | asdict(self)


def suite_file(folder: Path, suite: Suite) -> Path:
    """Return where the results for a suite are kept."""
    return folder / f"{suite.name}.json"


def read_suite(folder: Path, suite: Suite) -> SuiteFile:
    """Return the results that are kept in a folder; none if there is no file.

    Raises:
        SchemaError: If the file is no such record.
    """
    file = suite_file(folder, suite)
    if not file.exists():
        return SuiteFile(suite.name)
    try:
        found = decode(read_object(file), _document())
        if (found["format"], found["suite"]) != (FORMAT, suite.name):
            raise SchemaError(f"it says that it is {found['format']!r}")
    except (RunFolderError, SchemaError) as error:
        raise SchemaError(
            f"{file}: expected a record of format {FORMAT!r}: {error}; move it away, "
            "or read it with the version that wrote it"
        ) from error
    return SuiteFile(suite.name, found["results"])


@cache
def _document() -> Any:
    return document_of(SuiteFile, make=dict, format=str)


def add_suite_result(folder: Path, suite: Suite, new: SuiteResult) -> None:
    """Add a result to those in a folder, in place of an older one for its task.

    Every result is one line of the file.
    """
    with alone(folder):
        old = read_suite(folder, suite)
        results = {found.task: found for found in (*old.results, new)}
        order = [task.name for task in suite.tasks if task.name in results]
        record = replace(old, results=tuple(results[name] for name in order))
        fields = record.document()
        lines = [json.dumps(found, allow_nan=False) for found in fields.pop("results")]
        head = json.dumps(fields)[:-1]
        text = f'{head}, "results": [\n' + ",\n".join(lines) + "\n]}\n"
        file = suite_file(folder, suite)
        with writing(folder):
            write_files(folder, {file.name: text})
