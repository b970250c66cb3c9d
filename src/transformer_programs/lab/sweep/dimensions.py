"""The values that one setting may take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from transformer_programs.errors import SettingsError
from transformer_programs.system import (
    Json,
    JsonObject,
    list_of,
    string,
    wrong,
)

Value = int | float | str | bool
"""What a setting can be."""


@dataclass(frozen=True, slots=True)
class Choices:
    """A setting that takes one of some values, which have no order."""

    values: tuple[Value, ...]

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


def dimension_from_json(value: Json, place: str) -> Dimension:
    """Read what ``dimension_to_json`` wrote.

    Raises:
        SchemaError, SettingsError: For anything else.
    """
    fields = JsonObject(value, place)
    dimension: Dimension
    if fields.take("kind", string) == "choices":
        dimension = Choices(fields.take("values", list_of(setting_from_json)))
    else:
        dimension = Range(fields.take("low", _number), fields.take("high", _number))
    fields.end()
    return dimension


def setting_from_json(value: Json, place: str) -> Value:
    """Read the value of a setting."""
    if not isinstance(value, int | float | str):
        raise wrong(place, "a number, a string, true or false", value)
    return value


def _number(value: Json, place: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(place, "a number", value)
    return value
