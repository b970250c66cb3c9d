"""``tprog plot``: what is recorded of a run, as a picture."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Measure
from transformer_programs.errors import RunFolderError
from transformer_programs.runs.folder import Config, read_config, read_lines
from transformer_programs.runs.place import partial_folder
from transformer_programs.system import (
    METRICS,
    as_text,
    check_picture,
    existing,
    save_picture,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Line = dict[str, Any]
"""A line of ``metrics.jsonl``."""

Curve = list[tuple[int, float]]
"""Numbers at steps."""

_ACCURACY = "accuracies"

_MEASURES = {"entity_f1": Measure.ENTITY_F1, _ACCURACY: Measure.ACCURACY}
"""What evaluations measure, by its name in ``metrics.jsonl``; the first counts."""

# Colours of Okabe and Ito, which can be told apart by the colour-blind.
BEST, ENDED, MIDDLE, OTHER = "#0072B2", "#D55E00", "black", "#999999"


def plot_run(run: str | Path, out: str | Path | None = None) -> Path:
    """Draw loss, hardened score and temperature, or what a search compared.

    See ``Run.plot``. A run that is still learned, or was stopped, is drawn as far as it
    has come. The score is what chose the program: accuracy or entity F1.
    """
    run = Path(run)
    file = Path(out) if out is not None else _beside(run)
    check_picture(file)
    folder, lines = _recorded(run)
    training = [line for line in lines if line.get("kind") in ("step", "evaluation")]
    searching = [line for line in lines if line.get("kind") == "search"]
    if not training and not searching:
        raise RunFolderError(
            f"{run}: nothing to draw: {folder / METRICS} has no line of a "
            "search or of a training (yet)"
        )
    config = read_config(folder)

    def draw() -> Figure:
        try:
            if training:
                return draw_training(training, config)
            return draw_search(lines, config)
        except (LookupError, TypeError, ValueError) as error:
            raise RunFolderError(
                f"{folder / METRICS}: not what a search or a training "
                f"writes: {type(error).__name__}: {error}"
            ) from error

    save_picture(draw, file)
    return file


def draw_training(lines: Sequence[Line], config: Config) -> Figure:
    """Loss, hardened score and temperature over steps, a curve for every restart.

    The best restart stands out; those that no longer train end where they stopped.
    Lines are of the kinds ``step`` and ``evaluation``.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 8), layout="constrained")
    loss, score, temperature = figure.subplots(
        3, 1, sharex=True, height_ratios=(3, 3, 1.5)
    )
    best = best_restart(lines)
    scores = _scores(lines)
    _draw_restarts(loss, lines, "losses", best)
    evaluations = [line for line in lines if line["kind"] == "evaluation"]
    _draw_restarts(score, evaluations, scores, best)
    temperature.plot(
        [line["step"] for line in lines],
        [line["temperature"] for line in lines],
        color=MIDDLE,
    )
    least, most = loss.dataLim.intervaly
    if least > 0 and most > 10 * least:
        loss.set_yscale("log")
    temperature.set_yscale("log")
    score.yaxis.set_major_formatter("{x:.0%}")
    loss.set_ylabel("loss of a batch")
    score.set_ylabel(f"hardened validation {_MEASURES[scores]}")
    temperature.set_ylabel("temperature")
    temperature.set_xlabel("step")
    steps = lines[-1]["step"]
    total = f" of {config.recipe.training.steps:,}" if config.recipe else ""
    count = len(lines[-1]["losses"])
    restarts = "1 restart" if count == 1 else f"{count} restarts"
    figure.suptitle(f"{as_text(config.name)}: {restarts}, step {steps:,}{total}")
    handles, labels = loss.get_legend_handles_labels()
    figure.legend(
        handles[::-1], labels[::-1], loc="outside lower center", ncols=4, frameon=False
    )
    for axes in (loss, score, temperature):
        axes.grid(alpha=0.3)
    return figure


def best_restart(lines: Sequence[Line]) -> tuple[int, int, float] | None:
    """The restart, the step and the score of the program that is kept, if any yet.

    As training has it: the one with the best score, the latest of equals.
    """
    scores = _scores(lines)
    found = (
        (score, line["step"], -restart)
        for line in lines
        for restart, score in enumerate(line.get(scores, ()))
        if score is not None
    )
    score, step, restart = max(found, default=(None, 0, 0))
    return None if score is None else (-restart, step, score)


def _scores(lines: Sequence[Line]) -> str:
    """What evaluations call the scores that restarts are compared by."""
    return next(
        (name for name in _MEASURES if any(name in x for x in lines)), _ACCURACY
    )


def draw_search(lines: Sequence[Line], config: Config) -> Figure:
    """Accuracy and size of the best program over the candidates compared.

    Lines are of the kind ``search``, and perhaps one says how it ended.
    """
    from matplotlib.figure import Figure

    found = [line for line in lines if line["kind"] == "search"]
    ended = [line["why"] for line in lines if line["kind"] == "search_ended"]
    figure = Figure(figsize=(8, 6), layout="constrained")
    accuracy, size = figure.subplots(2, 1, sharex=True)
    candidates = [line["candidates"] for line in found]
    for axes, name in ((accuracy, "accuracy"), (size, "statements")):
        values = [line[name] for line in found]
        axes.step(candidates, values, where="post", marker="o", color=BEST)
        axes.grid(alpha=0.3)
    grown = [
        before["candidates"]
        for before, after in pairwise(found)
        if after["round"] > before["round"]
    ]
    for place in grown:
        accuracy.axvline(place, linestyle=":", color=MIDDLE)
        size.axvline(place, linestyle=":", color=MIDDLE)
    size.set_xlim(left=0)
    accuracy.yaxis.set_major_formatter("{x:.1%}")
    accuracy.set_ylabel("training labels right")
    size.set_ylabel("statements")
    size.yaxis.get_major_locator().set_params(integer=True)
    note = " (dotted: the sample of sequences grows)" if grown else ""
    size.set_xlabel(f"candidates compared{note}")
    size.xaxis.set_major_formatter("{x:,.0f}")
    why = f" ({ended[0]})" if ended else ""
    figure.suptitle(f"{as_text(config.name)}: best program of the search{why}")
    return figure


def _recorded(run: Path) -> tuple[Path, list[Line]]:
    """The folder with the latest lines of a run, and the lines."""
    partial = partial_folder(run)
    lines = read_lines(partial)
    if lines:
        return partial, lines
    if not partial.exists():
        existing(run)
    return run, read_lines(run)


def _beside(run: Path) -> Path:
    folder = run if run.name else run.resolve()
    return folder.with_name(f"{folder.name}.svg")


def _draw_restarts(
    axes: Axes, lines: Sequence[Line], name: str, best: tuple[int, int, float] | None
) -> None:
    """A curve for every restart, and their median; the best one on top."""
    if not lines:
        return
    curves = [_curve(lines, name, r) for r in range(len(lines[-1][name]))]
    last = lines[-1]["step"]
    ended = {r for r, curve in enumerate(curves) if not curve or curve[-1][0] < last}
    chosen = None if best is None else best[0]
    others = [r for r in range(len(curves)) if r not in ended and r != chosen]
    mark = "." if len(lines) < 20 else ""
    thin: dict[str, Any] = {
        "linewidth": 0.8,
        "alpha": 0.8 if len(curves) < 16 else 0.5,
        "marker": mark,
    }
    noun = "other" if chosen is not None else "restart"
    for label, restart in _labelled(others, noun):
        axes.plot(*_xy(curves[restart]), color=OTHER, label=label, **thin)
    gone = sorted(ended - {chosen})
    for label, restart in _labelled(gone, "that ended early", plural=""):
        curve = curves[restart]
        axes.plot(*_xy(curve), "--", color=ENDED, label=label, linewidth=1)
        axes.plot(*_xy(curve[-1:]), "x", color=ENDED)
    if len(curves) > 2:
        middle = [(line["step"], _median(line[name])) for line in lines]
        axes.plot(*_xy(middle), ":", color=MIDDLE, label="median", linewidth=1.2)
    if best is not None:
        label = f"restart {best[0]}, the best: {best[2]:.2%} at step {best[1]:,}"
        axes.plot(*_xy(curves[best[0]]), color=BEST, label=label, linewidth=2)
        kept = [point for point in curves[best[0]] if point[0] == best[1]]
        axes.plot(*_xy(kept), "o", color=BEST)


def _curve(lines: Sequence[Line], name: str, restart: int) -> Curve:
    found = ((line["step"], line[name][restart]) for line in lines)
    return [(step, value) for step, value in found if value is not None]


def _xy(curve: Curve) -> tuple[list[int], list[float]]:
    return [step for step, _ in curve], [value for _, value in curve]


def _labelled(
    restarts: list[int], noun: str, plural: str = "s"
) -> Iterator[tuple[str | None, int]]:
    """The restarts; the first one with a label for all of them."""
    count = len(restarts)
    for place, restart in enumerate(restarts):
        label = f"{count} {noun}{plural if count > 1 else ''}"
        yield (None if place else label), restart


def _median(values: Sequence[float | None]) -> float:
    there = [value for value in values if value is not None]
    return median(there) if there else math.nan
