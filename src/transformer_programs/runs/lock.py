"""The lock of a partial run folder, which belongs to one process at a time."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO, Any

from transformer_programs.errors import RunFolderError
from transformer_programs.system import LOCK, writing

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HELD = (errno.EWOULDBLOCK, errno.EACCES)
"""The error numbers of a lock that another process holds."""


def lock_file(file: IO[Any] | FileIO) -> bool:
    """Lock a file until it is closed; return False where there are no locks.

    Raises:
        BlockingIOError: If another process has locked it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in HELD:
            raise BlockingIOError(*error.args) from error
        return False
    return True


@contextmanager
def locked(partial: Path, run: Path) -> Iterator[bool]:
    """Keep other processes out of the partial folder of a run during the context.

    The folder is made if it is not there, and removed if it is left empty. The lock is
    one of the operating system: it ends with the process, however that ends. When the
    folder is moved, the locked file moves along. (filelock locks a path, not a file
    that moves, and where there are no locks it leaves files that outlive the process.)

    Args:
        partial: The partial folder.
        run: The place of the run, for messages.

    Yields:
        Whether other processes are kept out for sure: there are file systems without
        locks, where only a folder that was not there before belongs to nobody else.

    Raises:
        RunFolderError: If another process has it, or it cannot be written.
    """
    with writing(run):
        file, new = _opened(partial, run)
    with file:
        with writing(run):
            ours = _take(file, partial, run) or new
        try:
            yield ours
        finally:
            if ours:
                _leave(file, partial)


def _opened(partial: Path, run: Path) -> tuple[FileIO, bool]:
    """Return the file to lock, and whether its folder is new."""
    if partial.is_symlink():
        raise RunFolderError(
            f"{run}: {partial} is a link, where a run is kept until it is complete; "
            "remove it"
        )
    try:
        partial.mkdir()
        new = True
    except FileExistsError:
        new = False
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    try:
        # A link of this name is not followed: it could lead anywhere.
        opened = os.open(partial / LOCK, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError:
        if new:
            partial.rmdir()
        raise
    return FileIO(opened, "a+"), new


def _take(file: FileIO, partial: Path, run: Path) -> bool:
    """Lock the file and write into it whose it is; False where there are no locks."""
    try:
        if not lock_file(file):
            return False
    except BlockingIOError:
        file.seek(0)
        owner = (file.read(1000) or b"").decode(errors="replace") or "another process"
        raise RunFolderError(
            f"{run}: {owner} is training into it; wait until that ends or stop it, or "
            "choose another name with --out"
        ) from None
    with suppress(FileNotFoundError):
        if _is_open(file, partial / LOCK):
            try:
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
            except OSError:
                _leave(file, partial)
                raise
            return True
    raise RunFolderError(f"{run}: another process has just left it; try again")


def _leave(file: FileIO, partial: Path) -> None:
    """Remove the locked file, and its folder unless something is in it."""
    with suppress(OSError):
        if _is_open(file, partial / LOCK):
            (partial / LOCK).unlink()
            partial.rmdir()


def _is_open(file: FileIO, path: Path) -> bool:
    """Return whether the file of this name is the one that is open."""
    return os.path.samestat(os.fstat(file.fileno()), path.stat())
