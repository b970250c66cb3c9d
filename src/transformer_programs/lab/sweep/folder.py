"""The folder of a sweep: what it was asked for, its study, and a run for each trial.

SWEEP/sweep.json        the data, the settings, what is varied
SWEEP/study.journal     Optuna's study: every trial with its settings and values
SWEEP/trials/0007/      the run folder of a finished trial
SWEEP/front.json        the programs that no other beats in accuracy and size
SWEEP/front.svg         the same as a picture
SWEEP/lock              held while a sweep runs
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.lab.sweep.space import (
    Settings,
    Space,
    Value,
    check_space,
    dimension_document,
    dimension_to_json,
)
from transformer_programs.runs import bring_up_recipe, lock_file
from transformer_programs.settings import Recipe
from transformer_programs.system import (
    decode,
    document_of,
    read_object,
    regular_file,
    take_version,
    write_files,
    writing,
)
from transformer_programs.tasks import Source, source_document, source_to_json, trusted

PLAN = "sweep.json"
JOURNAL = "study.journal"
TRIALS = "trials"
FRONT = "front.json"
PICTURE = "front.svg"
LOCK = "lock"

FORMAT = "transformer-program-sweep"
VERSION = 1


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """What a sweep was asked for."""

    name: str  # of the data
    source: Source
    recipe: Recipe  # the settings that suit the data, with those that were chosen
    space: Space  # what is varied
    first: Settings  # of the first trial, as far as they are fixed
    trials: int | None  # how many are to end, if that was said

    def to_json(self) -> str:
        """Return the text of ``sweep.json``."""
        document = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "source": source_to_json(self.source),
            "recipe": asdict(self.recipe),
            "space": {name: dimension_to_json(d) for name, d in self.space.items()},
            "first": dict(self.first),
            "trials": self.trials,
        }
        return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_plan(folder: Path, *, trust: bool = False) -> SweepPlan:
    """Read the plan of a sweep; `trust` allows the Python file that it names to run.

    Raises:
        RunFolderError: If it is missing, damaged or of another version.
    """
    file = folder / PLAN
    if not file.exists():
        raise RunFolderError(
            f"{folder}: expected the folder of a sweep, found no {PLAN}; 'tprog sweep' "
            "makes them"
        )
    document = read_object(file)
    try:
        take_version(document, FORMAT, VERSION)
        bring_up_recipe(document.get("recipe"))
        plan: SweepPlan = decode(document, _plan_document())
        source = trusted(plan.source, trust=trust)
        if source is None:
            raise SchemaError("it does not say where the data are from")
        check_space(plan.space, plan.recipe)
        if not plan.first.keys() <= plan.space.keys():
            raise SchemaError("first: expected settings that are varied")
        return replace(plan, source=source)
    except (SchemaError, SettingsError, TypeError) as error:
        raise RunFolderError(f"{file}: not the plan of a sweep: {error}") from error


@cache
def _plan_document() -> Any:
    return document_of(
        SweepPlan,
        source=source_document(),
        space=dict[str, dimension_document()],  # type: ignore[misc]
        first=dict[str, Value],
    )


def make_folder(folder: Path, plan: SweepPlan) -> None:
    """Make the folder of a new sweep, where nothing may be yet."""
    if (folder / PLAN).exists():
        raise RunFolderError(
            f"{folder}: this sweep exists; go on with --resume {folder}, or choose "
            "another folder with --out"
        )
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    if taken:
        raise RunFolderError(f"{folder}: exists and is not empty; choose another name")
    write_files(folder, {PLAN: plan.to_json()})


def trial_folder(folder: Path, number: int) -> Path:
    """Return the run folder of a trial."""
    return folder / TRIALS / f"{number:04d}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the sweep's lock, which the system frees however this process ends.

    Raises:
        RunFolderError: If another process holds it.
    """
    with writing(folder):
        _check_links(folder)
        file = (folder / LOCK).open("w", encoding="utf-8")
    with file:
        try:
            lock_file(file)
        except BlockingIOError:
            raise RunFolderError(
                f"{folder}: this sweep is running in another process; wait for it, or "
                "stop it"
            ) from None
        yield


def _check_links(folder: Path) -> None:
    # Nothing in the folder is a link, which would be followed.
    trials = folder / TRIALS
    inside = [*trials.iterdir()] if trials.is_dir() else []
    left = f"{JOURNAL}.lock"  # Optuna's, perhaps of a process that was killed
    for file in [*folder.iterdir(), *inside]:
        if file.is_symlink() and file.name != left:
            raise RunFolderError(f"{file}: is a link; remove it, or put the file there")
    for name in (JOURNAL, LOCK):
        if (folder / name).exists():
            regular_file(folder / name)
