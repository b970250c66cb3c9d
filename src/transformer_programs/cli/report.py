"""``tprog report``: a page about a run, or about two side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Flag, Trust, command


@command()
def report(
    run: Path,
    beside: Path | None = None,
    /,
    *,
    out: Path | None = None,
    force: Annotated[Flag, Parameter(help="Replace the file if it exists.")] = False,
    opened: Annotated[Flag, Parameter(name="--open")] = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Write one page that shows a program, runs it, and says what is known of it.

    The page is a single file that needs no network and no installation: the text of the
    program, its circuit, your own input step by step, tables and weights, accuracy,
    checks and mistakes. With two runs it shows both on the same input, and where they
    differ.

    Args:
        run: The run folder, or a program.json.
        beside: Another one, to be compared with.
        out: The file [default: RUN.html beside the run folder].
        opened: Open the page in a browser.
    """
    from transformer_programs.runs import load

    with console.watching(quiet=as_json) as watch:
        other = None if beside is None else load(beside)
        file = load(run).report_page(
            out, beside=other, force=force, watch=watch, trust=trust, progress=False
        )
    if as_json:
        console.print_json({"file": str(file), "bytes": file.stat().st_size})
    else:
        console.out.print(str(file), markup=False, soft_wrap=True)
    if opened:
        import webbrowser

        webbrowser.open(file.resolve().as_uri())
