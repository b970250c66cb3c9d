"""Files of unknown origin, read within limits.

What lies in a run folder may come from anywhere: a pipe that never ends, a device, a
link to somewhere else, gigabytes. Only regular files are opened, and no more is read
than the limits allow.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

TEXT_LIMIT = 32 << 20
"""The most bytes of a text file of a run: room for tables of millions of entries, while
what Python makes of them stays below 2 GB."""

MODEL_LIMIT = 1 << 30
"""The most bytes of the file of a model."""

FILE_LIMIT = 16 << 30
"""The most bytes of any file that is read: of data, of vectors, of a checkpoint."""

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def open_regular(file: Path) -> BufferedReader:
    """Open a regular file for reading.

    Raises:
        FileNotFoundError: If there is none.
        IsADirectoryError: If it is a folder.
        OSError: If it is a pipe, a device or a socket, or cannot be read.
    """
    check_regular(file, file.stat())
    # Should it become a pipe by now, opening it does not wait for a writer.
    waiting = getattr(os, "O_NONBLOCK", 0)
    opened = os.open(file, os.O_RDONLY | waiting | getattr(os, "O_BINARY", 0))
    try:
        check_regular(file, os.fstat(opened))
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def check_regular(file: Path, status: os.stat_result) -> None:
    """Check that a file can be read to its end.

    Raises:
        IsADirectoryError: If it is a folder.
        OSError: If it is a pipe, a device or a socket.
    """
    kind = stat.S_IFMT(status.st_mode)
    if kind == stat.S_IFDIR:
        raise IsADirectoryError(f"expected a file, found a folder: {file}")
    if kind != stat.S_IFREG:
        raise OSError(f"expected a file, found {_KINDS.get(kind, 'something else')}")


def read_limited(file: Path, limit: int = TEXT_LIMIT) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        OSError: As for `open_regular`, and if the file is above the limit.
    """
    with open_regular(file) as opened:
        found = opened.read(limit + 1)
    if len(found) > limit:
        raise _too_large(file.stat().st_size, limit)
    return found


def limited_size(file: Path, limit: int) -> None:
    """Check that a file is regular, and not above a limit.

    Raises:
        OSError: As for `check_regular`, and if the file is above the limit.
    """
    status = file.stat()
    check_regular(file, status)
    if status.st_size > limit:
        raise _too_large(status.st_size, limit)


def _too_large(size: int, limit: int) -> OSError:
    return OSError(f"expected at most {limit:,} bytes, it has {size:,}")


def leads_out(file: Path) -> bool:
    """Return whether a file is a link to a place outside its folder."""
    folder = file.parent.resolve()
    return file.is_symlink() and not file.resolve().is_relative_to(folder)


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
