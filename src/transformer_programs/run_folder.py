"""The run folder: what a training leaves behind, and what other commands read.

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
    RUN/.lock               only while it is written (run_lock.py)

``run_place.py`` puts it in its place when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformer_programs.emit.outside import TABLES as TABLES
from transformer_programs.errors import RunFolderError
from transformer_programs.program.nodes import Program
from transformer_programs.program.serialize import from_json
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
)
from transformer_programs.tasks.sources import (
    Source,
    source_from_json,
    source_to_json,
)
from transformer_programs.tasks.vectors import UsedVectors

CONFIG = "config.json"
MODEL = "model.safetensors"
LEARNED = "learned.safetensors"
PROGRAM = "program.json"
FILE = "program.py"
METRICS = "metrics.jsonl"
CERTIFICATE = "certificate.json"
CURVE = "curve.svg"
START = "start.json"
SEARCHED = "searched.json"
CHECKPOINT = "checkpoint.safetensors"
LOCK = ".lock"

STOPPED = (CONFIG, START, SEARCHED, CHECKPOINT)
"""What a training that was stopped goes on from."""

FILES = (
    CONFIG,
    MODEL,
    LEARNED,
    PROGRAM,
    FILE,
    TABLES,
    METRICS,
    CERTIFICATE,
    CURVE,
    START,
    SEARCHED,
    CHECKPOINT,
    LOCK,
)
"""Everything that a run folder may hold."""

FORMAT = "transformer-program-run"
VERSION = 2

STANDARD_FORMAT = "transformer-standard-run"
"""A run without a program: configuration, model and metrics of a standard Transformer,
which ``comparison.py`` writes."""
STANDARD_VERSION = 1


@dataclass(frozen=True, slots=True)
class Config:
    """What was asked for.

    Attributes:
        name: of the data.
        source: where the data came from; None if they were in memory.
        recipe: how it was learned; None if it was compiled.
        start: the hash of the program that it began with, if any: that in
            ``start.json``, or that which was compiled.
        vectors: the word vectors that it began with, if any of a file.
    """

    name: str
    source: Source | None
    recipe: Recipe | None
    start: str | None = None
    vectors: UsedVectors | None = None

    @property
    def seed(self) -> int:
        """Of every random choice."""
        return 0 if self.recipe is None else self.recipe.training.seed

    def to_json(self) -> str:
        """The text of ``config.json``."""
        document = {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "source": source_to_json(self.source),
            "start": self.start,
            "recipe": None if self.recipe is None else asdict(self.recipe),
        }
        if self.vectors is not None:
            document["vectors"] = asdict(self.vectors)
        return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_config(run: Path) -> Config:
    """The configuration of a run.

    Raises:
        RunFolderError: if it is missing, damaged or of another version.
    """
    path = run / CONFIG
    document = _read_json(path)
    if document.get("format") == STANDARD_FORMAT:
        raise RunFolderError(
            f"{run}: the run of a standard Transformer, which is no program; what is "
            f"known of it is in {METRICS}"
        )
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise RunFolderError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, got "
            f"{document.get('format')!r} version {document.get('version')!r}"
        )
    try:
        recipe, vectors = document["recipe"], document.get("vectors")
        return Config(
            name=document["name"],
            source=source_from_json(document["source"]),
            recipe=None if recipe is None else recipe_from_json(recipe),
            start=document["start"],
            vectors=None if vectors is None else UsedVectors(**vectors),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{path}: not a configuration: {error}") from error


ADDED_MODEL_SETTINGS = {"fixed_classes": False, "window": 0, "pairs": 0}
ADDED_TRAIN_SETTINGS = {
    "annealing": False,
    "combine": False,
    "fixed_penalty": 0.0,
    "group_by_length": False,
    "settle": 0.0,
    "polish": 0,
}
"""What models and training were like before there were settings for it: older runs name
none."""


def recipe_from_json(fields: dict[str, Any]) -> Recipe:
    """The settings that ``dataclasses.asdict`` made plain.

    Raises:
        KeyError, TypeError, ValueError: for anything else.
    """
    model = ADDED_MODEL_SETTINGS | fields["model"]
    training = ADDED_TRAIN_SETTINGS | fields["training"]
    recipe = Recipe(
        model=ModelSettings(**model),
        training=TrainSettings(**training),
        search=SearchSettings(**fields["search"]),
        learner=Learner(fields["learner"]),
    )
    # Other defaults must not stand in for what is missing.
    if asdict(recipe) != fields | {"model": model, "training": training}:
        raise ValueError("settings are missing")
    return recipe


def read_program(path: Path) -> Program:
    """The program of a run folder, or of a JSON file.

    Raises:
        RunFolderError: if there is none.
        SchemaError: if it cannot be read by this version.
        ProgramError: if it breaks the rules.
    """
    file = path / PROGRAM if path.is_dir() else path
    if file.name in set(FILES) - {PROGRAM, START, SEARCHED}:
        check_folder(file)
    return from_json(read_text(file), str(file))


def check_folder(run: Path) -> None:
    """See that no file was named where a run folder is meant.

    Raises:
        RunFolderError: if one was.
    """
    if run.is_file():
        meant = "'tprog train' makes run folders"
        if run.name in FILES:
            meant = f"name the folder itself: {run.parent}"
        raise RunFolderError(f"{run}: expected a run folder, got a file; {meant}")


def folder_of(program: Path) -> Path:
    """The folder of a program: itself, or the one that a ``program.json`` lies in."""
    return program if program.is_dir() else program.parent


def read_text(file: Path) -> str:
    """A text file of a run.

    Raises:
        RunFolderError: if there is none.
    """
    try:
        return existing(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunFolderError(f"{file}: cannot be read: {error}") from error


def read_tables(run: Path) -> str | None:
    """The file of tables that a run's ``program.py`` reads; None if there is none.

    Raises:
        RunFolderError: if it cannot be read.
    """
    return read_text(run / TABLES) if (run / TABLES).exists() else None


def existing(file: Path) -> Path:
    """The file itself.

    Raises:
        RunFolderError: if there is none.
    """
    if file.exists():
        return file
    if file.name not in FILES:
        raise RunFolderError(
            f"{file}: no such run folder or file; 'tprog train' makes run folders"
        )
    check_folder(file.parent)
    raise RunFolderError(
        f"{file.parent}: expected a run folder, found no {file.name}; 'tprog train' "
        "makes run folders"
    )


def is_run(folder: Path) -> bool:
    """Whether a folder is a run with a program: its configuration says so."""
    return _format(folder) == FORMAT


def is_ours(folder: Path) -> bool:
    """Whether a folder is a run of any kind."""
    return _format(folder) in (FORMAT, STANDARD_FORMAT)


def _format(folder: Path) -> object:
    try:
        return _read_json(folder / CONFIG).get("format")
    except RunFolderError:
        return None


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts under their names; an older file stays until the new is whole.

    Raises:
        RunFolderError: if that fails.
    """
    for name, text in texts.items():
        partial = folder / f"{name}.partial"
        with writing(folder):
            try:
                partial.write_text(text, encoding="utf-8", newline="\n")
                partial.replace(folder / name)
            finally:
                partial.unlink(missing_ok=True)


def append_lines(folder: Path | None, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append lines to ``metrics.jsonl``, each at once, so that it can be followed.

    Args:
        folder: the run folder; without one nothing is written.
        lines: what JSON can hold.

    Raises:
        RunFolderError: if that fails.
    """
    if folder is None:
        return
    with writing(folder), (folder / METRICS).open("ab", buffering=0) as file:
        for line in lines:
            file.write(json.dumps(line, allow_nan=False).encode() + b"\n")


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """The lines of ``metrics.jsonl``, also while it grows; none if it is not there.

    What comes after the last end of a line is not whole yet, and left out.

    Raises:
        RunFolderError: if it cannot be read, or no folder was named.
    """
    check_folder(folder)
    file = folder / METRICS
    if not file.exists():
        return []
    whole, _, _ = read_text(file).rpartition("\n")
    try:
        return [json.loads(line) for line in whole.splitlines()]
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{file}: not JSON lines: {error}") from error


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Report what the file system refuses.

    Raises:
        RunFolderError: for every OSError.
    """
    try:
        yield
    except OSError as error:
        raise RunFolderError(f"{place}: cannot be written: {error}") from error


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise RunFolderError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise RunFolderError(f"{path}: expected a JSON object")
    return document
