"""``tprog simplify``: a smaller program for a little accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from transformer_programs import run_folder
from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, Trust, app, print_json
from transformer_programs.metrics import Measure
from transformer_programs.run_place import free_folder

if TYPE_CHECKING:  # it loads torch
    from transformer_programs.pruning import Pruning
    from transformer_programs.simplification import Simplified

_REMOVED = 60
"""Columns for what was removed; the run's metrics.jsonl has all of it."""


@app.command(sort_key=8)
def simplify(
    run: Path,
    /,
    *,
    tolerance: float = 0.005,
    out: Path | None = None,
    force: Flag = False,
    quiet: Flag = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Take out of a program what costs the least accuracy, and write a new run.

    Heads, tables and weights are removed one after the other, the readout is fitted
    anew, and the shortest program within the tolerance is kept. The run is not changed.

    Parameters
    ----------
    run
        The run folder; its data must still be there.
    tolerance
        The part of validation labels that may be lost, such as 0.005.
    out
        The run folder to write [default: RUN-simplified, numbered if that exists].
    force
        Replace the run folder if it exists.
    quiet
        Print nothing but the run folder.
    as_json
        Print the result as JSON.
    """
    from transformer_programs import simplification  # loads torch

    folder = run if run.name else run.resolve()
    place = out or free_folder(folder.parent, f"{folder.name}-simplified")
    with console.watching(quiet=quiet or as_json) as watch:
        found = simplification.simplify_run(
            run, place, tolerance=tolerance, force=force, watch=watch, trust=trust
        )
    if as_json:
        print_json(_document(found, place))
    elif quiet:
        console.out.print(str(place), markup=False)
    else:
        _print(found, run, place)


def _document(found: Simplified, place: Path) -> dict[str, object]:
    """The numbers, for scripts."""
    pruning = found.pruning
    return {
        "folder": str(place),
        "tolerance": pruning.tolerance,
        "stages": [stage.numbers() for stage in pruning.stages],
        "chosen": pruning.stages.index(pruning.chosen),
        "test_before": found.before.numbers(),
        "test_after": found.after.numbers(),
    }


def _print(found: Simplified, run: Path, place: Path) -> None:
    _print_curve(found.pruning)
    console.print_accuracy(found.before, f"{run}: held out")
    console.print_accuracy(found.after, f"{place}: held out")
    console.print_certificate(found.certificate)
    console.out.print(f"size: {found.program.size} of code")
    length, more = found.program.length, found.program.length_free
    console.out.print(f"length: {length[0].lower()}{length[1:]}", markup=False)
    if found.pruning.chosen is found.pruning.stages[0]:
        console.note("nothing could be taken out within this tolerance")
    if found.drawn:
        curve = place / run_folder.CURVE
        measure = found.pruning.chosen.quality.measure
        console.out.print(f"{measure} over size: {curve}", markup=False)
    else:
        console.note(
            "no picture of the curve: pip install 'transformer-programs[plot]'"
        )
    beyond = ["tprog eval --any-length"] if more else []
    console.print_next(place, "tprog show", "tprog eval", *beyond)


def _print_curve(pruning: Pruning) -> None:
    """A row for every stage, the chosen one marked."""
    measure = pruning.chosen.quality.measure
    right = measure is Measure.ACCURACY
    shown = "validation labels right" if right else f"validation {measure}"
    drawn = console.table(
        f"{measure} over size, tolerance {pruning.tolerance:g}",
        *("", "lines", "statements", shown, "removed"),
    )
    for stage in pruning.stages:
        removed = stage.removed
        if len(removed) > _REMOVED:
            removed = f"{removed[: _REMOVED - 4]} ..."
        drawn.add_row(
            Text(">" if stage is pruning.chosen else "", "green"),
            str(stage.lines),
            str(stage.statements),
            f"{stage.score:.2%}",
            Text(removed),
        )
    console.print_table(drawn)
