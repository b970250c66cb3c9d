"""A fitted estimator as a folder that is read without executing anything.

FOLDER/program.json     the program as data, as in a run folder
FOLDER/program.py       the program as Python
FOLDER/tables.json      its large tables, if it has any
FOLDER/estimator.json   parameters, classes, and what is known of the program
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, partial, reduce
from operator import or_
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.estimators import options
from transformer_programs.estimators.inputs import names_of
from transformer_programs.runs import Program, load
from transformer_programs.system import (
    PROGRAM,
    decode,
    document_of,
    read_object,
    shown,
    take_version,
    write_files,
    wrong,
)

ESTIMATOR = "estimator.json"

FORMAT = "transformer-program-estimator"
VERSION = 3
NESTED_VERSION = 2
"""That of files without a temperature."""

FLAT_VERSION = 1
"""That of files whose parameters are settings that are not nested."""

_KINDS: dict[str, tuple[str, type[Any]]] = {
    "U": ("str", str),
    "O": ("object", str),
    "b": ("bool", bool),
    "i": ("int", int),
    "u": ("int", int),
    "f": ("float", float),
}
"""How classes are stored, by the kind of their array, and what each of them is."""

_ADDED = {"causal", "search_work", "verbose"}
"""Parameters that some files of that version do not name: they have the default."""

_LATER = {"evidence", "class_weight", "vectors"}
"""Parameters that files without a temperature do not name."""

_FLAT = {"learner", "shorten", "causal", "random_state", "verbose"} | {
    name
    for name, nested in options.NESTED.items()
    if nested != "search__workers"  # it came later
    and (not nested.startswith(("read__", "evidence__")) or name in options.READ_BEFORE)
}
"""The parameters of that version."""

_Plain = str | int | float | bool | None
_Nested = _Plain | dict[str, _Plain]


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a fitted estimator."""

    kind: str
    parameters: dict[str, Any]
    classes: NDArray[Any]
    report: dict[str, Any]
    program: Program
    temperature: float | None = None


def write(folder: Path, stored: Stored, *, force: bool) -> None:
    """Write an estimator."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "kind": stored.kind,
        "parameters": stored.parameters,
        "classes": _classes_to_json(stored.classes),
        "report": stored.report,
        "temperature": stored.temperature,
    }
    text = json.dumps(document, indent=2, allow_nan=False) + "\n"
    texts = stored.program.files | {ESTIMATOR: text}
    new = not folder.exists()
    _claim(folder, force=force)
    try:
        write_files(folder, texts)
    except BaseException:
        if new:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def read(folder: Path, kind: str, names: Collection[str]) -> Stored:
    """Read an estimator of the class ``kind``, which has parameters of these names."""
    file = folder / ESTIMATOR
    if not file.exists():
        raise RunFolderError(
            f"{folder}: expected a folder that an estimator was saved in, found no "
            f"{ESTIMATOR}"
        )
    program = load(folder).program
    try:
        document = read_object(file)
        version = take_version(document, FORMAT, VERSION, NESTED_VERSION, FLAT_VERSION)
        found = decode(document, _document(version))
    except (RunFolderError, SchemaError) as error:
        where = "" if isinstance(error, RunFolderError) else f"{file}: "
        raise SchemaError(f"{where}{error}") from error
    if found["kind"] != kind:
        raise SchemaError(f"{file}: expected kind {kind!r}, got {shown(found['kind'])}")
    parameters = _current(found["parameters"], version, names, file)
    found["parameters"] = options.from_plain(parameters, found["classes"])
    stored = Stored(**found, program=program)
    if set(names_of(stored.classes)) != set(program.readout.labels):
        raise SchemaError(f"{file}: its classes are not the labels of {PROGRAM}")
    return stored


def _current(
    parameters: dict[str, Any], version: int, names: Collection[str], file: Path
) -> dict[str, Any]:
    # As they are named today.
    flat = version == FLAT_VERSION
    optional = _ADDED if flat else set[str]()
    if version == NESTED_VERSION:
        parameters = dict.fromkeys(_LATER) | parameters
    differing = set(parameters) ^ (_FLAT if flat else set(names))
    if differing - (optional - set(parameters)):
        other = ", ".join(sorted(differing))
        raise SchemaError(f"{file}: missing or unknown parameters: {other}")
    try:
        parameters = options.from_flat(parameters) if flat else parameters
        for part in options.PARTS:
            options.given(parameters, part)
    except SettingsError as error:
        raise SchemaError(f"{file}: {error}") from error
    return parameters


def _claim(folder: Path, *, force: bool) -> None:
    try:
        ours = (folder / ESTIMATOR).exists()
        if folder.exists() and not (ours and force) and (ours or any(folder.iterdir())):
            advice = "choose another" + (" or pass force=True" if ours else "")
            raise RunFolderError(f"{folder}: there is something already; {advice}")
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written: {error}") from error


def _classes_to_json(classes: NDArray[Any]) -> dict[str, Any]:
    name, kind = _KINDS.get(classes.dtype.kind, ("", str))
    values = classes.tolist()
    if not name or not all(isinstance(value, kind) for value in values):
        raise SettingsError(
            "expected classes that are str, int, float or bool to be saved, got "
            f"{classes.dtype}"
        )
    return {"kind": name, "values": values}


@cache
def _document(version: int) -> Any:
    """Return what a stored estimator is in JSON, without format and version."""
    classes = [
        document_of(
            _Classes,
            tag=name,
            make=partial(_classes, object if name == "object" else kind),
            values=tuple[kind, ...],  # type: ignore[valid-type]
        )
        for name, kind in dict(_KINDS.values()).items()
    ]
    flat = version == FLAT_VERSION
    parameters: Any = dict[str, _Plain] if flat else dict[str, _Nested]
    return document_of(
        Stored,
        make=dict,
        optional=("temperature",),  # of files that have none
        without=("program",),
        parameters=parameters,
        classes=reduce(or_, classes),
    )


@dataclass(frozen=True)
class _Classes:
    values: tuple[Any, ...]


def _classes(kind: type[Any], values: tuple[Any, ...]) -> NDArray[Any]:
    try:
        return np.array(values, dtype=kind)
    except OverflowError:
        raise wrong("classes.values", "integers of 64 bits", list(values)) from None
