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
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.estimators.inputs import names_of
from transformer_programs.runs import (
    Program,
    load,
)
from transformer_programs.system import (
    PROGRAM,
    Json,
    JsonObject,
    read_object,
    shown,
    string,
    write_files,
    wrong,
)

ESTIMATOR = "estimator.json"

FORMAT = "transformer-program-estimator"
VERSION = 1

_KINDS: dict[str, tuple[str, type[Any]]] = {
    "U": ("str", str),
    "O": ("object", str),
    "b": ("bool", bool),
    "i": ("int", int),
    "u": ("int", int),
    "f": ("float", float),
}
"""How classes are stored, by the kind of their array, and what each of them is."""

ADDED_PARAMETERS = {"causal", "search_work", "verbose"}
"""Those that estimators which were saved earlier do not name: they have the default."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a fitted estimator.

    Attributes:
        kind: the name of its class.
        parameters: those of its constructor.
        classes: its classes, or tags.
        report: what is known of the program.
        program: the program.
    """

    kind: str
    parameters: dict[str, Any]
    classes: NDArray[Any]
    report: dict[str, Any]
    program: Program


def write(folder: Path, stored: Stored, *, force: bool) -> None:
    """Write an estimator.

    Raises:
        RunFolderError: if something else is there, or it cannot be written.
        SettingsError: for classes that JSON has no word for.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "kind": stored.kind,
        "parameters": stored.parameters,
        "classes": _classes_to_json(stored.classes),
        "report": stored.report,
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
    """Read an estimator.

    Args:
        folder: where it is.
        kind: the name of the class that it must be of.
        names: the parameters of that class.

    Raises:
        RunFolderError, SchemaError, ProgramError: if there is none that is valid.
    """
    file = folder / ESTIMATOR
    if not file.exists():
        raise RunFolderError(
            f"{folder}: expected a folder that an estimator was saved in, found no "
            f"{ESTIMATOR}"
        )
    program = load(folder).program
    try:
        fields = JsonObject(read_object(file), str(file))
    except RunFolderError as error:
        raise SchemaError(str(error)) from error
    for name, expected in (("format", FORMAT), ("version", VERSION), ("kind", kind)):
        found = fields.take(name, lambda value, place: value)
        if found != expected or isinstance(found, bool):
            raise SchemaError(
                f"{file}: expected {name} {expected!r}, got {shown(found)}"
            )
    stored = Stored(
        kind,
        fields.take("parameters", _parameters),
        fields.take("classes", _classes_from_json),
        fields.take("report", _object),
        program,
    )
    fields.end()
    differing = set(stored.parameters) ^ set(names)
    if differing - (ADDED_PARAMETERS - set(stored.parameters)):
        other = ", ".join(sorted(differing))
        raise SchemaError(f"{file}: missing or unknown parameters: {other}")
    if set(names_of(stored.classes)) != set(program.readout.labels):
        raise SchemaError(f"{file}: its classes are not the labels of {PROGRAM}")
    return stored


def _claim(folder: Path, *, force: bool) -> None:
    """Make the folder, or refuse it.

    Raises:
        RunFolderError: if something else is there.
    """
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


def _classes_from_json(value: Json, place: str) -> NDArray[Any]:
    fields = JsonObject(value, place)
    name = fields.take("kind", string)
    values = fields.take("values", lambda found, _: found)
    fields.end()
    kinds = dict(_KINDS.values())
    if name not in kinds:
        raise wrong(f"{place}.kind", "one of " + ", ".join(kinds), name)
    # In Python True is an int; in JSON it is not.
    if not isinstance(values, list) or not all(type(v) is kinds[name] for v in values):
        raise wrong(f"{place}.values", f"a list of {kinds[name].__name__}", values)
    try:
        return np.array(values, dtype=object if name == "object" else kinds[name])
    except OverflowError:
        raise wrong(f"{place}.values", "integers of 64 bits", values) from None


def _parameters(value: Json, place: str) -> dict[str, Any]:
    for name, parameter in _object(value, place).items():
        if isinstance(parameter, list | dict):
            raise wrong(f"{place}.{name}", "a plain value", parameter)
    return _object(value, place)


def _object(value: Json, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(place, "an object", value)
    return value
