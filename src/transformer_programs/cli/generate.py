"""``tprog generate``: a sequence that a program goes on with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, command
from transformer_programs.cli.tokens import naming_unknown


@command()
def generate(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    most: int | None = None,
    stop: str | None = None,
    seed: int = 0,
    as_json: AsJson = False,
) -> None:
    """Let a program go on with a sequence.

    Its last label says what follows: the next token, or the tokens that are allowed
    next, of which one is chosen at random. A label, or a part of one, that is no token
    ends the sequence. The program must be causal: learned with --causal, for example.

    Args:
        run: The run folder, or a program.json.
        tokens: At least one token, or a text, to begin with; put -- before anything
            that looks like an option.
        most: The most tokens in all; more than in training if the program holds at any
            length [default: as many as in training].
        stop: A label, or a part of labels, that ends the sequence as well.
        seed: Seed of the choices among allowed tokens.
    """
    from transformer_programs.language import typed
    from transformer_programs.runs import load

    program = load(run).program
    given = typed(program.input, tokens)
    with naming_unknown(program, given):
        found = program.generate(given, most=most, stop=stop, seed=seed)
    if as_json:
        named = {"tokens": list(found.tokens), "given": found.given}
        console.print_json(named | {"ended": found.ended})
        return
    console.out.print(str(found), markup=False, soft_wrap=True)
    console.note(f"ended by {found.ended}")
