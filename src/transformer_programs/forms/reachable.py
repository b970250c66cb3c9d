"""Which values a variable can really take: what need not be said about the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Attend,
    Count,
    Embed,
    Lookup,
    Program,
    Scope,
    Statement,
    visible_positions,
)

Values = NDArray[np.int64]
"""Ids in rising order, each once."""


def reachable_values(program: Program) -> dict[str, Values]:
    """For every variable, ids among which its values are on every valid input.

    Each variable is looked at alone, so that combinations count as possible that never
    occur: the sets may be too large, never too small.
    """
    form = program.input
    values: dict[str, Values] = {
        TOKENS: np.arange(len(form.vocabulary)),
        POSITIONS: np.arange(form.max_length),
        ONES: np.array([1]),
    }
    for statement in program.statements:
        values[statement.output] = _written(statement, values, program)
    return values


def _written(
    statement: Statement, values: Mapping[str, Values], program: Program
) -> Values:
    match statement:
        case Embed() | Lookup():
            sizes = [program.domains[name].size for name in statement.inputs]
            table = np.array(statement.table, dtype=np.int64).reshape(sizes)
            return np.unique(table[np.ix_(*(values[n] for n in statement.inputs))])
        case Attend():
            return values[statement.value]
        case Count():
            return _counted(statement, values, program)


def _counted(head: Count, values: Mapping[str, Values], program: Program) -> Values:
    """Sums from the fewest to the most matches that there can be."""
    least, most = _matches(head, values, program)
    summed = values[head.value]
    if len(summed) == 1:  # a multiple of it
        return np.unique(int(summed[0]) * np.arange(least, most + 1))
    return np.arange(least * int(summed.min()), most * int(summed.max()) + 1)


def _matches(
    head: Count, values: Mapping[str, Values], program: Program
) -> tuple[int, int]:
    """Bounds of the number of positions that can match."""
    keys = set(values[head.key].tolist())
    rows = [keys & {*head.predicate[q]} for q in values[head.query].tolist()]
    if not any(rows):
        return 0, 0
    seen = visible_positions(head.scope, program.input.max_length)
    most = seen
    if head.key == TOKENS:  # a token of the frame stands at one position
        bare = {program.input.vocabulary.ids[t] for t in program.input.symbols}
        room = program.input.max_bare_length
        most = max(len(row - bare) + (room if row & bare else 0) for row in rows)
    own = zip(values[head.query].tolist(), rows, strict=True)
    matches_itself = (
        head.scope in (Scope.ALL, Scope.CAUSAL)
        and head.query == head.key
        and all(query in row for query, row in own)
    )
    return int(matches_itself), min(seen, most)
