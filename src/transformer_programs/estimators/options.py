"""Parameters of estimators: settings of this package, nested as in scikit-learn."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import ReadOptions
from transformer_programs.errors import (
    SettingName,
    SettingsError,
    TransformerProgramsError,
)
from transformer_programs.settings import (
    EvidenceSettings,
    ModelSettings,
    Recipe,
    SearchSettings,
    Setting,
    TrainSettings,
    apply,
    declared,
    implied_learner,
    plain,
)

Parameters = Mapping[str, Any]
"""What ``get_params`` gives."""

PARTS: dict[str, Any] = {
    "read": ReadOptions,
    "model": ModelSettings,
    "training": TrainSettings,
    "search": SearchSettings,
    "evidence": EvidenceSettings,
}
"""The parameters that are settings, and their classes."""

READ_BEFORE = (
    *("split", "max_vocabulary", "max_length", "truncate", "validation_fraction"),
)
_READ = (
    *READ_BEFORE,
    *("closed_vocabulary", "lowercase", "fold_digits", "surfaces", "surface_values"),
    *("more_words", "frame"),
)
"""How data in memory are read; other fields of ``ReadOptions`` are for files."""

SETTINGS: dict[str, dict[str, Setting]] = {
    part: {
        setting.field: setting
        for setting in declared(owner)
        if (part != "read" or setting.field in _READ) and setting.field != "seed"
    }
    for part, owner in PARTS.items()
}
"""The settings of each part by field; seeds are ``random_state``."""

NESTED = {
    setting.name: f"{part}__{field}"
    for part, found in SETTINGS.items()
    for field, setting in found.items()
}
"""The nested name of every setting by its name among all settings."""


def divided(name: str) -> tuple[str, str]:
    """Return part and field of a nested name; ("", name) for another parameter.

    Raises:
        SettingsError: If the part has no such setting, or the name is to be nested.
    """
    part, _, field = name.partition("__")
    if name in NESTED:
        raise SettingsError(f"{name}: settings are nested; use {NESTED[name]}")
    if part not in PARTS or part == name:
        return "", name
    if field == "seed":
        raise SettingsError(f"{name}: use random_state, from which seeds are derived")
    if field not in SETTINGS[part]:
        known = ", ".join(SETTINGS[part])
        raise SettingsError(f"{name}: no such setting; expected one of {known}")
    return part, field


def given(parameters: Parameters, part: str) -> dict[str, Any]:
    """Return the fields that a part gives; others are left to what suits the data."""
    value, owner = parameters[part], PARTS[part]
    if isinstance(value, owner):
        return {field: getattr(value, field) for field in SETTINGS[part]}
    if value is None or isinstance(value, Mapping):
        for field in value or {}:
            divided(f"{part}__{field}")
        return {field: v for field, v in (value or {}).items() if v is not None}
    raise SettingsError(
        f"{part}: expected {owner.__name__}, a dict of some of its fields, or None, "
        f"got {value!r}"
    )


def with_field(value: Any, part: str, field: str, new: Any) -> Any:
    """Return a part with one field replaced; None leaves it to what suits the data."""
    if isinstance(value, PARTS[part]):
        default = SETTINGS[part][field].default
        return replace(value, **{field: default if new is None else new})
    return {**(value or {}), field: new}


def read_options(parameters: Parameters, seed: int) -> ReadOptions:
    """Return how texts become tokens, and what is held out."""
    read = given(parameters, "read")
    read.pop("truncate", None)  # the limit may be that of the data
    return ReadOptions(**read, test_fraction=0, seed=seed)


def truncates(parameters: Parameters) -> bool:
    """Return whether sequences that are too long are cut."""
    value = given(parameters, "read").get("truncate", False)
    return bool(SETTINGS["read"]["truncate"].checked(value))


def _named(parameters: Parameters) -> dict[str, Any]:
    """Return the settings of learning that are given, by name."""
    return {
        SETTINGS[part][field].name: value
        for part in PARTS
        if part != "read"
        for field, value in given(parameters, part).items()
    }


def learner_of(parameters: Parameters) -> str | None:
    """Return the learner; None to take what suits the data."""
    chosen = parameters["learner"]
    if chosen is None:
        return implied_learner(_named(parameters))
    return str(plain("learner", chosen, str))


def changed(recipe: Recipe, parameters: Parameters, seed: int) -> Recipe:
    """Return the settings that suit the data, with those that are given."""
    return apply(recipe, _named(parameters) | {"seed": seed})


def seed_of(random_state: object) -> int:
    """Return the seed that a ``random_state`` of scikit-learn means; 0 for None."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return 0 if random_state is None else int(plain("random_state", random_state, int))


def is_verbose(verbose: object) -> bool:
    """Return whether progress is shown."""
    truth = isinstance(verbose, bool | np.bool_)
    return bool(verbose if truth else plain("verbose", verbose, int))


def as_plain(name: str, value: Any) -> Any:
    """Return a parameter as JSON holds it."""
    if name in PARTS and value is not None:
        fields = given({name: value}, name)
        return {field: as_plain(f"{name}__{field}", v) for field, v in fields.items()}
    if name == "class_weight" and isinstance(value, Mapping):
        # The texts that a program has for classes; ``from_plain`` finds them again.
        return {str(key): as_plain(name, weight) for key, weight in value.items()}
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    raise SettingsError(
        f"{name}: expected a text, a number, True, False or None to be saved, got "
        f"{value!r}; set_params({name}=...) first"
    )


def from_plain(parameters: Parameters, classes: NDArray[Any]) -> dict[str, Any]:
    """Return parameters from how JSON holds them."""
    found, weights = dict(parameters), parameters.get("class_weight")
    if isinstance(weights, Mapping):
        known = {str(value): value for value in classes.tolist()}
        found["class_weight"] = {known.get(n, n): w for n, w in weights.items()}
    return found


def from_flat(parameters: Parameters) -> dict[str, Any]:
    """Return parameters as they are today, from settings that were not nested."""
    found: dict[str, Any] = dict.fromkeys(PARTS)
    for name, value in parameters.items():
        if name not in NESTED:
            found[name] = value
        elif value is not None:
            part, field = divided(NESTED[name])
            found[part] = with_field(found[part], part, field, value)
    return found


@contextmanager
def spelled() -> Iterator[None]:
    """In this context, errors name settings as parameters of estimators."""
    try:
        yield
    except TransformerProgramsError as error:
        if len(error.args) > 1:
            error.args = (error.message.spelled(_spell),)
        raise


def _spell(name: SettingName) -> str:
    if name == "seed":
        return "random_state"
    for part, owner in PARTS.items():
        if name in SETTINGS[part] and name.owner in (None, owner):
            return f"{part}__{name}"
    return str(name)
