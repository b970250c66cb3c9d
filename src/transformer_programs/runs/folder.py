"""The run folder: what a training leaves behind, and what other commands read.

``system/folders.py`` names its files; ``place.py`` puts it in its place when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.system import (
    CONFIG as CONFIG,
    MODEL as MODEL,
    LEARNED as LEARNED,
    PROGRAM as PROGRAM,
    FILE as FILE,
    METRICS as METRICS,
    CERTIFICATE as CERTIFICATE,
    CURVE as CURVE,
    START as START,
    SEARCHED as SEARCHED,
    CHECKPOINT as CHECKPOINT,
    LOCK as LOCK,
    STOPPED as STOPPED,
    FILES as FILES,
    TABLES as TABLES,
    check_folder as check_folder,
    read_text as read_text,
    check_inside as check_inside,
    regular_file as regular_file,
    existing as existing,
    write_files as write_files,
    writing as writing,
    read_object as read_object,
)
from transformer_programs.system import (
    Json,
    JsonObject,
    Read,
    T,
    one_of,
    optional_string,
    parse_object,
    record_of,
    shown,
    string,
    truth,
)
from transformer_programs.program import Program
from transformer_programs.program import from_json
from transformer_programs.settings import (
    added,
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
)
from transformer_programs.tasks import (
    Source,
    source_from_json,
    source_to_json,
    trusted,
)
from transformer_programs.data import UsedVectors

FORMAT = "transformer-program-run"
VERSION = 2

STANDARD_FORMAT = "transformer-standard-run"
"""A run without a program: configuration, model and metrics of a standard Transformer,
which ``lab`` writes."""
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


def read_config(run: Path, *, trust: bool = False) -> Config:
    """The configuration of a run.

    Args:
        run: the run folder.
        trust: whether the file of the task that it names may be executed
            (``docs/trust.md``).

    Raises:
        RunFolderError: if it is missing, damaged or of another version.
    """
    path = run / CONFIG
    document = read_object(path)
    if document.get("format") == STANDARD_FORMAT:
        raise RunFolderError(
            f"{run}: the run of a standard Transformer, which is no program; what is "
            f"known of it is in {METRICS}"
        )
    if document.get("format") != FORMAT or document.get("version") != VERSION:
        raise RunFolderError(
            f"{path}: expected format {FORMAT!r} version {VERSION}, got "
            f"{shown(document.get('format'))} version {shown(document.get('version'))}"
        )
    try:
        return _config(JsonObject(document, ""), trust=trust)
    except (SchemaError, SettingsError, TypeError) as error:
        raise RunFolderError(f"{path}: not a configuration: {error}") from error


def _config(fields: JsonObject, *, trust: bool) -> Config:
    for name in ("format", "version"):
        fields.take(name, lambda value, _: value)
    vectors = None
    if "vectors" in fields.fields:
        vectors = fields.take("vectors", record_of(UsedVectors, whole=True))
    config = Config(
        name=fields.take("name", string),
        source=trusted(fields.take("source", source_from_json), trust=trust),
        recipe=fields.take("recipe", _optional_recipe),
        start=fields.take("start", optional_string),
        vectors=vectors,
    )
    fields.end()
    return config


def _optional_recipe(value: Json, place: str) -> Recipe | None:
    return None if value is None else recipe_from_json(value, place)


def recipe_from_json(value: Json, place: str) -> Recipe:
    """Read the settings that ``dataclasses.asdict`` made plain.

    Raises:
        SchemaError, SettingsError: for anything else.
    """
    fields = JsonObject(value, place)
    recipe = Recipe(
        model=fields.take("model", _settings(ModelSettings)),
        training=fields.take("training", _settings(TrainSettings)),
        search=fields.take("search", _settings(SearchSettings)),
        learner=fields.take("learner", one_of(Learner)),
        causal="causal" in fields.fields and fields.take("causal", truth),
    )
    fields.end()
    return recipe


def _settings(kind: type[T]) -> Read[T]:
    """Read settings: other defaults must not stand in for what is missing."""

    def read(value: Json, place: str) -> T:
        fields = added(kind) | JsonObject(value, place).fields
        return record_of(kind, whole=True)(fields, place)

    return read


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
    return from_json(read_text(file, named=file == path), str(file))




def folder_of(program: Path) -> Path:
    """The folder of a program: itself, or the one that a ``program.json`` lies in."""
    return program if program.is_dir() else program.parent








def read_tables(run: Path) -> str | None:
    """The file of tables that a run's ``program.py`` reads; None if there is none.

    Raises:
        RunFolderError: if it cannot be read.
    """
    return read_text(run / TABLES) if (run / TABLES).exists() else None




def is_run(folder: Path) -> bool:
    """Whether a folder is a run with a program: its configuration says so."""
    return _format(folder) == FORMAT


def is_ours(folder: Path) -> bool:
    """Whether a folder is a run of any kind."""
    return _format(folder) in (FORMAT, STANDARD_FORMAT)


def _format(folder: Path) -> object:
    try:
        return read_object(folder / CONFIG).get("format")
    except RunFolderError:
        return None




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
        return [parse_object(line) for line in whole.splitlines()]
    except SchemaError as error:
        raise RunFolderError(f"{file}: not JSON lines: {error}") from error




