"""Where a data set came from, as data that can be stored, and how to make it again."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from transformer_programs.data import (
    Dataset,
    ReadOptions,
    called,
    file_hash,
    is_folder,
    known_format,
    options_for,
    preset_called,
    read_sequences,
    read_stamped,
)
from transformer_programs.errors import DataError, SchemaError, TaskError, TrustError
from transformer_programs.system import (
    Json,
    JsonObject,
    Read,
    record_of,
    string,
    wrong,
)
from transformer_programs.tasks import task as registry
from transformer_programs.tasks.task import Definition, Task


@dataclass(frozen=True, slots=True)
class TaskSource:
    """Inputs drawn from a task.

    Attributes:
        task: its name, or ``FILE.py:NAME`` for a task that this file registers.
        size: how many inputs are drawn.
        seed: draws and splits them.
        vocabulary_size: of the task, its own by default.
        max_length: of the task, its own by default.
        sha256: of ``FILE.py`` when it was first read, "" before.
        trusted: whether ``FILE.py`` may be executed: it is named by the user, not by a
            file that was read. This is not stored.

    >>> task = tp.TaskSource("hist", size=200, vocabulary_size=6, max_length=6)
    >>> task.dataset().labels
    ('1', '2', '3', '4', '5')
    """

    task: str
    size: int = 20_000
    seed: int = 0
    vocabulary_size: int | None = None
    max_length: int | None = None
    sha256: str = ""
    trusted: bool = field(default=True, compare=False)

    def find_task(self) -> Task:
        """The task, at its size.

        Raises:
            TaskError: if there is no such task, it cannot have that size, or its file
                is not the one that was read.
            TrustError: if its file may not be executed.
        """
        file, _ = _divided(self.task)
        if file is not None and not self.trusted:
            raise TrustError(untrusted(str(file)))
        if file is not None and self.sha256 and _task_hash(file) != self.sha256:
            raise TaskError(_changed(str(file)))
        return find_task(self.task).build(self.vocabulary_size, self.max_length)

    def dataset(self) -> Dataset:
        """The inputs with their labels.

        Raises:
            TaskError: if there is no such task, or it cannot give what is asked.
        """
        return self.find_task().dataset(self.size, self.seed)

    def stamped(self) -> TaskSource:
        """The same source with the absolute path and the hash of its file, if any.

        Raises:
            TaskError: if the file cannot be read.
        """
        file, name = _divided(self.task)
        if file is None:
            return self
        return replace(self, task=f"{file.resolve()}:{name}", sha256=_task_hash(file))


@dataclass(frozen=True, slots=True)
class FileSource:
    """Sequences read from a file.

    Attributes:
        path: the file.
        options: how it is read.
        sha256: of the file when it was first read, "" before.
        validation_sha256: of the separate file of validation data, likewise.
        test_sha256: of the separate file of test data, likewise.
        more_words_sha256: of the file of more words, likewise.
    """

    path: str
    options: ReadOptions = ReadOptions()
    sha256: str = ""
    validation_sha256: str = ""
    test_sha256: str = ""
    more_words_sha256: str = ""

    def dataset(self) -> Dataset:
        """The sequences, split.

        Raises:
            DataError: if a file cannot be read, or is not the one that was read.
        """
        for path, expected in (
            (self.path, self.sha256),
            (self.options.validation, self.validation_sha256),
            (self.options.test, self.test_sha256),
            (self.options.more_words, self.more_words_sha256),
        ):
            if path and expected and file_hash(Path(path)) != expected:
                raise DataError(_changed(path))
        return read_sequences(self.path, self.options)

    def stamped(self) -> FileSource:
        """The same source with absolute paths and the files' hashes.

        Raises:
            DataError: if a file cannot be read.
        """
        options = self.options
        separate = {
            "validation": options.validation,
            "test": options.test,
            "more_words": options.more_words,
        }
        given = {name: Path(path) for name, path in separate.items() if path}
        resolved = {name: str(path.resolve()) for name, path in given.items()}
        hashes = {f"{name}_sha256": file_hash(path) for name, path in given.items()}
        path = Path(self.path)
        return FileSource(
            str(path.resolve()),
            replace(options, **resolved),  # type: ignore[arg-type]  # names are fields
            file_hash(path),
            **hashes,
        )


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A data set of Hugging Face.

    Attributes:
        name: what ``read_dataset`` takes: a preset, a data set of the hub, a folder.
        options: how it is read; None for what suits the name.
        configuration: of a data set that has several.
        fingerprint: the SHA-256 of the sequences and labels when they were first read,
            "" before.
    """

    name: str
    options: ReadOptions | None = None
    configuration: str | None = None
    fingerprint: str = ""

    def read(self) -> tuple[DatasetSource, Dataset]:
        """The same source with all that makes it the same again, and its sequences.

        Raises:
            DataError: if it cannot be had, or is not what was read first.
            SettingsError: if the package ``datasets`` is missing.
        """
        options = self.options or options_for(self.name)
        dataset, found = read_stamped(self.name, options, self.configuration)
        if self.fingerprint and found != self.fingerprint:
            raise DataError(
                f"{self.name}: this is not what was learned from: expected fingerprint "
                f"{self.fingerprint[:12]}..., got {found[:12]}..."
            )
        name = str(Path(self.name).resolve()) if is_folder(self.name) else self.name
        return DatasetSource(name, options, self.configuration, found), dataset

    def dataset(self) -> Dataset:
        """The sequences, split.

        Raises:
            DataError, SettingsError: as for ``read``.
        """
        return self.read()[1]


Source = TaskSource | FileSource | DatasetSource


def find_task(name: str) -> Task:
    """A registered task, or one of a file: ``FILE.py:NAME``.

    Raises:
        TaskError: if there is no such task or file, or the file fails.
    """
    file, inner = _divided(name)
    if file is not None:
        tasks = _tasks_of(file.resolve(), _task_hash(file))
        if inner in tasks:
            return tasks[inner]
        known = ", ".join(tasks) or "none"
        raise TaskError(f"{file}: registers no task {inner!r}; its tasks: {known}")
    try:
        return registry.get(name)
    except TaskError as error:
        if preset := preset_called(name):
            raise TaskError(
                f"unknown task {name!r}; {preset!r} is a data set: read it with "
                f"tp.read_dataset, or on the command line with --dataset {preset}"
            ) from None
        if known_format(Path(name)) is not None and not Path(name).exists():
            raise TaskError(f"{name}: no such file; and it is an {error}") from None
        if Path(name).is_file():
            raise TaskError(
                f"{error}; {name!r} is a file: read data with tp.read_sequences, or on "
                "the command line with --data"
            ) from None
        raise


def _divided(name: str) -> tuple[Path | None, str]:
    """``FILE.py:NAME`` as its parts; no file for the name of a task."""
    path, _, inner = name.rpartition(":")
    return (Path(path), inner) if path.endswith(".py") else (None, name)


def find_function(name: str) -> Definition:
    """The function that a file defines: ``FILE.py:FUNCTION``.

    Raises:
        TaskError: if there is no such file or function, or the file fails.
    """
    file, inner = _divided(name)
    if file is None:
        raise TaskError(f"expected FILE.py:FUNCTION, got {name!r}")
    if not file.is_file():
        raise TaskError(f"{file}: no such file; expected FILE.py:FUNCTION")
    found = _executed(file.resolve(), _task_hash(file))[0].get(inner)
    if not callable(found):
        raise TaskError(f"{file}: expected it to define a function {inner!r}")
    function: Definition = found
    return function


def _tasks_of(file: Path, sha256: str) -> dict[str, Task]:
    """The tasks that a file registers."""
    return _executed(file, sha256)[1]


@cache
def _executed(file: Path, sha256: str) -> tuple[dict[str, Any], dict[str, Task]]:
    """What a file defines and registers; each of its versions is executed once."""
    del sha256  # makes another version of the file another call
    before = {name: registry.get(name) for name in registry.names()}
    module = ModuleType(f"_task_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses look themselves up
    called(str(file), (), _execute, file, module)
    after = {name: registry.get(name) for name in registry.names()}
    new = {name: task for name, task in after.items() if before.get(name) is not task}
    return module.__dict__, new


def _execute(file: Path, module: ModuleType) -> None:
    exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)


def _task_hash(file: Path) -> str:
    try:
        return file_hash(file)
    except DataError as error:
        raise TaskError(f"{error}; expected FILE.py:TASK") from error


def _changed(path: str) -> str:
    return f"{path}: this is not the file that was learned from: its SHA-256 differs"


def untrusted(file: str) -> str:
    """What is said where a file would be executed that the user did not name."""
    return (
        f"{file}: this Python file would be executed, as the run or certificate says, "
        "but was not named here; if you trust it, add --trust (in Python: trust=True)"
    )


def trusted(source: Source | None, *, trust: bool) -> Source | None:
    """The source that a file named, with the trust that the user has in it."""
    if isinstance(source, TaskSource):
        return replace(source, trusted=trust)
    return source


def source_to_json(source: Source | None) -> dict[str, Any]:
    """What ``config.json`` says about a source; None is data in memory."""
    match source:
        case None:
            return {"kind": "memory"}
        case TaskSource():
            known = {n: v for n, v in asdict(source).items() if n != "trusted"}
            return {"kind": "task", **known}
        case FileSource():
            return {"kind": "file", **asdict(source)}
        case DatasetSource():
            return {"kind": "dataset", **asdict(source)}


def source_from_json(value: Json, place: str) -> Source | None:
    """Read what ``source_to_json`` wrote; the file of a task is not trusted.

    Raises:
        SchemaError, SettingsError: for anything else.
    """
    fields = JsonObject(value, place)
    kind = fields.take("kind", string)
    if kind == "memory":
        fields.end()
        return None
    if kind not in _SOURCES:
        raise wrong(f"{place}.kind", "one of memory, " + ", ".join(_SOURCES), kind)
    if "trusted" in fields.fields:
        raise SchemaError(f"{place}.trusted: unknown field")
    source: Source = _SOURCES[kind](fields.fields, place)
    return trusted(source, trust=False)


_SOURCES: dict[str, Read[Any]] = {
    "task": record_of(TaskSource),
    "file": record_of(FileSource),
    "dataset": record_of(DatasetSource),
}
