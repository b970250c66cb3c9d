"""The run folder: what a training leaves behind, and what other commands read.

    RUN/config.json         where the data came from, and all settings
    RUN/model.safetensors   the hardened model
    RUN/program.json        the program as data
    RUN/program.py          the program as Python
    RUN/metrics.jsonl       every evaluation during training, and the result
    RUN/certificate.json    what was checked
    RUN/checkpoint.safetensors   only if training was stopped early: where to go on

A run is written into a hidden folder beside its place and moved there when it is
complete, so that a run folder is never half a run.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformer_programs.errors import RunFolderError
from transformer_programs.program.nodes import Pooling, Program, Scope
from transformer_programs.program.serialize import from_json
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.sources import (
    Source,
    source_from_json,
    source_to_json,
)

CONFIG = "config.json"
MODEL = "model.safetensors"
PROGRAM = "program.json"
FILE = "program.py"
METRICS = "metrics.jsonl"
CERTIFICATE = "certificate.json"
CHECKPOINT = "checkpoint.safetensors"

FORMAT = "transformer-program-run"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Config:
    """What was asked for.

    Attributes:
        name: of the data.
        source: where the data came from; None if they were in memory.
        model: the shape of the model.
        training: how it was trained.
    """

    name: str
    source: Source | None
    model: ModelSettings
    training: TrainSettings

    def to_json(self) -> str:
        """The text of ``config.json``."""
        document = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "source": source_to_json(self.source),
            "model": asdict(self.model),
            "training": asdict(self.training),
        }
        return json.dumps(document, indent=2) + "\n"


def read_config(run: Path) -> Config:
    """The configuration of a run.

    Raises:
        RunFolderError: if it is missing, damaged or of another version.
    """
    path = run / CONFIG
    document = _read_json(path)
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise RunFolderError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, got "
            f"{document.get('format')!r} version {document.get('version')!r}"
        )
    try:
        model: dict[str, Any] = document["model"]
        model |= {
            "scope": Scope(model["scope"]),
            "pooling": Pooling(model["pooling"]),
        }
        return Config(
            name=document["name"],
            source=source_from_json(document["source"]),
            model=ModelSettings(**model),
            training=TrainSettings(**document["training"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{path}: not a configuration: {error}") from error


def read_program(path: Path) -> Program:
    """The program of a run folder, or of a JSON file.

    Raises:
        RunFolderError: if there is none.
        SchemaError: if it cannot be read by this version.
        ProgramError: if it breaks the rules.
    """
    file = path / PROGRAM if path.is_dir() else path
    return from_json(read_text(file), str(file))


def read_text(file: Path) -> str:
    """A text file of a run.

    Raises:
        RunFolderError: if there is none.
    """
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        place = file.parent if file.name in _FILES else file
        what = "a run folder" if file.name in _FILES else "a file"
        raise RunFolderError(
            f"{place}: expected {what}, found no {file.name}; "
            "'tprog train' makes run folders"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{file}: cannot be read: {error}") from error


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl``.

    Raises:
        RunFolderError: if the file is missing or damaged.
    """
    lines = read_text(run / METRICS).splitlines()
    try:
        return [json.loads(line) for line in lines]
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{run / METRICS}: not JSON lines: {error}") from error


def free_folder(parent: Path, name: str) -> Path:
    """``parent/name``, or with the first number that makes it new."""
    folder, number = parent / name, 2
    while folder.exists():
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def partial_folder(run: Path) -> Path:
    """Where a run is kept until it is complete."""
    return run.parent / f".{run.name}.partial"


def stopped_run(run: Path) -> Path:
    """Where the checkpoint of a stopped training is: in its folder, or a partial one.

    Raises:
        RunFolderError: if there is none.
    """
    for folder in (partial_folder(run), run):
        if (folder / CHECKPOINT).exists():
            return folder
    raise RunFolderError(
        f"{run}: nothing to resume: there is no {CHECKPOINT}; a training that ended "
        "by itself leaves none"
    )


def check_free(run: Path, *, force: bool) -> None:
    """Is the place free for a new run?

    Raises:
        RunFolderError: if there is something that must not be overwritten.
    """
    if not run.exists():
        return
    if run.is_dir() and ((run / CONFIG).exists() or not any(run.iterdir())):
        if force:
            return
        raise RunFolderError(
            f"{run}: this run folder exists; choose another with --out, "
            "or overwrite it with --force"
        )
    raise RunFolderError(f"{run}: exists and is not a run folder; choose another name")


@contextmanager
def new_run(run: Path, *, force: bool = False, resume: bool = False) -> Iterator[Path]:
    """A folder to write a run into, moved to its place when the block ends well.

    When the block fails, what was written is removed, but for a checkpoint of training
    that can go on.

    Args:
        run: the place of the run.
        force: whether a run that is there may be replaced.
        resume: whether a partial run may be there already.

    Raises:
        RunFolderError: if the place is taken or cannot be written.
    """
    check_free(run, force=force)
    partial = partial_folder(run)
    try:
        if partial.exists() and not resume:
            shutil.rmtree(partial)
        partial.mkdir(parents=True, exist_ok=resume)
    except OSError as error:
        raise RunFolderError(f"{run}: cannot be written: {error}") from error
    try:
        yield partial
        if run.exists():
            shutil.rmtree(run)
        partial.rename(run)
    except BaseException:
        if not (partial / CHECKPOINT).exists():
            shutil.rmtree(partial, ignore_errors=True)
        raise


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts under their names.

    Raises:
        RunFolderError: if that fails.
    """
    try:
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written: {error}") from error


_FILES = (CONFIG, MODEL, PROGRAM, FILE, METRICS, CERTIFICATE)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RunFolderError(f"{path}: expected a JSON object")
    return document
