"""Ensembles of programs over the same inputs, as one program."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.language import Program, Statement, Term
from transformer_programs.optimize.statements import rename, weighted, with_terms


def combined(programs: Sequence[Program]) -> Program:
    """Return the program whose scores are the sums of those of several programs.

    Variables of the second get the ending ``_b``, those of the third ``_c``, and so on,
    except for what an earlier program computes as well, such as copies of surfaces.
    Weights of a variable that several programs read are added.

    Args:
        programs: Valid programs, 1 to 26, with the same inputs, labels and pooling.
    """
    first = programs[0]
    for program in programs[1:]:
        assert program.input == first.input
        assert program.readout.labels == first.readout.labels
        assert program.readout.pooling == first.readout.pooling
    statements: dict[str, Statement] = {}
    terms: dict[str, Term] = {}
    for index, program in enumerate(programs):
        ending = f"_{string.ascii_lowercase[index]}" if index else ""
        part = rename(program, _names(program, [*statements.values()], ending))
        for statement in part.statements:
            statements.setdefault(statement.output, statement)
        for term in part.readout.terms:
            name, known = term.variable, terms.get(term.variable)
            if known is not None:
                term = weighted(name, np.array(known.weights) + np.array(term.weights))
            terms[name] = term
    program = replace(first, statements=tuple(statements.values()), aliases=())
    return with_terms(program, terms.values())


def _names(
    program: Program, before: Sequence[Statement], ending: str
) -> dict[str, str]:
    # New names for what a program writes: that of an equal statement, if there is one.
    same: dict[Statement, list[str]] = {}
    for statement in before:
        same.setdefault(replace(statement, output=""), []).append(statement.output)
    names: dict[str, str] = {}
    for statement in program.statements:
        alone = replace(statement.renamed(names), output="")
        there = same.get(alone, [statement.output + ending])
        # Of several that say the same, its own name, so that readers agree too.
        own = statement.output in there
        names[statement.output] = statement.output if own else there[-1]
    return names
