"""The trials and the front of a sweep, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformer_programs.lab.sweep.study import Trial
from transformer_programs.system import as_text


def draw(
    trials: Sequence[Trial], front: Sequence[Trial], title: str, file: Path
) -> None:
    """Draw the score of every trial over its lines of code, and the front as a line.

    The score is accuracy, or entity F1 where labels are BIO tags.

    Args:
        trials: all that gave a program.
        front: those that no other beats, shortest first.
        title: of the picture.
        file: its name says the format; an SVG has the same bytes every time.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = Figure(figsize=(7, 4), layout="constrained")
        axes = figure.subplots()
        for chosen, style in ((trials, "."), (front, "o")):
            axes.plot(
                [trial.lines for trial in chosen],
                [100 * trial.accuracy for trial in chosen],
                style,
                color="silver" if chosen is trials else "tab:red",
            )
        # Between two of its points the front is what the shorter program gives.
        axes.step(
            [trial.lines for trial in front],
            [100 * trial.accuracy for trial in front],
            where="post",
            color="tab:red",
        )
        lines = [trial.lines for trial in trials]
        if max(lines) > 10 * min(lines):
            axes.set_xscale("log")
        axes.set_title(as_text(title))
        axes.set_xlabel("lines of code")
        axes.set_ylabel("validation labels right (BIO tags: entity F1), %")
        figure.savefig(file, metadata={"Date": None})
