"""Accuracy, or entity F1, over size, as a picture."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from transformer_programs.data import Measure
from transformer_programs.optimize.pruning.path import Pruning
from transformer_programs.system import as_text


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
