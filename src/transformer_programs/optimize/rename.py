"""Other names for variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from transformer_programs.program import Program


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """The same program with other names for what its statements write.

    Args:
        program: a valid program.
        names: new names by old ones; names that are not in it stay.
    """
    terms = tuple(
        replace(term, variable=names.get(term.variable, term.variable))
        for term in program.readout.terms
    )
    return replace(
        program,
        statements=tuple(s.renamed(names) for s in program.statements),
        readout=replace(program.readout, terms=terms),
        aliases=tuple((names.get(new, new), old) for new, old in program.aliases),
    )
