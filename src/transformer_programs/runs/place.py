"""The place of a run, which is taken when the run is complete.

A run is written into a hidden folder beside its place, the partial folder, and moved
when it is complete, so that a run folder is never half a run. The partial folder
belongs to one process at a time (``run_lock.py``), and keeps the checkpoint of a
training that was stopped or killed.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from transformer_programs.errors import RunFolderError
from transformer_programs.runs.folder import (
    is_ours,
)
from transformer_programs.runs.lock import locked
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


def free_folder(parent: Path, name: str) -> Path:
    """``parent/name``, or with the first number that makes it new."""
    folder, number = parent / name, 2
    while folder.exists() or partial_folder(folder).exists():
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def partial_folder(run: Path) -> Path:
    """Where a run is kept until it is complete."""
    place = run.resolve()
    return place.parent / f".{place.name}.partial"


def stopped_run(run: Path) -> Path:
    """Where the checkpoint of a stopped training is: in its folder, or a partial one.

    Raises:
        RunFolderError: if there is none.
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
    """A folder to write a run into, moved to its place when the block ends well.

    When the block fails, what was written is removed, unless it holds a checkpoint to
    go on from.

    Args:
        run: the place of the run.
        force: whether a run or a stopped training that is there may be replaced.

    Raises:
        RunFolderError: if the place is taken or cannot be written.
    """
    partial = partial_folder(run)
    with writing(run):
        _check_free(run, force=force)
    with _parents(partial), locked(partial, run) as sure:
        with writing(run):
            _check_free(run, force=force)  # also of what was completed meanwhile
            if not force:
                _check_worthless(partial, run, sure=sure)
            _keep_only(partial, (LOCK,))
        with _completing(partial, run, force=force):
            yield partial


@contextmanager
def _parents(folder: Path) -> Iterator[None]:
    """Make the folders around one; those that are empty at the end go again."""
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
    """As ``new_run``, for the stopped training of a run; starts with its checkpoint."""
    partial = partial_folder(run)
    stopped_run(run)
    with writing(run):
        _check_free(run, force=True)
    with locked(partial, run):
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
    """Move the partial folder to its place when the block ends well."""
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
    """Refuse a place with something that must not be overwritten."""
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
    """Refuse a partial folder with something to keep: a checkpoint, or a whole run.

    ``sure`` says whether the process that left it has ended.
    """
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
    """Put a complete run in its place; one that is there stays until that is done."""
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
