"""``tprog show``: a program as text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Flag, command


@command()
def show(
    run: Path,
    /,
    *,
    size: int | None = None,
    whole: Annotated[Flag, Parameter(name="--all")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a program.

    Args:
        run: The run folder, or a program.json.
        size: Print the best program of so many statements that the search found, where
            it found no exact one.
        whole: Print all of program.py, with the helpers that are the same in every
            program.
        as_json: Print the program as data.
    """
    from transformer_programs.codegen import to_json
    from transformer_programs.runs import load

    loaded = load(run)
    program = loaded.program if size is None else loaded.of_size(size)
    text = program.source if whole else program.heart
    if as_json:
        sys.stdout.write(to_json(program))
    elif console.out.is_terminal:
        from rich.syntax import Syntax

        console.out.print(Syntax(text, "python", background_color="default"))
    else:
        sys.stdout.write(text)
    if not (whole or as_json):
        console.note("without the helpers of program.py; --all shows them")
