"""``tprog allows``: whether the labels of a program allow a sequence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AnyLength, AsJson, command
from transformer_programs.cli.tokens import naming_unknown, typed_tokens

NOT_ALLOWED = 1
"""The exit status where a token, or the end, is not allowed."""


@command()
def allows(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    stop: str | None = None,
    any_length: AnyLength = False,
    as_json: AsJson = False,
) -> None:
    """Check a sequence by a program whose labels say what may follow.

    Every token must be allowed by the label before it, and the end by the last label.
    The first token, which no label precedes, is taken as it is. Exits with 1 at the
    first that is not allowed. Labels are read as by "tprog generate".

    Args:
        run: The run folder, or a program.json.
        tokens: The tokens, or a text; put -- before anything that looks like an
            option.
        stop: A label, or a part of labels, that ends the sequence as well.
    """
    from transformer_programs.runs import load

    program = load(run).program
    given = typed_tokens(program, tokens, any_length=any_length)
    with naming_unknown(program, given):
        found = program.allows(given, stop=stop, any_length=any_length)
    if as_json:
        expected = {"tokens": list(found.expected.tokens), "end": found.expected.ends}
        named = {"allowed": found.allowed, "position": found.position}
        told = {"label": found.label, "expected": expected, "why": found.sentence}
        console.print_json({"tokens": list(given)} | named | told)
    else:
        console.out.print(found.sentence, markup=False, soft_wrap=True)
    if not found:
        sys.exit(NOT_ALLOWED)
