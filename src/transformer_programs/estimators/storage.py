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
from transformer_programs.estimators import options
from transformer_programs.estimators.inputs import names_of
from transformer_programs.runs import (
    RunnableProgram,
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
VERSION = 2
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

_FLAT = {"learner", "shorten", "causal", "random_state", "verbose"} | {
    name
    for name, nested in options.NESTED.items()
    if not nested.startswith("read__") or name in options.READ_BEFORE
}
"""The parameters of that version."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept of a fitted estimator."""

    kind: str
    parameters: dict[str, Any]
    classes: NDArray[Any]
    report: dict[str, Any]
    program: RunnableProgram


def write(folder: Path, stored: Stored, *, force: bool) -> None:
    """Write an estimator."""
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
    """Read an estimator of the class ``kind``, which has parameters of these names."""
    file = folder / ESTIMATOR
    if not file.exists():
        raise RunFolderError(
            f"{folder}: expected a folder that an estimator was saved in, found no "
            f"{ESTIMATOR}"
        )
    program = load(folder)
    try:
        fields = JsonObject(read_object(file), str(file))
    except RunFolderError as error:
        raise SchemaError(str(error)) from error
    flat = fields.fields.get("version") == FLAT_VERSION
    version = FLAT_VERSION if flat else VERSION
    for name, expected in (("format", FORMAT), ("version", version), ("kind", kind)):
        found = fields.take(name, lambda value, place: value)
        if found != expected or isinstance(found, bool):
            raise SchemaError(
                f"{file}: expected {name} {expected!r}, got {shown(found)}"
            )
    stored = Stored(
        kind,
        _current(fields.take("parameters", _parameters), flat, names, file),
        fields.take("classes", _classes_from_json),
        fields.take("report", _object),
        program,
    )
    fields.end()
    if set(names_of(stored.classes)) != set(program.program.readout.labels):
        raise SchemaError(f"{file}: its classes are not the labels of {PROGRAM}")
    return stored


def _current(
    parameters: dict[str, Any], flat: bool, names: Collection[str], file: Path
) -> dict[str, Any]:
    """Return the parameters as they are named today."""
    optional = _ADDED if flat else set[str]()
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
    """Make the folder, or refuse it."""
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
    found = _object(value, place)
    for name, parameter in found.items():
        nested = parameter.values() if isinstance(parameter, dict) else [parameter]
        if any(isinstance(one, list | dict) for one in nested):
            raise wrong(f"{place}.{name}", "a plain value", parameter)
    return found


def _object(value: Json, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(place, "an object", value)
    return value
