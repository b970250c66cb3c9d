"""The parameters of estimators, made the settings of this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from numbers import Integral, Real
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np

from transformer_programs.data import VALIDATION_FRACTION, ReadOptions
from transformer_programs.errors import SettingsError
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
)

Parameters = Mapping[str, Any]
"""What ``get_params`` gives."""

_WORDS = {bool: "True or False", int: "an integer", float: "a number", str: "a text"}


def _of(settings: type[Any]) -> dict[str, type[Any]]:
    """The fields of settings but for the seed, which is ``random_state``."""
    hints = get_type_hints(settings)
    kinds = {field.name: hints[field.name] for field in fields(settings)}
    return {name: _kind(hint) for name, hint in kinds.items() if name != "seed"}


def _kind(hint: Any) -> type[Any]:
    """``int`` for ``int | None``, ``str`` for the names of members."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType] or [hint]
    kind: type[Any] = kinds[0]
    return str if issubclass(kind, StrEnum) else kind


_GRADIENT = _of(ModelSettings) | _of(TrainSettings)
_SEARCH = {
    name if name == "max_statements" else f"search_{name}": kind
    for name, kind in _of(SearchSettings).items()
}
"""The kind of every setting, by the name of its parameter."""


def read_options(parameters: Parameters, seed: int) -> ReadOptions:
    """How texts become tokens, and what is held out.

    Raises:
        SettingsError: for values that these cannot have.
    """
    fraction = parameters["validation_fraction"]
    if fraction is None:
        fraction = VALIDATION_FRACTION
    return ReadOptions(
        split=_plain("split", parameters["split"], str),
        validation_fraction=_plain("validation_fraction", fraction, float),
        test_fraction=0,
        seed=seed,
        max_vocabulary=_optional("max_vocabulary", parameters, int),
        max_length=_optional("max_length", parameters, int),
    )


def learner_of(parameters: Parameters) -> str | None:
    """The learner; None to take what suits the data.

    Parameters of gradient descent alone ask for it.

    Raises:
        SettingsError: if it is no text.
    """
    chosen: str | None = _optional("learner", parameters, str)
    if chosen is None and _given(parameters, _GRADIENT):
        searching = _given(parameters, _SEARCH)
        return Learner.AUTO if searching else Learner.GRADIENT
    return chosen


def changed(recipe: Recipe, parameters: Parameters, seed: int) -> Recipe:
    """The settings that suit the data, with those that were given.

    Raises:
        SettingsError: for values that they cannot have.
    """
    from transformer_programs.settings import apply

    given = _given(parameters, _GRADIENT | _SEARCH)
    return apply(recipe, given | {"seed": seed})


def seed_of(random_state: object) -> int:
    """The seed that a ``random_state`` of scikit-learn means; 0 for None.

    Raises:
        SettingsError: for anything else.
    """
    if random_state is None:
        return 0
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return int(_plain("random_state", random_state, int))


def is_true(name: str, parameters: Parameters) -> bool:
    """A parameter that is a truth value.

    Raises:
        SettingsError: if it is none.
    """
    return bool(_plain(name, parameters[name], bool))


def is_verbose(parameters: Parameters) -> bool:
    """Whether progress is shown.

    Raises:
        SettingsError: if that is neither a number nor a truth value.
    """
    verbose = parameters["verbose"]
    truth = isinstance(verbose, bool | np.bool_)
    return bool(verbose if truth else _plain("verbose", verbose, int))


def as_plain(name: str, value: object) -> bool | int | float | str | None:
    """A parameter as JSON holds it.

    Raises:
        SettingsError: if JSON cannot.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    raise SettingsError(
        f"{name}: expected a text, a number, True, False or None to be saved, got "
        f"{value!r}; set_params({name}=...) first"
    )


def _given(parameters: Parameters, kinds: Mapping[str, type[Any]]) -> dict[str, Any]:
    """Those parameters that are not left at None, as plain values."""
    return {
        name: _plain(name, parameters[name], kind)
        for name, kind in kinds.items()
        if parameters[name] is not None
    }


def _optional(name: str, parameters: Parameters, kind: type[Any]) -> Any:
    value = parameters[name]
    return None if value is None else _plain(name, value, kind)


def _plain(name: str, value: object, kind: type[Any]) -> Any:
    """A value as Python's own number, text or truth value; NumPy has others."""
    accepted: dict[type[Any], tuple[type[Any], ...]] = {
        bool: (bool, np.bool_),
        int: (Integral,),
        float: (Real,),
        str: (str,),
    }
    truth = isinstance(value, bool | np.bool_)
    if not isinstance(value, accepted[kind]) or (truth and kind is not bool):
        raise SettingsError(f"expected {name} to be {_WORDS[kind]}, got {value!r}")
    return kind(value)
