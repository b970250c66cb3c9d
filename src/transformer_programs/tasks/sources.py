"""Sources of data sets: storable descriptions from which data are made again."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any

from transformer_programs.data import (
    Dataset,
    ReadOptions,
    called,
    file_hash,
)
from transformer_programs.errors import DataError, TaskError, TrustError
from transformer_programs.settings import added
from transformer_programs.system import document_of
from transformer_programs.tasks.task import Definition, Task


@dataclass(frozen=True, slots=True)
class TaskSource:
    """Inputs drawn from a task.

    Attributes:
        task: Its name, or ``FILE.py:NAME`` for a task that this file registers.
        size: Number of inputs.
        seed: Fixes how they are drawn and split.
        vocabulary_size: Of the task, its own by default.
        max_length: Of the task, its own by default.
        sha256: Hash of ``FILE.py`` when it was first read, "" before.
        trusted: Whether ``FILE.py`` may be executed, as the user named it. Not stored.

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
        """Return the task, at its size.

        Raises:
            TaskError: If there is no such task, it cannot have that size, or its file
                is not the one that was read.
            TrustError: If its file may not be executed.
        """
        file, _ = _divided(self.task)
        if file is not None:
            if not self.trusted:
                raise TrustError(untrusted(str(file)))
            if self.sha256 and _task_hash(file) != self.sha256:
                raise TaskError(_changed(str(file)))
        return find_task(self.task).build(self.vocabulary_size, self.max_length)

    def dataset(self) -> Dataset:
        """Draw the inputs with their labels."""
        return self.find_task().dataset(self.size, self.seed)

    def stamped(self) -> TaskSource:
        """Return the source with the absolute path and the hash of its file, if any."""
        file, name = _divided(self.task)
        if file is None:
            return self
        return replace(self, task=f"{file.resolve()}:{name}", sha256=_task_hash(file))


@dataclass(frozen=True, slots=True)
class FileSource:
    """Sequences read from a file, and the hashes of its files when first read.

    Attributes:
        path: The file.
        options: How it is read; names the other files.
        sha256: Hash of the file, "" before it is read; the others likewise.
    """

    path: str
    options: ReadOptions = ReadOptions()
    sha256: str = ""
    validation_sha256: str = ""
    test_sha256: str = ""
    more_words_sha256: str = ""

    def _files(self) -> dict[str, str]:
        named = {n: getattr(self.options, n) for n in _NAMED_FILES}
        return {name: path for name, path in named.items() if path}

    def dataset(self) -> Dataset:
        """Read the sequences and split them.

        Raises:
            DataError: If a file cannot be read, or is not the one that was read.
        """
        from transformer_programs.data import read_sequences  # loads every reader

        stamps = {f"{name}_sha256": path for name, path in self._files().items()}
        for stamp, path in {"sha256": self.path, **stamps}.items():
            expected = getattr(self, stamp)
            if expected and file_hash(Path(path)) != expected:
                raise DataError(_changed(path))
        return read_sequences(self.path, self.options)

    def stamped(self) -> FileSource:
        """Return the source with absolute paths and the files' hashes."""
        files = {name: Path(path) for name, path in self._files().items()}
        paths: dict[str, Any] = {n: str(path.resolve()) for n, path in files.items()}
        return FileSource(
            str(Path(self.path).resolve()),
            replace(self.options, **paths),
            file_hash(Path(self.path)),
            **{f"{name}_sha256": file_hash(path) for name, path in files.items()},
        )


_NAMED_FILES = ("validation", "test", "more_words")
"""Options that name further files."""


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A data set of Hugging Face, as ``read_dataset`` takes it.

    Attributes:
        name: A preset, a data set of the hub, or a folder.
        options: How it is read; None for what suits the name.
        configuration: Of a data set that has several.
        fingerprint: SHA-256 of the sequences and labels, "" before they are read.
    """

    name: str
    options: ReadOptions | None = None
    configuration: str | None = None
    fingerprint: str = ""

    def read(self) -> tuple[DatasetSource, Dataset]:
        """Return the stamped source, which gives the same again, and the sequences.

        Raises:
            DataError: If it is not available, or not what was read first.
            SettingsError: If the package ``datasets`` is missing.
        """
        from transformer_programs.data import is_folder, options_for, read_stamped

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
        """Read the sequences and split them; raises as ``read`` does."""
        return self.read()[1]


Source = TaskSource | FileSource | DatasetSource


def find_task(name: str) -> Task:
    """Return a registered task, or one of a file: ``FILE.py:NAME``.

    Raises:
        TaskError: If there is no such task or file, or the file fails.
    """
    file, inner = _divided(name)
    if file is not None:
        tasks = _executed(file.resolve(), _task_hash(file))[1]
        if inner in tasks:
            return tasks[inner]
        known = ", ".join(tasks) or "none"
        raise TaskError(f"{file}: registers no task {inner!r}; its tasks: {known}")
    from transformer_programs.tasks import registry  # loads all built-in tasks

    try:
        return registry.get(name)
    except TaskError as error:
        from transformer_programs.data import known_format, preset_called

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
    """Divide ``FILE.py:NAME``; the name of a registered task has no file."""
    path, _, inner = name.rpartition(":")
    return (Path(path), inner) if path.endswith(".py") else (None, name)


def find_function(name: str) -> Definition:
    """Return the function that a file defines: ``FILE.py:FUNCTION``.

    Raises:
        TaskError: If there is no such file or function, or the file fails.
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


@cache
def _executed(file: Path, sha256: str) -> tuple[dict[str, Any], dict[str, Task]]:
    """Execute each version of a file once; return what it defines and registers."""
    from transformer_programs.tasks import registry

    del sha256  # makes another version of the file another call
    before = {name: registry.get(name) for name in registry.names()}
    module = ModuleType(f"_task_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # where dataclasses look themselves up

    def execute() -> None:
        exec(compile(file.read_bytes(), str(file), "exec"), module.__dict__)

    called(str(file), (), execute)
    now = [(name, registry.get(name)) for name in registry.names()]
    return module.__dict__, {n: task for n, task in now if before.get(n) is not task}


def _task_hash(file: Path) -> str:
    try:
        return file_hash(file)
    except DataError as error:
        raise TaskError(f"{error}; expected FILE.py:TASK") from error


def _changed(path: str) -> str:
    return f"{path}: this is not the file that was learned from: its SHA-256 differs"


def untrusted(file: str) -> str:
    """Return the message for a file that the user did not name, so is not executed."""
    return (
        f"{file}: this Python file would be executed, as the run or certificate says, "
        "but was not named here; if you trust it, add --trust (in Python: trust=True)"
    )


def trusted(source: Source | None, *, trust: bool) -> Source | None:
    """Return a source that a file named, with the trust that the user has in it."""
    return replace(source, trusted=trust) if isinstance(source, TaskSource) else source


def source_to_json(source: Source | None) -> dict[str, Any]:
    """Return what ``config.json`` says about a source; None is data in memory."""
    if source is None:
        return {"kind": "memory"}
    (kind,) = (kind for kind, one in _KINDS.items() if isinstance(source, one))
    stored = {name: v for name, v in asdict(source).items() if name != "trusted"}
    return {"kind": kind, **stored}


_KINDS: dict[str, type[Source]] = {
    "task": TaskSource,
    "file": FileSource,
    "dataset": DatasetSource,
}


@cache
def source_document() -> Any:
    """Return what a source is in JSON; a task that is read from it is not trusted."""
    make = partial(ReadOptions, **added(ReadOptions))
    options = document_of(ReadOptions, make=make, optional=None)
    memory = document_of(_Memory, tag="memory", make=lambda: None)
    untrusting, unstored = partial(TaskSource, trusted=False), ("trusted",)
    task = document_of(
        TaskSource, make=untrusting, tag="task", optional=None, without=unstored
    )
    file = document_of(FileSource, tag="file", optional=None, options=options)
    maybe = options | None
    dataset = document_of(DatasetSource, tag="dataset", optional=None, options=maybe)
    return memory | task | file | dataset


@dataclass(frozen=True)
class _Memory:
    """Data that were in memory."""
