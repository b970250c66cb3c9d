"""Accuracy over size of a pruned program, as a table and as a figure."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from rich.table import Table
from rich.text import Text

from transformer_programs.data import Measure
from transformer_programs.optimize.pruning import Pruning
from transformer_programs.system import as_text, display

_REMOVED = 60
"""Columns for what was removed; the metrics.jsonl of the run has all of it."""


def draw_stages(pruning: Pruning, most: int | None = None) -> Table:
    """Make a table with a row for every stage, the chosen one marked.

    Args:
        pruning: Result of pruning.
        most: Rows around the chosen one, at most; all by default.
    """
    measure = pruning.chosen.quality.measure
    right = measure is Measure.ACCURACY
    shown = "validation labels right" if right else f"validation {measure}"
    drawn = display.table(
        f"{measure} over size, tolerance {pruning.tolerance:g}",
        *("", "lines", "statements", "entries", shown, "removed"),
    )
    stages, chosen = pruning.stages, pruning.chosen
    if most is not None and len(stages) > most:  # the first, and around the chosen one
        place = next(i for i, stage in enumerate(stages) if stage is chosen)
        start = min(max(1, place - most // 2), len(stages) - most + 1)
        stages = (stages[0], *stages[start : start + most - 1])
    for stage in stages:
        removed = stage.removed
        if len(removed) > _REMOVED:
            removed = f"{removed[: _REMOVED - 4]} ..."
        drawn.add_row(
            Text(">" if stage is chosen else "", "green"),
            str(stage.lines),
            str(stage.statements),
            f"{stage.entries:,}",
            f"{stage.score:.2%}",
            display.cell(removed),
        )
    return display.fitted(drawn)


def can_draw() -> bool:
    """Check whether matplotlib is installed (the extra ``plot``)."""
    return find_spec("matplotlib") is not None


def draw(pruning: Pruning, title: str, file: Path) -> None:
    """Draw the score of every stage over its lines of code, the chosen one marked.

    The suffix of the file decides the format; an SVG has the same bytes every time.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        stages, chosen = pruning.stages, pruning.chosen
        first = stages[0]
        lines = [stage.lines for stage in stages]
        scores = [100 * stage.score for stage in stages]
        axes.plot(lines, scores, marker="o", markersize=3, color="tab:blue")
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
        measure = first.quality.measure
        right = measure is Measure.ACCURACY
        shown = "validation labels right" if right else f"{measure} on validation data"
        axes.set_ylabel(f"{shown}, %")
        figure.savefig(file, metadata={"Date": None})
