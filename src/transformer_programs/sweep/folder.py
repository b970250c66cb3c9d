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
from dataclasses import asdict, dataclass
from pathlib import Path

from transformer_programs.errors import RunFolderError
from transformer_programs.run_folder import read_text, recipe_from_json, write_files
from transformer_programs.run_lock import lock_file
from transformer_programs.settings import Recipe
from transformer_programs.sweep.dimensions import (
    dimension_from_json,
    dimension_to_json,
)
from transformer_programs.sweep.space import Settings, Space
from transformer_programs.tasks.sources import Source, source_from_json, source_to_json

PLAN = "sweep.json"
JOURNAL = "study.journal"
TRIALS = "trials"
FRONT = "front.json"
PICTURE = "front.svg"
LOCK = "lock"

FORMAT = "transformer-program-sweep"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sweep was asked for.

    Attributes:
        name: of the data.
        source: where they are from.
        recipe: the settings that suit them, with those that were chosen.
        space: what is varied.
        first: the settings of the first trial, as far as they are fixed.
        trials: how many are to end, if that was said.
    """

    name: str
    source: Source
    recipe: Recipe
    space: Space
    first: Settings
    trials: int | None

    @property
    def seed(self) -> int:
        """Of every random choice."""
        return self.recipe.training.seed

    def to_json(self) -> str:
        """The text of ``sweep.json``."""
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


def read_plan(folder: Path) -> Plan:
    """The plan of a sweep.

    Raises:
        RunFolderError: if it is missing, damaged or of another version.
    """
    file = folder / PLAN
    if not file.exists():
        raise RunFolderError(
            f"{folder}: expected the folder of a sweep, found no {PLAN}; 'tprog sweep' "
            "makes them"
        )
    try:
        document = json.loads(read_text(file))
        if (document["format"], document["version"]) != (FORMAT, VERSION):
            raise RunFolderError(
                f"{file}: expected format {FORMAT!r} version {VERSION}, got "
                f"{document['format']!r} version {document['version']!r}"
            )
        source = source_from_json(document["source"])
        if source is None:
            raise ValueError("it does not say where the data are from")
        space = document["space"]
        return Plan(
            name=document["name"],
            source=source,
            recipe=recipe_from_json(document["recipe"]),
            space={name: dimension_from_json(space[name]) for name in space},
            first=document["first"],
            trials=document["trials"],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{file}: not the plan of a sweep: {error}") from error


def make_folder(folder: Path, plan: Plan) -> None:
    """The folder of a new sweep.

    Raises:
        RunFolderError: if something is there, or it cannot be written.
    """
    if (folder / PLAN).exists():
        raise RunFolderError(
            f"{folder}: this sweep exists; go on with --resume {folder}, or choose "
            "another folder with --out"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written: {error}") from error
    if taken:
        raise RunFolderError(f"{folder}: exists and is not empty; choose another name")
    write_files(folder, {PLAN: plan.to_json()})


def trial_folder(folder: Path, number: int) -> Path:
    """The run folder of a trial."""
    return folder / TRIALS / f"{number:04d}"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the sweep's lock, which the system frees however this process ends.

    Raises:
        RunFolderError: if another process holds it.
    """
    with (folder / LOCK).open("w", encoding="utf-8") as file:
        try:
            lock_file(file)
        except BlockingIOError:
            raise RunFolderError(
                f"{folder}: this sweep is running in another process; wait for it, or "
                "stop it"
            ) from None
        yield
