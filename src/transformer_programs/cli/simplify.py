"""``tprog simplify``: a smaller program for a little accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Force, Quiet, Trust, command

if TYPE_CHECKING:  # it loads torch
    from transformer_programs.runs import Simplified


@command()
def simplify(
    run: Path,
    /,
    *,
    tolerance: float = 0.005,
    out: Path | None = None,
    force: Force = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Trade a little accuracy for a smaller program.

    Heads, tables and weights are removed one by one, the readout is refitted, and the
    shortest program within the tolerance is written as a new run. Where nothing can be
    removed, none is written. The run itself is not changed.

    Args:
        run: The run folder; its data must still be there.
        tolerance: The fraction of validation labels that may be lost.
        out: The new run folder [default: RUN-simplified, numbered if that exists].
    """
    from transformer_programs.runs import free_folder, load

    folder = run if run.name else run.resolve()
    place = out or free_folder(folder.parent, f"{folder.name}-simplified")
    with console.watching(quiet=quiet or as_json) as watch:
        watch.begin("loading PyTorch")
        found = load(run).simplify(
            place,
            tolerance=tolerance,
            force=force,
            watch=watch,
            trust=trust,
            progress=False,
        )
    if as_json:
        console.print_json(_document(found))
    elif quiet:
        console.out.print(str(found.folder), markup=False)
    else:
        _print(found, run)


def _document(found: Simplified) -> dict[str, object]:
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
    from transformer_programs.system import CURVE

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
