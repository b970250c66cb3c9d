"""Commands that only read: ``tasks``, ``show`` and ``run``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, app, print_json
from transformer_programs.errors import InputError

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.runnable import RunnableProgram


@app.command(sort_key=1)
def tasks() -> None:
    """List the built-in tasks."""
    from transformer_programs.tasks import task as registry

    table = console.table(
        "", "task", "vocabulary", "length", "inputs", "what is computed"
    )
    for name in registry.names():
        found = registry.get(name)
        console.add_row(
            table,
            name,
            str(found.vocabulary_size),
            str(found.max_length),
            f"{found.domain_size:,}",
            found.summary,
        )
    console.print_table(table)


@app.command(sort_key=3)
def show(run: Path, /, *, as_json: AsJson = False) -> None:
    """Print a program, highlighted on a terminal.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    as_json
        Print the program as data.
    """
    from transformer_programs.program.serialize import to_json
    from transformer_programs.runnable import load

    program = load(run)
    if as_json:
        sys.stdout.write(to_json(program.program))
    elif console.out.is_terminal:
        from rich.syntax import Syntax

        console.out.print(Syntax(program.source, "python", background_color="default"))
    else:
        sys.stdout.write(program.source)


@app.command(sort_key=4)
def run(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    trace: Flag = False,
    any_length: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Give one input to a program.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    tokens
        The tokens; put -- before tokens that look like options.
    trace
        Show every variable at every position.
    any_length
        Take more tokens than the program was learned with, if it holds at any length.
    as_json
        Print JSON.
    """
    from transformer_programs.runnable import load

    program = load(run)
    check_length(program, tokens, any_length=any_length)
    labels = program(tokens, any_length=any_length)
    traced = program.trace(tokens, any_length=any_length) if trace else None
    if as_json:
        found = {"tokens": tokens, "labels": labels}
        print_json(found if traced is None else found | {"trace": traced})
        return
    if traced is not None:
        console.print_trace(traced)
    text = labels if isinstance(labels, str) else " ".join(labels)
    console.out.print(text, markup=False)


def check_length(
    program: RunnableProgram, tokens: Sequence[str], *, any_length: bool
) -> None:
    """See that the input is not too long.

    Raises:
        InputError: if it is, but could be given with ``--any-length``.
    """
    most = program.program.input.max_bare_length
    if len(tokens) > most and not any_length and program.length_free:
        raise InputError(
            f"too long: {len(tokens)} tokens, at most {most} are allowed; the program "
            "holds at any length: add --any-length"
        )
