"""Where a data set came from, as data that can be stored, and how to make it again."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformer_programs.errors import DataError, TaskError
from transformer_programs.tasks import task as registry
from transformer_programs.tasks.dataset import Dataset
from transformer_programs.tasks.files import read_sequences
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.task import Task


@dataclass(frozen=True, slots=True)
class TaskSource:
    """Inputs drawn from a task.

    Attributes:
        task: its name, or ``FILE.py:NAME`` for a task that this file registers.
        size: how many inputs are drawn.
        seed: draws and splits them.
        vocabulary_size: of the task, its own by default.
        max_length: of the task, its own by default.
    """

    task: str
    size: int = 20_000
    seed: int = 0
    vocabulary_size: int | None = None
    max_length: int | None = None

    def find_task(self) -> Task:
        """The task, at its size.

        Raises:
            TaskError: if there is no such task, or it cannot have that size.
        """
        return find_task(self.task).build(self.vocabulary_size, self.max_length)

    def dataset(self) -> Dataset:
        """The inputs with their labels.

        Raises:
            TaskError: if there is no such task, or it cannot give what is asked.
        """
        return self.find_task().dataset(self.size, self.seed)


@dataclass(frozen=True, slots=True)
class FileSource:
    """Sequences read from a file.

    Attributes:
        path: the file.
        options: how it is read.
        sha256: of the file when it was first read, "" before.
    """

    path: str
    options: ReadOptions = ReadOptions()
    sha256: str = ""

    def dataset(self) -> Dataset:
        """The sequences, split.

        Raises:
            DataError: if the file cannot be read, or is not the one that was read.
        """
        data = read_sequences(self.path, self.options)
        if self.sha256 and file_hash(Path(self.path)) != self.sha256:
            raise DataError(
                f"{self.path}: this is not the file that was learned from (its SHA-256 "
                "differs); restore it, or name the data to use with --data"
            )
        return data

    def stamped(self) -> FileSource:
        """The same source with an absolute path and the file's hash."""
        path = Path(self.path).resolve()
        return FileSource(str(path), self.options, file_hash(path))


Source = TaskSource | FileSource


def find_task(name: str) -> Task:
    """A registered task, or one of a file: ``FILE.py:NAME``.

    Raises:
        TaskError: if there is no such task or file, or the file fails.
    """
    path, colon, inner = name.rpartition(":")
    if not (colon and path.endswith(".py")):
        return registry.get(name)
    file = Path(path)
    if not file.is_file():
        raise TaskError(f"{path}: no such file; expected FILE.py:TASK, got {name!r}")
    spec = importlib.util.spec_from_file_location(f"_task_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise TaskError(f"{path}: {type(error).__name__}: {error}") from error
    return registry.get(inner)


def source_to_json(source: Source | None) -> dict[str, Any]:
    """What ``config.json`` says about a source; None is data in memory."""
    match source:
        case None:
            return {"kind": "memory"}
        case TaskSource():
            return {"kind": "task", **asdict(source)}
        case FileSource():
            return {"kind": "file", **asdict(source)}


def source_from_json(fields: dict[str, Any]) -> Source | None:
    """What ``source_to_json`` wrote.

    Raises:
        KeyError, TypeError: for anything else.
    """
    rest = {name: value for name, value in fields.items() if name != "kind"}
    match fields["kind"]:
        case "memory":
            return None
        case "task":
            return TaskSource(**rest)
        case "file":
            return FileSource(**rest | {"options": ReadOptions(**rest["options"])})
    raise KeyError(fields["kind"])


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
