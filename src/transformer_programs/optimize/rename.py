"""Other names for variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from transformer_programs.program import (
    Head,
    Program,
    Statement,
    Table,
)


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
        statements=tuple(renamed(s, names) for s in program.statements),
        readout=replace(program.readout, terms=terms),
        aliases=tuple((names.get(new, new), old) for new, old in program.aliases),
    )


def renamed(statement: Statement, names: Mapping[str, str]) -> Statement:
    """The same statement with other names for what it writes and reads."""

    def name(old: str) -> str:
        return names.get(old, old)

    changes: dict[str, Any] = {"output": name(statement.output)}
    if isinstance(statement, Head):
        parts = ("query", "key", "value")
        changes |= {part: name(getattr(statement, part)) for part in parts}
    elif isinstance(statement, Table):
        changes["inputs"] = tuple(map(name, statement.inputs))
    return replace(statement, **changes)
