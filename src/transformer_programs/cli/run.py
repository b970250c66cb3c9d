"""``tprog run``: a program on one input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AnyLength, AsJson, Flag, command
from transformer_programs.cli.tokens import naming_unknown, typed_tokens


@command()
def run(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    trace: Flag = False,
    any_length: AnyLength = False,
    as_json: AsJson = False,
) -> None:
    """Run a program on one input.

    A program that was learned from texts takes a text, and splits it as in training.

    Args:
        run: The run folder, or a program.json.
        tokens: The tokens, or a text; put -- before anything that looks like an
            option.
        trace: Show every variable at every position.
    """
    from transformer_programs.runs import load

    program = load(run).program
    given = typed_tokens(program, tokens, any_length=any_length)
    with naming_unknown(program, given):
        labels = program(given, any_length=any_length)
        traced = program.trace(given, any_length=any_length) if trace else None
    if as_json:
        found = {"tokens": given, "labels": labels}
        console.print_json(found if traced is None else found | {"trace": traced})
        return
    if traced is not None:
        console.print_trace(traced)
    text = labels if isinstance(labels, str) else " ".join(labels)
    console.out.print(text, markup=False)
