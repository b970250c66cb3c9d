"""Several programs for the same inputs, as one that adds up their scores."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

from transformer_programs.passes.rename import rename
from transformer_programs.program.nodes import Program, Term


def combined(programs: Sequence[Program]) -> Program:
    """The program whose score of every label is the sum of those of some programs.

    What the second writes gets the ending ``_b``, what the third writes ``_c``, and so
    on. Weights of what all of them read as it is given, such as surfaces, are added.

    Args:
        programs: valid ones, 1 to 26, with the same inputs, labels and pooling.
    """
    first = programs[0]
    for program in programs[1:]:
        same = ("labels", "pooling")
        assert program.input == first.input
        assert all(
            getattr(program.readout, part) == getattr(first.readout, part)
            for part in same
        )
    parts = [
        _with_ending(program, f"_{letter}" if index else "")
        for index, (program, letter) in enumerate(
            zip(programs, string.ascii_lowercase, strict=False)
        )
    ]
    terms: dict[str, Term] = {}
    for term in (term for part in parts for term in part.readout.terms):
        known = terms.get(term.variable)
        terms[term.variable] = term if known is None else _sum(known, term)
    return replace(
        first,
        statements=tuple(s for part in parts for s in part.statements),
        readout=replace(first.readout, terms=tuple(terms.values())),
        aliases=(),
    )


def _with_ending(program: Program, ending: str) -> Program:
    return rename(program, {s.output: s.output + ending for s in program.statements})


def _sum(first: Term, second: Term) -> Term:
    rows = zip(first.weights, second.weights, strict=True)
    return Term(
        first.variable,
        tuple(tuple(a + b for a, b in zip(*row, strict=True)) for row in rows),
    )
