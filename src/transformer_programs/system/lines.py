"""The lines of a text file, plain or compressed, whatever may be wrong with it."""

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
"""What packed files may unpack to in any case, in bytes, and ..."""

EXPANSION = 100
"""... how many times their own size: texts come to about 5 times, DNA and the like to
20; what comes to 1,000 times is made to fill the memory."""

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


def open_bytes(path: Path, *, known: bool = False) -> BinaryIO:
    """The bytes of a file, unpacked if its name ends in ``.gz`` or it is a gzip.

    Args:
        path: where it is.
        known: whether it has been seen before that it does not unpack to too much.

    Raises:
        DataError: if it unpacks to far more than it has.
        OSError: if it is no regular file, or cannot be read.
    """
    file = open_regular(path)
    if path.suffix != ".gz" and file.peek(2)[:2] != _GZIP:
        return file
    file.close()
    if not known:
        _check_unpacked(path)
    return cast("BinaryIO", gzip.open(path, "rb"))


def _check_unpacked(path: Path) -> None:
    """See that a file does not unpack to far more than what data compress to.

    Raises:
        DataError: if it does.
    """
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
