"""The files of a run folder, read within limits and written whole.

RUN/config.json         where the data came from, and all settings
RUN/model.safetensors   the hardened model
RUN/program.json        the program as data
RUN/program.py          the program as Python
RUN/metrics.jsonl       a line for everything recorded while learning; the result
RUN/certificate.json    what was checked
RUN/learned.safetensors only if the program was made shorter: the model as learned
RUN/curve.svg           only of a simplified program: accuracy over size
RUN/start.json          only if it began with a program: that program
RUN/searched.json       only beside a checkpoint: what the search before it found
RUN/checkpoint.safetensors   only if training was stopped early: where to go on
RUN/.lock               only while it is written (runs/place.py)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.system.files import (
    MODEL_LIMIT,
    leads_out,
    limited_size,
    read_limited,
    write_new,
)
from transformer_programs.system.json_text import Json, parse_object

CONFIG = "config.json"
MODEL = "model.safetensors"
LEARNED = "learned.safetensors"
PROGRAM = "program.json"
FILE = "program.py"
METRICS = "metrics.jsonl"
TABLES = "tables.json"
CERTIFICATE = "certificate.json"
CURVE = "curve.svg"
START = "start.json"
SEARCHED = "searched.json"
CHECKPOINT = "checkpoint.safetensors"
LOCK = ".lock"

STOPPED = (CONFIG, START, SEARCHED, CHECKPOINT)
"""What a stopped training is resumed from."""

FILES = (
    *(CONFIG, MODEL, LEARNED, PROGRAM, FILE, TABLES, METRICS, CERTIFICATE, CURVE),
    *(START, SEARCHED, CHECKPOINT, LOCK),
)
"""Everything that a run folder may hold."""


def check_folder(run: Path) -> None:
    """Check that no file was named where a run folder is meant.

    Raises:
        RunFolderError: If one was.
    """
    if run.is_file():
        meant = "'tprog train' makes run folders"
        if run.name in FILES:
            meant = f"name the folder itself: {run.parent}"
        raise RunFolderError(f"{run}: expected a run folder, got a file; {meant}")


def read_text(file: Path, *, named: bool = False) -> str:
    """Return the text of a file of a run.

    Args:
        file: The file.
        named: Whether the user named this very file, and not its folder: then it may
            also be a link to another place.

    Raises:
        RunFolderError: If there is none, it is too large or no regular file, it is no
            UTF-8, or links out of its folder.
    """
    if not named:
        check_inside(file)
    try:
        with _reading(file):
            return read_limited(existing(file)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunFolderError(
            f"{file}: cannot be read: expected UTF-8 text, found byte "
            f"0x{error.object[error.start]:02x} at {error.start}"
        ) from error


def check_inside(file: Path) -> None:
    """Check that a file of a folder is no link that leads out of it.

    Raises:
        RunFolderError: If it is one.
    """
    with _reading(file):  # links in a circle cannot be followed
        out = leads_out(file)
    if out:
        raise RunFolderError(
            f"{file}: links to a place outside its folder; put the file itself there"
        )


def regular_file(file: Path, limit: int = MODEL_LIMIT) -> Path:
    """Return a file of a run itself, for libraries that open it by its name.

    Raises:
        RunFolderError: If there is none, it is too large or no regular file, or it
            links out of its folder.
    """
    check_inside(file)
    with _reading(file):
        limited_size(existing(file), limit)
    return file


def existing(file: Path) -> Path:
    """Return the file itself.

    Raises:
        RunFolderError: If there is none.
    """
    if file.exists():
        return file
    if file.name not in FILES:
        raise RunFolderError(
            f"{file}: no such run folder or file; 'tprog train' makes run folders"
        )
    check_folder(file.parent)
    raise RunFolderError(
        f"{file.parent}: expected a run folder, found no {file.name}; 'tprog train' "
        "makes run folders"
    )


def read_object(path: Path) -> dict[str, Json]:
    """Return the JSON object in a file of a run.

    Raises:
        RunFolderError: If there is none.
    """
    try:
        return parse_object(read_text(path))
    except SchemaError as error:
        raise RunFolderError(f"{path}: {error}") from error


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts under their names; an older file stays until the new is whole.

    Raises:
        RunFolderError: If that fails.
    """
    for name, text in texts.items():
        with writing(folder):
            replace_file(folder / name, text.encode())


def replace_file(file: Path, content: bytes) -> None:
    """Write a file; an older one, or a link, is replaced once the new is whole.

    Raises:
        OSError: If it cannot be written.
    """
    partial = file.with_name(f"{file.name}.partial")
    try:
        write_new(partial, content)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """In this context, raise a RunFolderError for every OSError."""
    try:
        yield
    except OSError as error:
        raise RunFolderError(f"{place}: cannot be written: {error}") from error


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunFolderError(f"{file}: cannot be read: {reason}") from error
