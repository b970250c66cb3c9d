"""The lines of a text file, plain or compressed, whatever may be wrong with it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from transformer_programs.errors import DataError

_GZIP = b"\x1f\x8b"


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Line numbers, from 1, and lines without their ends, one at a time.

    Unix and Windows line ends are known; a byte order mark is dropped.

    Raises:
        DataError: for a file that is missing, a folder, not readable, not UTF-8, or a
            damaged gzip.
    """
    number = 0
    try:
        with readable(path), open_bytes(path) as file:
            for number, raw in enumerate(file, start=1):
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                yield number, text.removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}:{number}: expected UTF-8 text, found byte "
            f"0x{error.object[error.start]:02x} at byte {error.start} of the line"
        ) from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """In this context, what prevents reading a file is a data error that says why.

    Raises:
        DataError: for a file that is missing, a folder, not readable, or a damaged
            gzip.
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
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be read: {reason}") from error


def open_bytes(path: Path) -> BinaryIO:
    """The bytes of a file, unpacked if its name ends in ``.gz`` or it is a gzip."""
    file = path.open("rb")
    if path.suffix == ".gz" or file.peek(2)[:2] == _GZIP:
        file.close()
        return cast("BinaryIO", gzip.open(path, "rb"))
    return file
