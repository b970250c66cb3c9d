"""The configuration, program and metrics of a run folder.

``system/files.py`` names the files; ``place.py`` moves a complete run to its place.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from transformer_programs.codegen import emit, from_json, program_hash, read_python
from transformer_programs.data import UsedVectors, file_hash
from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.language import Program
from transformer_programs.settings import (
    EvidenceSettings,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
    added,
)
from transformer_programs.system import (
    CONFIG,
    FILE,
    FILES,
    METRICS,
    PROGRAM,
    SEARCHED,
    START,
    TABLES,
    Json,
    check_folder,
    decode,
    document_of,
    parse_object,
    read_object,
    read_text,
    regular_file,
    take_version,
)
from transformer_programs.tasks import Source, source_document, source_to_json, trusted

FORMAT = "transformer-program-run"
VERSION = 2

STANDARD_FORMAT = "transformer-standard-run"
"""A run without a program: configuration, model and metrics of a standard Transformer,
which ``lab`` writes."""
STANDARD_VERSION = 1


@dataclass(frozen=True, slots=True)
class Config:
    """What a run was asked for.

    Attributes:
        name: The name of the data.
        source: Where the data came from; None if they were in memory.
        recipe: How the program was learned; None if it was compiled.
        start: The hash of the program that training began with (``start.json``), or
            that was compiled; None if there is none.
        vectors: The word vectors that training began with, if they were in a file.
    """

    name: str
    source: Source | None
    recipe: Recipe | None
    start: str | None = None
    vectors: UsedVectors | None = None

    @property
    def seed(self) -> int:
        """The seed of every random choice."""
        return 0 if self.recipe is None else self.recipe.training.seed

    def to_json(self) -> str:
        """Return the text of ``config.json``."""
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
    """Return the configuration of a run; with ``trust``, of a task in any Python file.

    Raises:
        RunFolderError: If it is missing, damaged or of another version.
    """
    path = run / CONFIG
    document = read_object(path)
    if document.get("format") == STANDARD_FORMAT:
        raise RunFolderError(
            f"{run}: the run of a standard Transformer, which is no program; what is "
            f"known of it is in {METRICS}"
        )
    try:
        take_version(document, FORMAT, VERSION)
        bring_up_recipe(document.get("recipe"))
        config: Config = decode(document, _config_document())
    except (SchemaError, SettingsError) as error:
        raise RunFolderError(f"{path}: not a configuration: {error}") from error
    return replace(config, source=trusted(config.source, trust=trust))


@cache
def _config_document() -> Any:
    source = source_document()
    return document_of(
        Config, source=source, vectors=UsedVectors, optional=("vectors",)
    )


def bring_up_recipe(recipe: Json) -> None:
    """Add the settings that earlier versions did not have to a recipe in JSON."""
    if not isinstance(recipe, dict):
        return
    recipe.setdefault("causal", False)
    recipe.setdefault("evidence", {})
    parts = {"model": ModelSettings, "training": TrainSettings}
    of_others = {"search": SearchSettings, "evidence": EvidenceSettings}
    for part, kind in (parts | of_others).items():
        if isinstance(recipe.get(part), dict):
            recipe[part] = added(kind) | recipe[part]


def read_program(path: Path) -> Program:
    """Return the program of a run folder, of a JSON file, or of a ``program.py``.

    Python is read by its syntax, never executed.

    Raises:
        RunFolderError: If there is none.
        SchemaError: If it cannot be read by this version.
        ProgramError: If it breaks the rules.
    """
    file = path / PROGRAM if path.is_dir() else path
    if file.suffix == ".py" and file == path and not _is_own(file):
        return _read_python(file)
    if file.name in set(FILES) - {PROGRAM, START, SEARCHED}:
        check_folder(file)
    return from_json(read_text(file, named=file == path), str(file))


def _is_own(file: Path) -> bool:
    # Whether it is what a run folder holds anyway: then the folder is to be named.
    if file.name != FILE or not is_run(file.parent) or not file.is_file():
        return False
    text = emit(read_program(file.parent))[0]
    return read_text(file) == text


def _read_python(file: Path) -> Program:
    beside = file.with_name(TABLES)
    tables = read_text(beside) if beside.exists() else None
    try:
        return read_python(read_text(file, named=True), tables)
    except SchemaError as error:
        raise SchemaError(f"{file}: {error}") from error


def known_hash(path: Path, stated: str | None) -> str:
    """Return the hash of a stored program, in the form that something states.

    Files of earlier versions may spell a table over tokens as ``lookup``. Then the hash
    of the file is not that of the program's canonical text, and both name the program.
    """
    program = read_program(path)
    held = file_hash(regular_file(path / PROGRAM if path.is_dir() else path))
    return held if held == stated else program_hash(program)


def folder_of(program: Path) -> Path:
    """Return the folder that a program is in: itself, or that of a ``program.json``."""
    return program if program.is_dir() else program.parent


Texts = tuple[str, str | None]
"""``program.py``, and the file of tables that it reads, if it reads one."""


def read_texts(run: Path) -> Texts:
    """Return the texts that a run folder holds."""
    tables = read_text(run / TABLES) if (run / TABLES).exists() else None
    return read_text(run / FILE), tables


def text_difference(run: Path, program: Program) -> tuple[Texts, str | None]:
    """Return the texts of a program, and in words where a run folder holds others.

    ``program.py`` and ``tables.json`` follow from ``program.json``. Only texts that do
    are executed: whatever else a file of these names holds, somebody else wrote.
    """
    texts, held = emit(program), read_texts(run)
    if texts[1] is not None and held[1] is None:
        raise RunFolderError(
            f"{run / TABLES}: program.py reads it, but it is missing; 'tprog compile "
            f"{run}' makes a new run of {PROGRAM}, with both"
        )
    for name, wanted, found in zip((FILE, TABLES), texts, held, strict=True):
        if wanted != found:
            differs = f"{run / name}: not what {PROGRAM} gives"
            return texts, f"{differs}: {_difference(wanted, found)}"
    return texts, None


def own_texts(run: Path, program: Program) -> Texts:
    """Return the texts of a run folder."""
    texts, difference = text_difference(run, program)
    if difference is not None:
        raise RunFolderError(
            f"{difference}; it is not executed: 'tprog compile {run}' makes a new run "
            "of program.json"
        )
    return texts


def _difference(wanted: str | None, found: str | None) -> str:
    if wanted is None or found is None:
        return "expected no such file"
    ours, theirs = wanted.split("\n"), found.split("\n")
    for number, (our, their) in enumerate(zip(ours, theirs, strict=False), 1):
        if our != their:
            line = f"in line {number}, it has {_short(their)}"
            return f"expected {_short(our)} {line}"
    return f"expected {len(ours):,} lines, it has {len(theirs):,}"


def _short(line: str) -> str:
    return repr(line if len(line) <= 80 else f"{line[:77]}...")


def is_run(folder: Path) -> bool:
    """Return whether a folder is a run with a program, by its configuration."""
    return _format(folder) == FORMAT


def is_ours(folder: Path) -> bool:
    """Return whether a folder is a run of any kind."""
    return _format(folder) in (FORMAT, STANDARD_FORMAT)


def _format(folder: Path) -> object:
    try:
        return read_object(folder / CONFIG).get("format")
    except RunFolderError:
        return None


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of ``metrics.jsonl``; none if it is not there.

    The file may be growing: what follows the last line end is left out.

    Raises:
        RunFolderError: If it cannot be read, or no folder was named.
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
