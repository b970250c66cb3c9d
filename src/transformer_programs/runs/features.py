"""What separates two labels of a run's program, also as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.analysis import SEPARATOR, Feature, Separation, separation
from transformer_programs.errors import TransformerProgramsError
from transformer_programs.learn import Watch
from transformer_programs.runs.base import BaseRun
from transformer_programs.runs.loading import load_dataset, source_of
from transformer_programs.system import as_text, check_picture, save_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Of Okabe and Ito: told apart by the colour-blind.
_FIRST, _SECOND = "#0072B2", "#D55E00"

_WORDS = 3
"""Words of a feature that are written beside its bar."""

_CHARACTERS = 60
"""The longest text beside a bar."""


def features_of_run(
    run: BaseRun,
    labels: Sequence[str] | None,
    top: int,
    picture: Path | None,
    watch: Watch,
    *,
    trust: bool,
) -> Separation:
    """Return what separates two labels of a run's program; see ``Run.features``."""
    if picture is not None:
        check_picture(picture)
    program = run.program.data
    separation(program, labels, top=top)  # what is wrong is said before data are read
    data = _training_data(run, watch, trust=trust)
    found = separation(program, labels, data, top)
    if picture is not None:
        save_picture(lambda: draw_separation(found, program.name), picture)
    return found


def draw_separation(found: Separation, title: str) -> Figure:
    """Draw a bar for every feature: to the right it speaks for the first label."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # Those for the first label on top, the largest of both outside.
    features = sorted(found.features, key=lambda feature: feature.difference)
    figure = Figure(figsize=(9, 1.6 + 0.27 * max(len(features), 1)))
    figure.set_layout_engine("constrained")
    axes = figure.subplots()
    amounts = [feature.difference for feature in features]
    colours = [_FIRST if amount > 0 else _SECOND for amount in amounts]
    bars = axes.barh(range(len(features)), amounts, color=colours, height=0.75)
    axes.bar_label(bars, [f"{amount:+,}" for amount in amounts], padding=3, fontsize=8)
    axes.set_yticks(range(len(features)), [_text(f) for f in features], fontsize=9)
    axes.margins(x=0.12, y=0.01)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.axvline(0, color="black", linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    first, second = map(as_text, found.labels)
    axes.set_xlabel(f"weight for {first} minus weight for {second}")
    axes.set_title(f"{as_text(title)}: {first} (right) or {second} (left)", loc="left")
    return figure


def _text(feature: Feature) -> str:
    words = SEPARATOR.join(feature.words[:_WORDS])
    text = f"{feature.text} ({words})" if words else feature.text
    if len(text) > _CHARACTERS:
        text = f"{text[: _CHARACTERS - 4]} ..."
    return as_text(text)


def _training_data(
    run: BaseRun, watch: Watch, *, trust: bool
) -> Sequence[tuple[str, ...]]:
    try:
        source = source_of(run, trust=trust)
        otherwise = "so how often features occur is not known"
        return load_dataset(source, run.place, otherwise).train.sequences
    except TransformerProgramsError as error:
        watch.note(f"{error}; features are ranked by their weights alone")
        return ()
