"""The values that one setting may take."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from transformer_programs.errors import SettingsError
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
