"""Commands that only read: ``tasks``, ``show`` and ``run``."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, app, print_json
from transformer_programs.errors import InputError, UnknownTokenWarning

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.runs import Program


@app.command(sort_key=1)
def tasks() -> None:
    """List the built-in tasks."""
    from transformer_programs.tasks import get, names

    table = console.table(
        "", "task", "vocabulary", "length", "inputs", "what is computed"
    )
    for name in names():
        found = get(name)
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
def show(
    run: Path,
    /,
    *,
    whole: Annotated[Flag, Parameter(name="--all")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a program, highlighted on a terminal.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    whole
        Print all of program.py, with the helpers that are alike in all programs.
    as_json
        Print the program as data.
    """
    from transformer_programs.program import to_json
    from transformer_programs.runs import load

    program = load(run).program
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

    A program that was learned from texts takes a text, and splits it as they were.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    tokens
        The tokens, or a text; put -- before what looks like an option.
    trace
        Show every variable at every position.
    any_length
        Take more tokens than the program was learned with, if it holds at any length.
    as_json
        Print JSON.
    """
    from transformer_programs.runs import load

    program = load(run).program
    given = typed_tokens(program, tokens, any_length=any_length)
    with naming_unknown(program, given):
        labels = program(given, any_length=any_length)
        traced = program.trace(given, any_length=any_length) if trace else None
    if as_json:
        found = {"tokens": given, "labels": labels}
        print_json(found if traced is None else found | {"trace": traced})
        return
    if traced is not None:
        console.print_trace(traced)
    text = labels if isinstance(labels, str) else " ".join(labels)
    console.out.print(text, markup=False)


def typed_tokens(
    program: Program, arguments: Sequence[str], *, any_length: bool
) -> Sequence[str]:
    """The tokens that were typed, as single arguments or as a text.

    Raises:
        InputError: for too many, if they could be given with ``--any-length``.
    """
    from transformer_programs.program import typed

    tokens = typed(program.input, arguments)
    most = program.input.max_bare_length
    if len(tokens) > most and not any_length and program.length_free:
        raise InputError(
            f"too long: {len(tokens)} tokens, at most {most} are allowed; the program "
            "holds at any length: add --any-length"
        )
    return tokens


@contextmanager
def unwarned() -> Iterator[None]:
    """Leave out Python's warnings about unknown tokens."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownTokenWarning)
        yield


@contextmanager
def naming_unknown(program: Program, tokens: Sequence[str]) -> Iterator[None]:
    """Say in one line which tokens are unknown, once they were accepted."""
    from transformer_programs.program import unknown_in_words

    with unwarned():
        yield
    text = unknown_in_words(program.input, tokens)
    if text is not None:
        console.warn(text)
