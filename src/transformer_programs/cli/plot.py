"""``tprog plot``: a run as a picture."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.options import command


@command()
def plot(run: Path, /, *, out: Path | None = None) -> None:
    """Draw the training curves of a run.

    These are loss, accuracy and temperature of all restarts, or accuracy and size of
    the best program of a search. Needs the extra "plot".

    Args:
        run: The run folder: complete, stopped or still in training.
        out: The picture, a .svg or .png file [default: RUN.svg beside the run folder].
    """
    from transformer_programs.runs import plot_run

    console.out.print(str(plot_run(run, out)), markup=False)
