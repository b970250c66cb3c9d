"""The search space of a sweep: settings by name, and the values that each may take.

The names are those of the options of ``tprog train``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.settings import (
    OF_LEARNER,
    Learner,
    Recipe,
    Setting,
    apply,
    declared,
)
from transformer_programs.system import document_of

Value = int | float | str | bool
"""What a setting can be."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A setting that takes one of some values, which have no order."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise SettingsError("expected values to choose from, got none")

    def __contains__(self, value: object) -> bool:
        return value in self.values


@dataclass(frozen=True, slots=True)
class Range:
    """A setting that takes any number from ``low`` to ``high``, both included."""

    low: int | float
    high: int | float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise SettingsError(f"expected low <= high, got {self.low}:{self.high}")

    @property
    def values(self) -> tuple[Value, ...]:
        """Its ends."""
        return (self.low, self.high)

    @property
    def logarithmic(self) -> bool:
        """Whether ratios matter more than differences."""
        return 0 < 4 * self.low < self.high

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


Dimension = Choices | Range


def dimension_to_json(dimension: Dimension) -> dict[str, Any]:
    """Return what ``sweep.json`` says about a dimension."""
    return {"kind": type(dimension).__name__.lower(), **asdict(dimension)}


@cache
def dimension_document() -> Any:
    """Return what a dimension is in JSON."""
    return document_of(Choices, tag="choices") | document_of(Range, tag="range")


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

_NOT_VARIED = ("threads", "device", "workers")
"""Settings of the machine, not of the program."""


def values_of(recipe: Recipe, cardinality: int) -> dict[str, Value | None]:
    """Return the settings of a recipe by name; what it does not say is as given."""
    values: dict[str, Value | None] = {}
    for part in (recipe.search, recipe.model, recipe.training):
        owner: Any = type(part)
        values |= {s.name: getattr(part, s.field) for s in declared(owner)}
    if values["cardinality"] is None:
        values["cardinality"] = cardinality
    return values


def space_around(
    recipe: Recipe, cardinality: int, fixed: Collection[str], varied: Space
) -> Space:
    """Return what a sweep varies: what was chosen, the rest as the tables above say.

    Args:
        recipe: The settings that suit the data, with those that were chosen.
        cardinality: That of a model where the recipe does not say.
        fixed: Names of settings that keep their value.
        varied: What was chosen to be varied.

    Raises:
        SettingsError: If names are wrong, make no model, or nothing is left.
    """
    both = sorted(set(fixed) & set(varied))
    if both:
        raise SettingsError(
            f"{', '.join(both)}: both given and varied; omit one of the two"
        )
    known = set(OF_LEARNER[recipe.learner])
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
    """Check that all settings are those of the learner, and their ends make models.

    Raises:
        SettingsError: If not.
    """
    for name in set(space) - set(OF_LEARNER[recipe.learner]):
        raise SettingsError(f"{name!r} is no setting of learner {recipe.learner}")
    for corner in zip(*(_ends(d, space) for d in space.values()), strict=True):
        apply(recipe, dict(zip(space, corner, strict=True)))


def _ends(dimension: Dimension, space: Space) -> list[Value]:
    most = max(len(other.values) for other in space.values())
    values = dimension.values
    return [values[min(index, len(values) - 1)] for index in range(most)]


def begin_with(space: Space, recipe: Recipe, cardinality: int) -> dict[str, Value]:
    """Return the first trial: what suits the data, as far as the space holds it."""
    values = values_of(recipe, cardinality)
    return {
        name: value
        for name, dimension in space.items()
        if (value := values[name]) is not None and value in dimension
    }


def parse_dimension(text: str) -> tuple[str, Dimension]:
    """Read a dimension as it is typed: ``layers=1,2,3`` or ``learning_rate=0.01:0.1``.

    Raises:
        SettingsError: For anything else, or values that the setting cannot have.
    """
    typed, equals, values = text.partition("=")
    name = typed.strip().removeprefix("--").replace("-", "_")
    known = OF_LEARNER[Learner.AUTO]
    if not equals or name not in known or name in _NOT_VARIED:
        raise SettingsError(
            f"expected a setting with its values, such as layers=1,2,3 or "
            f"learning_rate=0.01:0.1, got {text!r}; settings are "
            f"{', '.join(sorted({*known} - {*_NOT_VARIED}))}"
        )
    setting = known[name]
    low, colon, high = values.partition(":")
    if not colon:
        return name, Choices(tuple(_parsed(setting, v) for v in values.split(",")))
    ends: Any = (_parsed(setting, low), _parsed(setting, high))
    if setting.kind not in (int, float):
        raise SettingsError(
            f"{name} has no order: expected values with commas, got {text!r}"
        )
    return name, Range(*ends)


def _parsed(setting: Setting, text: str) -> Value:
    text = text.strip()
    expected = " or ".join(setting.choices) or setting.kind.__name__
    try:
        if setting.kind is bool:
            expected = "true or false"
            return {"true": True, "false": False}[text.lower()]
        value: Value = setting.kind(text)
        if setting.choices and value not in setting.choices:
            raise ValueError
    except (KeyError, ValueError):
        raise SettingsError(
            f"{setting.name}: expected {expected}, got {text!r}"
        ) from None
    return value
