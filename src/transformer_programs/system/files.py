"""Files: read within limits, written whole, and those of a run folder by name.

What lies in a run folder may come from anywhere: a pipe that never ends, a device, a
link to somewhere else, gigabytes. Only regular files are opened, and no more is read
than the limits allow.

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

import gzip
import os
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from transformer_programs.errors import DataError, RunFolderError, SchemaError
from transformer_programs.system.documents import Json, parse_object

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

TEXT_LIMIT = 32 << 20
"""The most bytes of a text file of a run: room for tables of millions of entries, while
what Python makes of them stays below 2 GB."""

MODEL_LIMIT = 1 << 30
"""The most bytes of the file of a model."""

FILE_LIMIT = 16 << 30
"""The most bytes of any file that is read: of data, of vectors, of a checkpoint."""

LONGEST_LINE = 64 << 20
"""The most bytes of a line."""

UNPACKED = 16 << 20
"""The bytes that any gzip may unpack to."""

EXPANSION = 100
"""How many times its size a larger gzip may unpack to. Texts come to about 5 times, DNA
and the like to 20; what comes to 1,000 times is made to fill the memory."""

_GZIP = b"\x1f\x8b"

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


# Files of any origin


def open_regular(file: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        OSError: If it is missing, not a regular file, or cannot be read.
    """
    _check_regular(file, file.stat())
    # Should it become a pipe by now, opening it does not wait for a writer.
    waiting = getattr(os, "O_NONBLOCK", 0)
    opened = os.open(file, os.O_RDONLY | waiting | getattr(os, "O_BINARY", 0))
    try:
        _check_regular(file, os.fstat(opened))
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def _check_regular(file: Path, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(f"expected a file, found a folder: {file}")
    if kind != stat.S_IFREG:
        raise OSError(f"expected a file, found {_KINDS.get(kind, 'something else')}")


def limited_size(file: Path, limit: int) -> None:
    """Check that a file is regular, and not above a limit in bytes.

    Raises:
        OSError: If it is not.
    """
    status = file.stat()
    _check_regular(file, status)
    if status.st_size > limit:
        raise _too_large(status.st_size, limit)


def _too_large(size: int, limit: int) -> OSError:
    return OSError(f"expected at most {limit:,} bytes, it has {size:,}")


def write_new(file: Path, content: bytes) -> None:
    """Write a file that replaces whatever has its name, without following a link.

    What could not be written whole is removed.

    Raises:
        OSError: If it cannot be written.
    """
    file.unlink(missing_ok=True)
    try:
        with file.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        raise
    except BaseException:
        file.unlink(missing_ok=True)
        raise


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


# Lines of text, plain or gzipped


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers, from 1, and lines without their ends (Unix or Windows).

    A byte order mark is dropped.

    Raises:
        DataError: As for `readable`, and if the file is not UTF-8 or a line too long.
    """
    number = 0
    try:
        with readable(path), open_bytes(path) as file:
            while raw := file.readline(LONGEST_LINE + 1):
                number += 1
                if len(raw) > LONGEST_LINE:
                    raise DataError(
                        f"{path}:{number}: expected at most {LONGEST_LINE:,} bytes in "
                        "a line, found more"
                    )
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        found = f"{_undecodable(error)} of the line"
        raise DataError(f"{path}:{number}: {found}") from error


def _undecodable(error: UnicodeDecodeError) -> str:
    byte = error.object[error.start]
    return f"expected UTF-8 text, found byte 0x{byte:02x} at byte {error.start}"


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """In this context, raise a DataError for whatever prevents reading a file.

    Raises:
        DataError: If the file is missing, a folder, not readable, or a damaged gzip.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: expected a data file, found a folder") from error
    except EOFError as error:
        raise DataError(
            f"{path}: expected a whole gzip file, found a truncated one"
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"{path}: expected a gzip file, found something else: {error}"
        ) from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def open_bytes(path: Path, *, known: bool = False) -> BinaryIO:
    """Open a file for reading, unpacked if its name ends in ``.gz`` or it is a gzip.

    Args:
        path: The file.
        known: Whether it is known that it does not unpack to too much.

    Raises:
        DataError: If it unpacks to far more than its size.
        OSError: If it is no regular file, or cannot be read.
    """
    file = open_regular(path)
    if path.suffix != ".gz" and file.peek(2)[:2] != _GZIP:
        return file
    file.close()
    if not known:
        _check_unpacked(path)
    return cast("BinaryIO", gzip.open(path, "rb"))


def _check_unpacked(path: Path) -> None:
    most = max(UNPACKED, EXPANSION * path.stat().st_size)
    read = 0
    # What is damaged is reported, with its line, when it is read.
    with gzip.open(path, "rb") as file, suppress(EOFError, OSError, zlib.error):
        while read <= most and (part := file.read(1 << 20)):
            read += len(part)
    if read > most:
        raise DataError(
            f"{path}: expected data, found what unpacks to more than {EXPANSION} times "
            "its size; if it is data all the same, unpack it and name the unpacked file"
        )


# Files of a run


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
        RunFolderError: As for `regular_file`, and if it is not UTF-8.
    """
    if not named:
        check_inside(file)
    try:
        with _reading(file), open_regular(existing(file)) as opened:
            content = opened.read(TEXT_LIMIT + 1)
            if len(content) > TEXT_LIMIT:
                raise _too_large(file.stat().st_size, TEXT_LIMIT)
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        found = _undecodable(error).replace(" at byte", " at")
        raise RunFolderError(f"{file}: cannot be read: {found}") from error


def check_inside(file: Path) -> None:
    """Check that a file of a folder is no link that leads out of it.

    Raises:
        RunFolderError: If it is one.
    """
    with _reading(file):  # links in a circle cannot be followed
        folder = file.parent.resolve()
        out = file.is_symlink() and not file.resolve().is_relative_to(folder)
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


_NAMED = 3  # runs in a folder that is none itself


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
    inside = sorted(place.parent.name for place in file.parent.glob(f"*/{file.name}"))
    remedy = "'tprog train' makes run folders"
    if inside:
        more = len(inside) - _NAMED
        rest = f" or {more} more" if more > 0 else ""
        remedy = f"name one of those in it: {', '.join(inside[:_NAMED])}{rest}"
    raise RunFolderError(
        f"{file.parent}: expected a run folder, found no {file.name}; {remedy}"
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
    with writing(folder):
        for name, text in texts.items():
            replace_file(folder / name, text.encode())


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
        raise RunFolderError(f"{file}: cannot be read: {_reason(error)}") from error
