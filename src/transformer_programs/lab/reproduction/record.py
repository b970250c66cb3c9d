"""What was measured, as a file: one for every suite, size and learner."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformer_programs.data import Accuracy, Score
from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.lab.reproduction.suites import SUITES
from transformer_programs.system import (
    read_object,
    write_files,
    writing,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FORMAT = "transformer-programs/reproduction/1"
"""What a record says it is; the number is the version."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One training, and what came of it.

    Attributes:
        task: what was learned.
        seed: of the training; the data are the same for every seed.
        source: the data, as ``config.json`` has them.
        settings: all that was chosen, as JSON has it.
        versions: of Python and the libraries.
        seconds: the time of learning.
        test: on held-out data the accuracy of ``program.py``, or of the standard
            Transformer.
        validation: on the data that chose it.
        statements: of the program.
        lines: of the program, in lines of code.
        parameters: numbers that were trained, of a standard Transformer.
        restarts: trainings side by side, in gradient descent.
        origin: where in the search or the training it came from, in words.
        command: what does it again; "" in records that do not say.
    """

    task: str
    seed: int
    source: dict[str, Any]
    settings: dict[str, Any]
    versions: dict[str, str]
    seconds: float
    test: Accuracy
    validation: Accuracy
    statements: int | None
    lines: int | None
    parameters: int | None
    restarts: int | None
    origin: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one learner reached on the tasks of a suite.

    Attributes:
        suite: its name.
        size: the name of the size; None where there is only one.
        learner: gradient, search or baseline.
        results: in the order of the suite's tasks, then by seed.
    """

    suite: str
    size: int | None
    learner: str
    results: tuple[Measured, ...] = ()

    def known(
        self, task: str, seed: int, source: dict[str, Any], settings: dict[str, Any]
    ) -> bool:
        """Whether this very training is there already."""
        return any(
            (m.task, m.seed, m.source, m.settings) == (task, seed, source, settings)
            for m in self.results
        )

    def with_result(self, new: Measured) -> Record:
        """The record with one more result, in place of one of the same seed."""
        others = [
            old for old in self.results if (old.task, old.seed) != (new.task, new.seed)
        ]
        tasks = SUITES[self.suite]
        order = sorted([*others, new], key=lambda m: (tasks.index(m.task), m.seed))
        return replace(self, results=tuple(order))

    def best(self, task: str) -> Measured | None:
        """Of the seeds of a task the most accurate on validation data, the first."""
        found = [m for m in self.results if m.task == task]
        return max(found, key=lambda m: m.validation.quality.score, default=None)

    def document(self) -> dict[str, Any]:
        """The record as JSON can hold it."""
        document = {"format": FORMAT} | asdict(self)
        for fields, measured in zip(document["results"], self.results, strict=True):
            fields["test"] = measured.test.numbers()
            fields["validation"] = measured.validation.numbers()
        return document


def record_file(folder: Path, suite: str, size: int | None, learner: str) -> Path:
    """Where a record is kept."""
    parts = (suite, learner) if size is None else (suite, str(size), learner)
    return folder / f"{'-'.join(parts)}.json"


def read_record(folder: Path, suite: str, size: int | None, learner: str) -> Record:
    """The record that is kept in a folder; an empty one if there is none.

    Raises:
        SchemaError: if the file is no such record.
    """
    file = record_file(folder, suite, size, learner)
    if not file.exists():
        return Record(suite, size, learner)
    with known_only(file, FORMAT):
        document = read_object(file)
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}")
        of = (document["suite"], document["size"], document["learner"])
        if of != (suite, size, learner):
            raise ValueError(f"it is about {'-'.join(map(str, of))}")
        return Record(suite, size, learner, tuple(map(_measured, document["results"])))


@contextmanager
def known_only(file: Path, format_: str) -> Iterator[None]:
    """In this context, whatever is wrong with a document is an error about its file.

    Raises:
        SchemaError: for anything but the format that is expected.
    """
    try:
        yield
    except RunFolderError as error:
        raise SchemaError(
            f"{error}; move it away, or read it with the version that wrote it"
        ) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise SchemaError(
            f"{file}: expected a record of format {format_!r}: {error}; move it away, "
            "or read it with the version that wrote it"
        ) from error


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Other processes that keep records in a folder wait while the block runs.

    So trainings can be spread over processes, of which each adds what it learned. The
    folder is made if it is not there. Where there are no locks, nothing waits.

    Raises:
        RunFolderError: if the folder cannot be made or opened.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = None if fcntl is None else os.open(folder, os.O_RDONLY)
    if handle is None:
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def add_result(
    folder: Path, read: Callable[[Path], Record], measured: Measured
) -> None:
    """Add a result to the record as it is by now.

    Args:
        folder: where records are kept.
        read: reads the record of this folder.
        measured: what was learned.

    Raises:
        RunFolderError: if it cannot be written.
    """
    with alone(folder):
        write_record(folder, read(folder).with_result(measured))


def write_record(folder: Path, record: Record) -> None:
    """Keep a record; the older one is there until the new one is whole.

    Raises:
        RunFolderError: if it cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    file = record_file(folder, record.suite, record.size, record.learner)
    text = json.dumps(record.document(), indent=1, allow_nan=False) + "\n"
    write_files(folder, {file.name: text})


def _measured(fields: dict[str, Any]) -> Measured:
    return Measured(
        **fields | {name: _accuracy(fields[name]) for name in ("test", "validation")}
    )


def _accuracy(numbers: dict[str, Any]) -> Accuracy:
    """What ``Accuracy.numbers`` gave; shares follow from counts."""
    if "entities" not in numbers:
        return Accuracy(**numbers)
    counts = {
        kind: Score(found["right"], found["predicted"], found["there"])
        for kind, found in numbers["entities"]["types"].items()
    }
    return Accuracy(**numbers | {"entities": counts})
