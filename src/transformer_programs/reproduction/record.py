"""What was measured, as a file: one for every suite, size and learner."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformer_programs.errors import SchemaError
from transformer_programs.evaluate import Accuracy
from transformer_programs.reproduction.suites import SUITES
from transformer_programs.run_folder import read_text, write_files, writing

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


@dataclass(frozen=True, slots=True)
class Record:
    """What one learner reached on the tasks of a suite.

    Attributes:
        suite: its name.
        size: the name of the size.
        learner: gradient, search or baseline.
        results: in the order of the suite's tasks, then by seed.
    """

    suite: str
    size: int
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


def record_file(folder: Path, suite: str, size: int, learner: str) -> Path:
    """Where a record is kept."""
    return folder / f"{suite}-{size}-{learner}.json"


def read_record(folder: Path, suite: str, size: int, learner: str) -> Record:
    """The record that is kept in a folder; an empty one if there is none.

    Raises:
        SchemaError: if the file is no such record.
    """
    file = record_file(folder, suite, size, learner)
    if not file.exists():
        return Record(suite, size, learner)
    try:
        document = json.loads(read_text(file))
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}")
        of = (document["suite"], document["size"], document["learner"])
        if of != (suite, size, learner):
            raise ValueError(f"it is about {'-'.join(map(str, of))}")
        return Record(suite, size, learner, tuple(map(_measured, document["results"])))
    except (LookupError, TypeError, ValueError) as error:
        raise SchemaError(
            f"{file}: expected a record of format {FORMAT!r}: {error}; move it away, "
            "or read it with the version that wrote it"
        ) from error


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
    accuracies = {name: Accuracy(**fields[name]) for name in ("test", "validation")}
    return Measured(**fields | accuracies)
