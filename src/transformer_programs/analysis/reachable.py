"""Which values a variable can really take: what need not be said about the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Head,
    Program,
    Scope,
    Statement,
    Table,
    visible_positions,
)

Values = NDArray[np.int64]
"""Ids in rising order, each once."""


LARGEST = 1 << 20
"""More values than these are listed only where a table or predicate lists them too."""

_Found = Values | range
"""The values of one variable; those of sums as ranges, which can be of any length."""


def reachable_values(program: Program) -> dict[str, Values]:
    """For every variable, ids among which its values are on every valid input.

    Each variable is looked at alone, so that combinations count as possible that never
    occur: the sets may be too large, never too small. Sums with more than ``LARGEST``
    values are left out, unless a statement has a table or predicate over them.
    """
    form = program.input
    found: dict[str, _Found] = {
        TOKENS: np.arange(len(form.vocabulary)),
        POSITIONS: np.arange(form.max_length),
        ONES: np.array([1]),
        **{s.name: np.arange(len(s.values)) for s in form.surfaces},
    }
    for statement in program.statements:
        found[statement.output] = _written(statement, found, program)
    needed = {name for s in program.statements for name in _listed(s)}
    return {
        name: np.asarray(values, dtype=np.int64)
        for name, values in found.items()
        if name in needed or not _is_large(values)
    }


def _listed(statement: Statement) -> tuple[str, ...]:
    """The variables whose values the statement lists."""
    if isinstance(statement, Head):
        return (statement.query, statement.key)
    return statement.inputs


def _is_large(values: _Found) -> bool:
    if isinstance(values, range):  # its length may be too large for len()
        return values.stop - values.start > LARGEST * values.step
    return False


def _written(
    statement: Statement, found: Mapping[str, _Found], program: Program
) -> _Found:
    match statement:
        case Table():
            sizes = [program.domains[name].size for name in statement.inputs]
            table = np.array(statement.table, dtype=np.int64).reshape(sizes)
            return np.unique(table[np.ix_(*(found[n] for n in statement.inputs))])
        case Head(aggregate=Aggregate.NEAREST):
            return found[statement.value]
        case Head():
            return _counted(statement, found, program)


def _counted(head: Head, found: Mapping[str, _Found], program: Program) -> range:
    """Sums from the fewest to the most matches that there can be."""
    least, most = _matches(head, found, program)
    smallest, largest = int(found[head.value][0]), int(found[head.value][-1])
    # Sums of the same number are its multiples.
    step = max(smallest, 1) if smallest == largest else 1
    return range(least * smallest, most * largest + 1, step)


def _matches(
    head: Head, found: Mapping[str, _Found], program: Program
) -> tuple[int, int]:
    """Bounds of the number of positions that can match."""
    queries, keys = (
        np.asarray(found[name], dtype=np.int64) for name in (head.query, head.key)
    )
    key_set = set(keys.tolist())
    rows = [key_set & {*head.predicate[q]} for q in queries.tolist()]
    if not any(rows):
        return 0, 0
    seen = visible_positions(head.scope, program.input.max_length)
    most = seen
    if head.key == TOKENS:  # a token of the frame stands at one position
        bare = {program.input.vocabulary.ids[t] for t in program.input.symbols}
        room = program.input.max_bare_length
        most = max(len(row - bare) + (room if row & bare else 0) for row in rows)
    own = zip(queries.tolist(), rows, strict=True)
    matches_itself = (
        head.scope in (Scope.ALL, Scope.CAUSAL)
        and head.query == head.key
        and all(query in row for query, row in own)
    )
    return int(matches_itself), min(seen, most)
