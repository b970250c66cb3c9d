"""``tprog simplify``: a smaller program for a little accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, Trust, app, print_json

if TYPE_CHECKING:  # it loads torch
    from transformer_programs.runs import Simplified


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
    anew, and the shortest program within the tolerance is kept. The run is not changed;
    where nothing can be taken out, no new run is written.

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
        Print nothing but the folder of the run that holds the program.
    as_json
        Print the result as JSON.
    """
    from transformer_programs.runs import free_folder

    with console.waiting("loading PyTorch", quiet=quiet or as_json):
        from transformer_programs.runs import simplify as simplification

    folder = run if run.name else run.resolve()
    place = out or free_folder(folder.parent, f"{folder.name}-simplified")
    with console.watching(quiet=quiet or as_json) as watch:
        found = simplification.simplify_run(
            run,
            place,
            tolerance=tolerance,
            force=force,
            watch=watch,
            trust=trust,
            progress=False,
        )
    if as_json:
        print_json(_document(found))
    elif quiet:
        console.out.print(str(found.folder), markup=False)
    else:
        _print(found, run)


def _document(found: Simplified) -> dict[str, object]:
    """The numbers, for scripts."""
    pruning = found.pruning
    return {
        "folder": str(found.folder),
        "changed": found.changed,
        "tolerance": pruning.tolerance,
        "stages": [stage.numbers() for stage in pruning.stages],
        "chosen": pruning.stages.index(pruning.chosen),
        "test_before": found.before.numbers(),
        "test_after": found.after.numbers(),
    }


def _print(found: Simplified, run: Path) -> None:
    from transformer_programs.cli import next_steps
    from transformer_programs.optimize import draw_stages
    from transformer_programs.system import (
        CURVE,
    )

    console.out.print(draw_stages(found.pruning))
    console.print_accuracy(found.before, f"{run}: held out")
    if found.certificate is None:
        console.out.print(f"size: {found.program.size}")
        console.out.print(
            "nothing could be taken out within this tolerance: no new run is written, "
            f"and {run} stays as it is",
            markup=False,
        )
        return
    console.print_accuracy(found.after, f"{found.folder}: held out")
    console.print_certificate(found.certificate)
    console.out.print(f"size: {found.program.size}; it was {found.old.size}")
    console.out.print(f"length: {found.length}", markup=False)
    if found.drawn:
        curve = found.folder / CURVE
        measure = found.pruning.chosen.quality.measure
        console.out.print(f"{measure} over size: {curve}", markup=False)
    else:
        console.note(
            "no picture of the curve: pip install 'transformer-programs[plot]'"
        )
    console.print_next(found.folder, next_steps.after_simplifying(found))
