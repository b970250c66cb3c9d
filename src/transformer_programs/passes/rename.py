"""Other names for variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from transformer_programs.program.nodes import Attend, Count, Lookup, Program


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """The same program with other names for what its statements write.

    Args:
        program: a valid program.
        names: new names by old ones; names that are not in it stay.
    """

    def name(old: str) -> str:
        return names.get(old, old)

    statements = []
    for statement in program.statements:
        changes: dict[str, Any] = {"output": name(statement.output)}
        if isinstance(statement, Attend | Count):
            parts = ("query", "key", "value")
            changes |= {part: name(getattr(statement, part)) for part in parts}
        elif isinstance(statement, Lookup):
            changes["inputs"] = tuple(map(name, statement.inputs))
        statements.append(replace(statement, **changes))
    terms = tuple(replace(t, variable=name(t.variable)) for t in program.readout.terms)
    readout = replace(program.readout, terms=terms)
    aliases = tuple((name(new), old) for new, old in program.aliases)
    return replace(
        program, statements=tuple(statements), readout=readout, aliases=aliases
    )
