"""The records of a reproduction: a file for every suite, size and learner."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from transformer_programs.data import Accuracy, Score
from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.lab.reproduce.suites import SIMPLE, SUITES
from transformer_programs.system import (
    decode,
    document_of,
    read_object,
    write_files,
    writing,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FORMAT = "transformer-programs/reproduction/1"
SIMPLE_FORMAT = "transformer-programs/reproduction-simple/1"
"""What records say they are; the number is the version."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One training, and the accuracy of what it gave."""

    task: str
    seed: int  # of the training; the data are the same for every seed
    source: dict[str, Any]  # the data, as ``config.json`` has them
    settings: dict[str, Any]  # all that was chosen, as JSON has it
    versions: dict[str, str]  # of Python and the libraries
    seconds: float  # of learning
    test: Accuracy  # of ``program.py`` or the standard Transformer, on held-out data
    validation: Accuracy  # on the data that chose it
    statements: int | None  # of a program
    lines: int | None  # of a program, in lines of code
    parameters: int | None  # of a standard Transformer
    restarts: int | None  # trainings side by side, in gradient descent
    origin: str  # where in the search or the training it came from, in words
    command: str = ""  # that repeats it; "" in records that do not say
    found_by: str | None = None  # the learner whose program was kept, of default ones
    cpu_seconds: float | None = None  # of all that was done, where it was measured
    peak_megabytes: float | None = None  # of memory, of the process that did it


@dataclass(frozen=True, slots=True)
class SimpleMeasurement:
    """The quality of counts and linear models on a data set."""

    task: str
    source: dict[str, Any]  # the data, as the record of programs has them
    versions: dict[str, str]
    command: str
    methods: dict[str, dict[str, Any]]  # by name, as of ``BaselineResult.numbers``
    seed: int = 0  # of the split into parts, where there is one


_MEASURED = ("found_by", "cpu_seconds", "peak_megabytes")
"""What only the suite of data has."""

M = TypeVar("M", bound=Measurement | SimpleMeasurement)


@dataclass(frozen=True, slots=True)
class SuiteRecord(Generic[M]):
    """What one learner reached on the tasks of a suite."""

    suite: str
    size: int | None  # None where there is only one
    learner: str
    results: tuple[M, ...] = ()  # in the order of the suite's tasks, then by seed

    def of(self, task: str) -> list[M]:
        """Return what is known of a task."""
        return [found for found in self.results if found.task == task]

    def known(self, **fields: Any) -> bool:
        """Return whether a result with these very fields is there."""
        return any(
            all(getattr(found, name) == value for name, value in fields.items())
            for found in self.results
        )

    def with_result(self, new: M) -> SuiteRecord[M]:
        """Return the record with one more result, in place of one of the same seed."""
        found: list[M] = [*self.results, new]
        order = SUITES[self.suite].index
        places = {(order(m.task), getattr(m, "seed", 0)): m for m in found}
        return replace(self, results=tuple(places[place] for place in sorted(places)))

    def about(self) -> dict[str, Any]:
        """Return its format, and what it is about, as JSON can hold them."""
        if self.learner == SIMPLE:
            return {"format": SIMPLE_FORMAT, "suite": self.suite}
        about = {"suite": self.suite, "size": self.size, "learner": self.learner}
        return {"format": FORMAT} | about

    def document(self) -> dict[str, Any]:
        """Return the record as JSON can hold it."""
        results = [asdict(found) for found in self.results]
        for fields, found in zip(results, self.results, strict=True):
            if isinstance(found, Measurement):
                fields["test"] = found.test.numbers()
                fields["validation"] = found.validation.numbers()
                for name in _MEASURED:
                    if fields[name] is None:
                        del fields[name]
            elif not fields["seed"]:
                del fields["seed"]
        return self.about() | {"results": results}


def record_file(folder: Path, suite: str, size: int | None, learner: str) -> Path:
    """Return where a record is kept."""
    parts = (suite, learner) if size is None else (suite, str(size), learner)
    return folder / f"{'-'.join(parts)}.json"


def read_record(
    folder: Path, suite: str, size: int | None, learner: str
) -> SuiteRecord[Any]:
    """Return the record that is kept in a folder; an empty one if there is none.

    Raises:
        SchemaError: If the file is no such record.
    """
    record: SuiteRecord[Any] = SuiteRecord(suite, size, learner)
    file, about = record_file(folder, suite, size, learner), record.about()
    if not file.exists():
        return record
    say = "move it away, or read it with the version that wrote it"
    try:
        found = decode(read_object(file), _document(simple=learner == SIMPLE))
        said = {name: found[name] for name in about}
        if said != about:
            raise SchemaError(f"it says that it is {said}")
    except RunFolderError as error:
        raise SchemaError(f"{error}; {say}") from error
    except SchemaError as error:
        raise SchemaError(
            f"{file}: expected a record of format {about['format']!r}: {error}; {say}"
        ) from error
    return replace(record, results=found["results"])


@cache
def _document(*, simple: bool) -> Any:
    """What a record is in JSON, where shares stand beside the counts they follow."""
    if simple:
        return document_of(
            SuiteRecord,
            make=dict,
            without=("size", "learner"),
            format=str,
            results=tuple[  # type: ignore[misc]
                document_of(SimpleMeasurement, optional=("seed",)), ...
            ],
        )
    shares: dict[str, Any] = dict.fromkeys(("precision", "recall", "f1"), float)
    score = document_of(
        Score, make=lambda precision, recall, f1, **n: Score(**n), **shares
    )
    types = dict[str, score]  # type: ignore[valid-type]
    entities = document_of(
        Score,
        make=lambda types, **total: types,
        types=types,
        scheme=str,
        optional=("scheme",),
        **shares,
    )
    accuracy = document_of(
        Accuracy,
        without=("confusion", "tags"),
        entities=entities,
        optional=("entities",),
    )
    measured = document_of(
        Measurement,
        test=accuracy,
        validation=accuracy,
        optional=("command", *_MEASURED),
    )
    results = tuple[measured, ...]  # type: ignore[valid-type]
    return document_of(SuiteRecord, make=dict, format=str, results=results)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let other processes that keep records in a folder wait while the block runs.

    So trainings can be spread over processes, of which each adds what it learned. The
    folder is made if it is not there. On Windows nothing waits.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def add_result(folder: Path, read: Callable[[Path], SuiteRecord[M]], new: M) -> None:
    """Add a result to the record of a folder as it is by now."""
    with alone(folder):
        write_record(folder, read(folder).with_result(new))


def write_record(folder: Path, record: SuiteRecord[M]) -> None:
    """Write a record; the older one is there until the new one is whole."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    file = record_file(folder, record.suite, record.size, record.learner)
    text = json.dumps(record.document(), indent=1, allow_nan=False) + "\n"
    write_files(folder, {file.name: text})
