"""``tprog plot``: a run as a picture."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.base import app


@app.command(sort_key=9)
def plot(run: Path, /, *, out: Path | None = None) -> None:
    """Draw how a run was learned: loss, accuracy and temperature of all restarts.

    Of a search, accuracy and size of the best program are drawn; of a run that is
    still learned, what there is so far. Needs the extra "plot".

    Parameters
    ----------
    run
        The run folder, whether complete, stopped or still in work.
    out
        The picture, a .svg or .png file [default: RUN.svg beside the run folder].
    """
    from transformer_programs.runs import plot_run

    console.out.print(str(plot_run(run, out)), markup=False)
