"""The place of a run folder, which is taken when the run is complete.

A run is written into a hidden folder beside its place, the partial folder, and moved
when it is complete, so that a run folder is never half a run. The partial folder is
locked by one process at a time, and keeps the checkpoint of a training that was stopped
or killed.
"""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import IO, Any

from transformer_programs.errors import RunFolderError
from transformer_programs.runs.folder import is_ours
from transformer_programs.system import (
    CERTIFICATE,
    CHECKPOINT,
    FILE_LIMIT,
    FILES,
    LOCK,
    STOPPED,
    check_folder,
    regular_file,
    writing,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

HELD = (errno.EWOULDBLOCK, errno.EACCES)
"""The error numbers of a lock that another process holds."""


def free_folder(parent: Path, name: str) -> Path:
    """Return ``parent/name``, or with the first number that makes it new."""
    folder, number = parent / name, 2
    while folder.exists() or partial_folder(folder).exists():
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def partial_folder(run: Path) -> Path:
    """Return where a run is kept until it is complete."""
    place = run.resolve()
    return place.parent / f".{place.name}.partial"


def stopped_run(run: Path) -> Path:
    """Return the folder with the checkpoint of a stopped training.

    Raises:
        RunFolderError: If there is none.
    """
    for folder in (partial_folder(run), run):
        if (folder / CHECKPOINT).exists():
            return folder
    check_folder(run)
    raise RunFolderError(
        f"{run}: nothing to resume: there is no {CHECKPOINT}; gradient descent leaves "
        "one when it is stopped, a search does not: train again, with --force to "
        "replace the run"
    )


@contextmanager
def new_run(run: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a folder to write a run into, and move it to its place at the end.

    If the context fails, what was written is removed, unless it holds a checkpoint.
    With ``force``, a run or a stopped training that is there is replaced.

    Raises:
        RunFolderError: If the place is taken or cannot be written.
    """
    partial = partial_folder(run)
    with writing(run):
        _check_free(run, force=force)
    with _parents(partial), _locked(partial, run) as sure:
        with writing(run):
            _check_free(run, force=force)  # also of what was completed meanwhile
            if not force:
                _check_worthless(partial, run, sure=sure)
            _keep_only(partial, (LOCK,))
        with _completing(partial, run, force=force):
            yield partial


@contextmanager
def _parents(folder: Path) -> Iterator[None]:
    # Those that are empty at the end go again.
    new = [parent for parent in folder.parents if not parent.exists()]
    with writing(folder.parent):
        folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for parent in new:
            with suppress(OSError):
                parent.rmdir()


@contextmanager
def resumed_run(run: Path) -> Iterator[Path]:
    """Do as ``new_run`` for a stopped training, whose checkpoint is in the folder."""
    partial = partial_folder(run)
    stopped_run(run)
    with writing(run):
        _check_free(run, force=True)
    with _locked(partial, run):
        stopped = stopped_run(run)  # again, as it may have been completed meanwhile
        with writing(run):
            if stopped != partial:
                _keep_only(partial, (LOCK,))
                for name in STOPPED:  # the checkpoint comes last: then all are there
                    if (stopped / name).exists():
                        regular_file(stopped / name, FILE_LIMIT)
                        copy = partial / f"{name}.partial"
                        shutil.copyfile(stopped / name, copy)
                        copy.replace(partial / name)
            _keep_only(partial, (*STOPPED, LOCK))
        with _completing(partial, run, force=True):
            yield partial


@contextmanager
def _completing(partial: Path, run: Path, *, force: bool) -> Iterator[None]:
    try:
        with writing(run):
            yield
    except BaseException as error:
        if not (partial / CHECKPOINT).exists():
            shutil.rmtree(partial, ignore_errors=True)
            raise
        way = f"go on with: tprog train --resume {shlex.quote(str(run))}"
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(f"stopped; {way}") from error
        error.add_note(f"what was learned until then is kept; {way}")
        raise
    try:
        _check_free(run, force=force)
        _keep_only(partial, FILES)
        _move(partial, run.resolve())
        (run / LOCK).unlink()
    except (OSError, RunFolderError) as error:
        raise RunFolderError(
            f"{run}: cannot be put in its place ({error}); the complete run is in "
            f"{partial}: move it from there"
        ) from error


def _check_free(run: Path, *, force: bool) -> None:
    place = run.resolve()
    if Path.cwd().is_relative_to(place):
        raise RunFolderError(
            f"{run}: is or holds the current folder, which cannot be replaced; "
            "choose another name"
        )
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not is_ours(place):
        raise RunFolderError(
            f"{run}: exists and is not a run folder; choose another name"
        )
    others = sorted({file.name for file in place.iterdir()} - {*FILES})
    if others:
        raise RunFolderError(
            f"{run}: this run folder also holds {', '.join(others)}; "
            "move that away, or choose another name"
        )
    if not force:
        raise RunFolderError(
            f"{run}: this run folder exists; choose another with --out, "
            "or overwrite it with --force"
        )


def _check_worthless(partial: Path, run: Path, *, sure: bool) -> None:
    # A partial folder may hold a checkpoint, or a whole run. ``sure`` says whether the
    # process that left it has ended.
    resumable = (partial / CHECKPOINT).exists()
    if not resumable and (partial / CERTIFICATE).exists():
        raise RunFolderError(
            f"{run}: a complete run is in {partial}: move it from there, or remove it "
            "with --force"
        )
    if sure and not resumable:
        return
    what = "stopped" if sure else "stopped or running"
    way = "--resume it, or" if resumable else "if none is running,"
    raise RunFolderError(
        f"{run}: a {what} training is there; {way} remove it with --force, or choose "
        "another name with --out"
    )


def _move(partial: Path, place: Path) -> None:
    # A run that is there stays until the new one is in its place.
    old = place.parent / f".{place.name}.old"
    if place.exists():
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)
    try:
        partial.rename(place)
    except BaseException:
        if old.exists() and not place.exists():
            old.rename(place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _keep_only(folder: Path, names: Collection[str]) -> None:
    for path in folder.iterdir():
        if path.name in names:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


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
def _locked(partial: Path, run: Path) -> Iterator[bool]:
    # Keeps other processes out of the partial folder, which is made if it is not there,
    # and removed if it is left empty. The operating system ends the lock with the
    # process, and the locked file moves along with the folder. (filelock locks a path,
    # and where there are no locks it leaves files that outlive the process.)
    # Yields whether others are kept out for sure: there are file systems without locks,
    # where only a folder that was not there before belongs to nobody else.
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
    # The file to lock, and whether its folder is new.
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
    # Locks the file and writes into it whose it is; False where there are no locks.
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
    # Removes the locked file, and its folder unless something is in it.
    with suppress(OSError):
        if _is_open(file, partial / LOCK):
            (partial / LOCK).unlink()
            partial.rmdir()


def _is_open(file: FileIO, path: Path) -> bool:
    return os.path.samestat(os.fstat(file.fileno()), path.stat())
