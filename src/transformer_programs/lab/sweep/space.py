"""What a sweep varies: settings by name, and the values that each may take.

The names are those of the options of ``tprog train``: the fields of ``ModelSettings``
and ``TrainSettings``, and those of ``SearchSettings`` with ``search_`` before them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_type_hints

from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep.dimensions import Choices, Dimension, Range, Value
from transformer_programs.settings import (
    MODEL_FIELDS,
    SEARCH_FIELDS,
    SHARED,
    TRAINING_FIELDS,
    Learner,
    ModelSettings,
    Recipe,
    SearchSettings,
    TrainSettings,
    apply,
    search_name,
)

Settings = Mapping[str, Value]
"""Values of settings by name."""

Space = Mapping[str, Dimension]
"""What is varied, by the name of the setting."""

Around = Callable[[Any], Range]
"""What is tried around the value that suits the data."""


def _counted(least: int, more: int) -> Around:
    """From ``least`` to ``more`` than suits the data."""
    return lambda value: Range(least, value + more)


def _scaled(down: float, up: float) -> Around:
    """From ``down`` times to ``up`` times what suits the data."""

    def around(value: float) -> Range:
        if isinstance(value, int):
            return Range(max(1, round(value * down)), round(value * up))
        return Range(value * down, value * up)

    return around


_GRADIENT: dict[str, Around] = {
    "layers": _counted(least=1, more=1),
    "categorical_heads": _counted(least=0, more=2),
    "numerical_heads": _counted(least=0, more=2),
    "tables": _counted(least=0, more=2),
    "cardinality": lambda value: Range(min(value, max(2, value // 2)), value),
    "steps": _scaled(1 / 2, 2),
    "batch_size": _scaled(1 / 2, 4),
    "learning_rate": _scaled(1 / 3, 3),
    "restarts": _scaled(1 / 2, 1),
    "tau_start": _scaled(1 / 3, 3),
    "tau_end": _scaled(1 / 3, 3),
}
"""What is varied by itself where programs are learned by gradient descent."""

_SEARCH: dict[str, Around] = {
    "search_layers": _counted(least=1, more=1),
    "search_beam": _scaled(1 / 4, 2),
    "search_sample": _scaled(1 / 4, 2),
    "max_statements": _scaled(1 / 8, 1),
}
"""Likewise where they are searched."""

_BY_LEARNER = {
    Learner.GRADIENT: _GRADIENT,
    Learner.SEARCH: _SEARCH,
    Learner.AUTO: _GRADIENT | _SEARCH,
}

_NOT_VARIED = ("threads", "device")
"""Settings of the machine, not of the program."""


_OF_LEARNER = {
    Learner.GRADIENT: MODEL_FIELDS | TRAINING_FIELDS,
    Learner.SEARCH: SEARCH_FIELDS | {SHARED: SHARED},
    Learner.AUTO: MODEL_FIELDS | TRAINING_FIELDS | SEARCH_FIELDS,
}


def values_of(recipe: Recipe, cardinality: int) -> dict[str, Value | None]:
    """The settings of a recipe by name.

    Args:
        recipe: the settings.
        cardinality: what a model has where the recipe does not say.
    """
    search = asdict(recipe.search).items()
    values = {search_name(name): v for name, v in search if name != SHARED}
    values |= asdict(recipe.model) | asdict(recipe.training)
    if values["cardinality"] is None:
        values["cardinality"] = cardinality
    return values


def space_around(
    recipe: Recipe, cardinality: int, fixed: Collection[str], varied: Space
) -> Space:
    """What a sweep varies.

    Args:
        recipe: the settings that suit the data, with those that were chosen.
        cardinality: of a model where the recipe does not say.
        fixed: names of settings that keep their value.
        varied: what was chosen to be varied; everything else as the tables above say.

    Raises:
        SettingsError: for settings that are both, that the learner does not read, or
            that make no model, and if nothing is left.
    """
    both = sorted(set(fixed) & set(varied))
    if both:
        raise SettingsError(
            f"{', '.join(both)}: both given and varied; omit one of the two"
        )
    known = set(_OF_LEARNER[recipe.learner])
    for names, expected in ((fixed, known), (varied, known - {*_NOT_VARIED})):
        for name in names:
            if name not in expected:
                raise SettingsError(
                    f"{name!r} cannot be {'varied' if names is varied else 'given'} "
                    f"with learner {recipe.learner}; expected one of "
                    f"{', '.join(sorted(expected))}"
                )
    values = values_of(recipe, cardinality)
    space: dict[str, Dimension] = {
        name: around(values[name])
        for name, around in _BY_LEARNER[recipe.learner].items()
        if name not in fixed
    }
    space |= varied
    if not space:
        raise SettingsError("nothing is left to be varied: omit a setting, or vary one")
    check_space(space, recipe)
    return space


def check_space(space: Space, recipe: Recipe) -> None:
    """See that all settings are those of the learner, and their ends make models.

    Raises:
        SettingsError: if not.
    """
    for name in set(space) - set(_OF_LEARNER[recipe.learner]):
        raise SettingsError(f"{name!r} is no setting of learner {recipe.learner}")
    for corner in zip(*(_ends(d, space) for d in space.values()), strict=True):
        apply(recipe, dict(zip(space, corner, strict=True)))


def _ends(dimension: Dimension, space: Space) -> list[Value]:
    """Its values, the last one repeated to as many as any dimension has."""
    most = max(len(other.values) for other in space.values())
    values = dimension.values
    return [values[min(index, len(values) - 1)] for index in range(most)]


def begin_with(space: Space, recipe: Recipe, cardinality: int) -> dict[str, Value]:
    """What suits the data, as far as the space holds it: the first trial."""
    values = values_of(recipe, cardinality)
    return {
        name: value
        for name, dimension in space.items()
        if (value := values[name]) is not None and value in dimension
    }


def parse_dimension(text: str) -> tuple[str, Dimension]:
    """A dimension as it is typed: ``layers=1,2,3`` or ``learning_rate=0.01:0.1``.

    Raises:
        SettingsError: for anything else, or values that the setting cannot have.
    """
    typed, equals, values = text.partition("=")
    name = typed.strip().removeprefix("--").replace("-", "_")
    kind = _kinds().get(name)
    if not equals or kind is None:
        raise SettingsError(
            f"expected a setting with its values, such as layers=1,2,3 or "
            f"learning_rate=0.01:0.1, got {text!r}; settings are "
            f"{', '.join(sorted(_kinds()))}"
        )
    low, colon, high = values.partition(":")
    if not colon:
        return name, Choices(tuple(_parsed(name, kind, v) for v in values.split(",")))
    ends = (_parsed(name, kind, low), _parsed(name, kind, high))
    if kind not in (int, float):
        raise SettingsError(
            f"{name} has no order: expected values with commas, got {text!r}"
        )
    return name, Range(*ends)  # type: ignore[arg-type]  # numbers, by the kind


def _kinds() -> dict[str, type[Any]]:
    """The type of every setting that can be varied."""
    settings = (
        (ModelSettings, MODEL_FIELDS),
        (TrainSettings, TRAINING_FIELDS),
        (SearchSettings, SEARCH_FIELDS),
    )
    return {
        name: _without_none(get_type_hints(owner)[field])
        for owner, names in settings
        for name, field in names.items()
        if name not in _NOT_VARIED
    }


def _without_none(hint: Any) -> type[Any]:
    """``int`` for ``int | None``."""
    kinds = [kind for kind in get_args(hint) if kind is not NoneType] or [hint]
    kind: type[Any] = kinds[0]
    return kind


def _parsed(name: str, kind: type[Any], text: str) -> Value:
    """A value of a setting.

    Raises:
        SettingsError: if the setting cannot have it.
    """
    text = text.strip()
    try:
        if issubclass(kind, bool):
            return {"true": True, "false": False}[text.lower()]
        value: Value = kind(text)
    except (KeyError, ValueError):
        expected = kind.__name__
        if issubclass(kind, StrEnum):
            expected = " or ".join(kind)
        elif kind is bool:
            expected = "true or false"
        raise SettingsError(f"{name}: expected {expected}, got {text!r}") from None
    return str(value) if isinstance(value, StrEnum) else value
