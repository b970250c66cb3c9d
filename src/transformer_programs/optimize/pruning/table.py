"""The way of a pruning as a table."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from transformer_programs.data import Measure
from transformer_programs.optimize.pruning.path import Pruning, Stage
from transformer_programs.system import display

_REMOVED = 60
"""Columns for what was removed; the run's metrics.jsonl has all of it."""


def draw_stages(pruning: Pruning, most: int | None = None) -> Table:
    """A row for every stage, the chosen one marked.

    Args:
        pruning: the way.
        most: how many rows there may be, those around the chosen one [default: all].
    """
    measure = pruning.chosen.quality.measure
    right = measure is Measure.ACCURACY
    shown = "validation labels right" if right else f"validation {measure}"
    drawn = display.table(
        f"{measure} over size, tolerance {pruning.tolerance:g}",
        *("", "lines", "statements", "entries", shown, "removed"),
    )
    for stage in _around(pruning, most):
        removed = stage.removed
        if len(removed) > _REMOVED:
            removed = f"{removed[: _REMOVED - 4]} ..."
        drawn.add_row(
            Text(">" if stage is pruning.chosen else "", "green"),
            str(stage.lines),
            str(stage.statements),
            f"{stage.entries:,}",
            f"{stage.score:.2%}",
            display.cell(removed),
        )
    return display.fitted(drawn)


def _around(pruning: Pruning, most: int | None) -> tuple[Stage, ...]:
    """As many stages as there may be, the first and the chosen one among them."""
    stages = pruning.stages
    if most is None or len(stages) <= most:
        return stages
    chosen = next(i for i, stage in enumerate(stages) if stage is pruning.chosen)
    start = min(max(1, chosen - most // 2), len(stages) - most + 1)
    return stages[0], *stages[start : start + most - 1]
