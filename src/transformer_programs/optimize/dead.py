"""What nothing reads goes: statements, and terms that add nothing."""

from __future__ import annotations

from dataclasses import replace

from transformer_programs.program import Program


def drop_dead(program: Program) -> Program:
    """The same program without terms of equal weights, and what only they read."""
    terms = tuple(
        term
        for term in program.readout.terms
        if any(len(set(row)) > 1 for row in term.weights)
    )
    needed = {term.variable for term in terms}
    kept = []
    for statement in reversed(program.statements):
        if statement.output in needed:
            needed |= {*statement.inputs}
            kept.append(statement)
    readout = replace(program.readout, terms=terms)
    return replace(program, statements=tuple(reversed(kept)), readout=readout)
