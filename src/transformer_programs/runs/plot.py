"""Pictures of how a program was learned: training curves, or the course of a search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Measure
from transformer_programs.errors import RunFolderError
from transformer_programs.learn import WEIGHED
from transformer_programs.runs.folder import Config, read_config, read_lines
from transformer_programs.runs.front import (
    SizedAccuracy,
    SizedSum,
    front_of,
    sums_of,
)
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

Best = tuple[int, int, float]
"""The restart, the step and the score of the program that is kept."""

_ACCURACY = "accuracies"

_MEASURES = {"entity_f1": Measure.ENTITY_F1, _ACCURACY: Measure.ACCURACY}
"""What evaluations measure, by its name in ``metrics.jsonl``; the first counts."""

# Colours of Okabe and Ito, which can be told apart by the colour-blind.
BEST, ENDED, MIDDLE, OTHER = "#0072B2", "#D55E00", "black", "#999999"


def plot_run(run: Path, out: Path | None = None) -> Path:
    """Draw how a run was learned, also one that is still in training or was stopped.

    See ``Run.plot``.
    """
    folder = run if run.name else run.resolve()
    file = out if out is not None else folder.with_name(f"{folder.name}.svg")
    check_picture(file)
    folder, lines = _recorded(run)
    training = [line for line in lines if line.get("kind") in ("step", "evaluation")]
    searched = any(line.get("kind") == "search" for line in lines)
    weighed = any(line.get("kind") == WEIGHED for line in lines)
    if not (training or searched or weighed):
        raise RunFolderError(
            f"{run}: nothing to draw: {folder / METRICS} has no line of a "
            "search or of a training (yet)"
        )
    config = read_config(folder)

    def draw() -> Figure:
        try:
            if training:
                return draw_training(training, config, front_of(lines), sums_of(lines))
            return (draw_search if searched else draw_weighing)(lines, config)
        except (LookupError, TypeError, ValueError) as error:
            raise RunFolderError(
                f"{folder / METRICS}: not what a search or a training "
                f"writes: {type(error).__name__}: {error}"
            ) from error

    save_picture(draw, file)
    return file


def _recorded(run: Path) -> tuple[Path, list[Line]]:
    # The folder with the latest lines of a run, and the lines.
    partial = partial_folder(run)
    lines = read_lines(partial)
    if lines:
        return partial, lines
    if not partial.exists():
        existing(run)
    return run, read_lines(run)


def draw_training(
    lines: Sequence[Line],
    config: Config,
    front: Sequence[SizedAccuracy] = (),
    sums: Sequence[SizedSum] = (),
) -> Figure:
    """Draw loss, hardened score and temperature over steps, a curve for every restart.

    Args:
        lines: The lines of the kinds ``step`` and ``evaluation``.
        config: The configuration of the run.
        front: The best programs of several sizes that a search found before.
        sums: How right sums of n-grams are that were learned before.
    """
    from matplotlib.figure import Figure

    before = bool(front) + bool(sums)
    figure = Figure(figsize=(8, 8 + 3 * before), layout="constrained")
    ratios = (3, 3, 1.5, *[3] * before)
    loss, score, temperature, *more = figure.subplots(
        len(ratios), 1, height_ratios=ratios
    )
    for axes in (loss, score):
        axes.sharex(temperature)
        axes.tick_params(labelbottom=False)
    _draw_sizes(more, front, sums)
    best, scores = best_restart(lines), _scores(lines)
    _draw_restarts(loss, lines, "losses", best)
    evaluations = [line for line in lines if line["kind"] == "evaluation"]
    _draw_restarts(score, evaluations, scores, best)
    temperatures = [(line["step"], line["temperature"]) for line in lines]
    _draw(temperature, temperatures, color=MIDDLE)
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


def best_restart(lines: Sequence[Line]) -> Best | None:
    """Return the best restart so far; the latest of equals, as training has it."""
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
    found = (name for name in _MEASURES if any(name in line for line in lines))
    return next(found, _ACCURACY)


def _draw_restarts(
    axes: Axes, lines: Sequence[Line], name: str, best: Best | None
) -> None:
    # A curve for every restart, and their median; the best one on top.
    if not lines:
        return
    last = lines[-1]
    curves = [
        [(x["step"], x[name][r]) for x in lines if x[name][r] is not None]
        for r in range(len(last[name]))
    ]
    ended = [not curve or curve[-1][0] < last["step"] for curve in curves]
    rest = [r for r in range(len(curves)) if best is None or r != best[0]]
    alpha = 0.8 if len(curves) < 16 else 0.5
    thin: dict[str, Any] = {"alpha": alpha, "marker": "." if len(lines) < 20 else ""}
    others = [r for r in rest if not ended[r]]
    noun = "restart" if best is None else "other"
    label: str | None = f"{len(others)} {noun}{'s' if len(others) > 1 else ''}"
    for restart in others:  # the first one with a label for all of them
        _draw(axes, curves[restart], color=OTHER, label=label, linewidth=0.8, **thin)
        label = None
    gone = [r for r in rest if ended[r]]
    label = f"{len(gone)} that ended early"
    for restart in gone:
        curve = curves[restart]
        _draw(axes, curve, "--", color=ENDED, label=label, linewidth=1)
        _draw(axes, curve[-1:], "x", color=ENDED)
        label = None
    if len(curves) > 2:
        middle = [(line["step"], _median(line[name])) for line in lines]
        _draw(axes, middle, ":", color=MIDDLE, label="median", linewidth=1.2)
    if best is not None:
        label = f"restart {best[0]}, the best: {best[2]:.2%} at step {best[1]:,}"
        _draw(axes, curves[best[0]], color=BEST, label=label, linewidth=2)
        kept = [point for point in curves[best[0]] if point[0] == best[1]]
        _draw(axes, kept, "o", color=BEST)


def _draw(
    axes: Axes, curve: Sequence[tuple[int, float]], style: str = "", **options: Any
) -> None:
    steps, values = [step for step, _ in curve], [value for _, value in curve]
    axes.plot(steps, values, *([style] if style else []), **options)


def _median(values: Iterable[float | None]) -> float:
    there = [value for value in values if value is not None]
    return median(there) if there else math.nan


def draw_front(axes: Axes, front: Sequence[SizedAccuracy]) -> None:
    """Draw the accuracy of the best programs of several sizes over their statements."""
    sizes = [sized.statements for sized in front]
    training = [sized.training for sized in front]
    worse = [sized.accuracy for sized in front]
    style: dict[str, Any] = {"where": "post", "marker": "o"}
    axes.step(sizes, training, color=OTHER, label="training data", **style)
    axes.step(sizes, worse, color=BEST, label="validation data, if worse", **style)
    axes.set_xlabel("statements of the best program of a size")
    axes.set_ylabel("labels right")
    axes.locator_params("x", integer=True)
    axes.yaxis.set_major_formatter("{x:.1%}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


def draw_sums(axes: Axes, sums: Sequence[SizedSum]) -> None:
    """Draw how good sums of n-grams are over their number."""
    grams = [max(sized.grams, 1) for sized in sums]  # on a logarithmic axis
    axes.plot(grams, [sized.score for sized in sums], color=BEST, marker="o")
    axes.set_xscale("log")
    axes.set_xticks(grams, [f"{sized.grams:,}" for sized in sums])
    axes.minorticks_off()
    axes.set_xlabel(f"{sums[0].unit} in the sum")
    axes.set_ylabel(f"{sums[0].measure} on held-out data")
    axes.yaxis.set_major_formatter("{x:.1%}")
    axes.grid(alpha=0.3)


def _draw_sizes(
    axes: Iterable[Axes], front: Sequence[SizedAccuracy], sums: Sequence[SizedSum]
) -> None:
    # Those of the search first, if there are both.
    places = iter(axes)
    if front:
        draw_front(next(places), front)
    if sums:
        draw_sums(next(places), sums)


def draw_weighing(lines: Sequence[Line], config: Config) -> Figure:
    """Draw how good sums of n-grams are, of lines of the kind ``weighed``."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    sums = sums_of(lines)
    draw_sums(figure.subplots(), sums)
    figure.suptitle(f"{as_text(config.name)}: sums of {sums[0].unit} by size")
    return figure


def draw_search(lines: Sequence[Line], config: Config) -> Figure:
    """Draw accuracy and size of the best program over the candidates compared.

    Args:
        lines: The lines of the kind ``search``, and perhaps one that says how it ended.
        config: The configuration of the run.
    """
    from matplotlib.figure import Figure

    found = [line for line in lines if line["kind"] == "search"]
    ended = [line["why"] for line in lines if line["kind"] == "search_ended"]
    front, sums = front_of(lines), sums_of(lines)
    sizes = bool(front) + bool(sums)
    figure = Figure(figsize=(8, 6 + 3 * sizes), layout="constrained")
    accuracy, size, *more = figure.subplots(2 + sizes, 1)
    accuracy.sharex(size)
    accuracy.tick_params(labelbottom=False)
    _draw_sizes(more, front, sums)
    candidates = [line["candidates"] for line in found]
    grown = [
        before["candidates"]
        for before, after in pairwise(found)
        if after["round"] > before["round"]
    ]
    for axes, name in ((accuracy, "accuracy"), (size, "statements")):
        values = [line[name] for line in found]
        axes.step(candidates, values, where="post", marker="o", color=BEST)
        axes.grid(alpha=0.3)
        for place in grown:
            axes.axvline(place, linestyle=":", color=MIDDLE)
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
