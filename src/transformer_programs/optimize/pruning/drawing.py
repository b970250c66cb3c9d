"""Accuracy over size of a pruned program, as a table and as a picture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from rich.table import Table
from rich.text import Text

from transformer_programs.data import Measure
from transformer_programs.optimize.pruning.path import Pruning, Stage
from transformer_programs.system import as_text, display

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


def can_draw() -> bool:
    """Whether the library that draws is installed (the extra ``plot``)."""
    return find_spec("matplotlib") is not None


def draw(pruning: Pruning, title: str, file: Path) -> None:
    """Draw the score of every stage over its lines of code, the chosen one marked.

    The format follows from the name of the file; an SVG has the same bytes every time.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        stages, chosen = pruning.stages, pruning.chosen
        first = stages[0]
        axes.plot(
            [stage.lines for stage in stages],
            [100 * stage.score for stage in stages],
            marker="o",
            markersize=3,
            color="tab:blue",
        )
        allowed = 100 * (first.score - pruning.tolerance)
        axes.axhline(allowed, linestyle=":", color="gray")
        axes.annotate(
            f"tolerance {pruning.tolerance:g}",
            (first.lines, allowed),
            xytext=(0, -11),
            textcoords="offset points",
            ha="left",
            color="gray",
        )
        axes.plot(chosen.lines, 100 * chosen.score, "o", color="tab:red")
        axes.annotate(
            f"{chosen.lines} lines, {chosen.score:.2%}",
            (chosen.lines, 100 * chosen.score),
            xytext=(6, -12),
            textcoords="offset points",
            color="tab:red",
        )
        axes.invert_xaxis()
        axes.set_title(as_text(title))
        axes.set_xlabel("lines of code")
        axes.set_ylabel(_label(first.quality.measure))
        figure.savefig(file, metadata={"Date": None})


def _label(measure: Measure) -> str:
    if measure is Measure.ACCURACY:
        return "validation labels right, %"
    return f"{measure} on validation data, %"
