"""Several programs for the same inputs, as one that adds up their scores."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

from transformer_programs.optimize.statements import rename
from transformer_programs.program import Program, Statement, Term


def combined(programs: Sequence[Program]) -> Program:
    """The program whose score of every label is the sum of those of some programs.

    What the second writes gets the ending ``_b``, what the third writes ``_c``, and so
    on, but for what one before it computes as well, such as copies of surfaces. Weights
    of what several of them read are added.

    Args:
        programs: valid ones, 1 to 26, with the same inputs, labels and pooling.
    """
    first = programs[0]
    for program in programs[1:]:
        assert program.input == first.input
        assert program.readout.labels == first.readout.labels
        assert program.readout.pooling == first.readout.pooling
    statements: list[Statement] = []
    parts = []
    for index, program in enumerate(programs):
        letter = f"_{string.ascii_lowercase[index]}" if index else ""
        names = _names(program, statements, letter)
        part = rename(program, names)
        written = {statement.output for statement in statements}
        statements += [s for s in part.statements if s.output not in written]
        parts.append(part)
    terms: dict[str, Term] = {}
    for term in (term for part in parts for term in part.readout.terms):
        known = terms.get(term.variable)
        terms[term.variable] = term if known is None else _sum(known, term)
    return replace(
        first,
        statements=tuple(statements),
        readout=replace(first.readout, terms=tuple(terms.values())),
        aliases=(),
    )


def _names(
    program: Program, before: Sequence[Statement], ending: str
) -> dict[str, str]:
    """New names for what a program writes: that of a statement before, if it is one."""
    same = {replace(statement, output=""): statement.output for statement in before}
    names: dict[str, str] = {}
    for statement in program.statements:
        alone = replace(statement.renamed(names), output="")
        names[statement.output] = same.get(alone, statement.output + ending)
    return names


def _sum(first: Term, second: Term) -> Term:
    rows = zip(first.weights, second.weights, strict=True)
    return Term(
        first.variable,
        tuple(tuple(a + b for a, b in zip(*row, strict=True)) for row in rows),
    )
