"""Lines of text files, plain or gzipped."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from transformer_programs.errors import DataError
from transformer_programs.system.files import open_regular

LONGEST_LINE = 64 << 20
"""The most bytes of a line."""

UNPACKED = 16 << 20
"""The bytes that any gzip may unpack to."""

EXPANSION = 100
"""How many times its size a larger gzip may unpack to. Texts come to about 5 times, DNA
and the like to 20; what comes to 1,000 times is made to fill the memory."""

_GZIP = b"\x1f\x8b"


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
        raise DataError(
            f"{path}:{number}: expected UTF-8 text, found byte "
            f"0x{error.object[error.start]:02x} at byte {error.start} of the line"
        ) from error


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
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be read: {reason}") from error


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
    # Data never unpack to so much more than their size.
    most = max(UNPACKED, EXPANSION * path.stat().st_size)
    read = 0
    # What is damaged is reported, with its line, when it is read.
    with gzip.open(path, "rb") as file, suppress(EOFError, OSError, zlib.error):
        while part := file.read(1 << 20):
            read += len(part)
            if read > most:
                break
    if read > most:
        raise DataError(
            f"{path}: expected data, found what unpacks to more than {EXPANSION} times "
            "its size; if it is data all the same, unpack it and name the unpacked file"
        )
