"""Statements made simpler one by one, where the labels stay the same on all inputs.

Only for programs whose inputs can be enumerated: going through all is the proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from transformer_programs.optimize.dead import drop_dead
from transformer_programs.optimize.functions import renamed
from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.reading import with_statement
from transformer_programs.optimize.shapes import (
    matrix_of,
    needed_reads,
    predicate_of,
    simple_predicates,
)
from transformer_programs.program import (
    ONES,
    Head,
    Program,
    Statement,
    Table,
)

MOST_ROWS = 16
"""Rows of a table or predicate that are tried one by one."""

MOST_CONSTANTS = 8
"""Values that are tried instead of a variable."""


def without(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Programs that do not need a statement: a constant, or a variable before it."""
    name = statement.output
    for other in _before(program, name):
        if program.domains[other] == program.domains[name]:
            yield drop_dead(renamed(program, name, other))
    values = reached.values.get(name, np.empty(0, dtype=np.int64)).tolist()
    if len(values) > 1:
        for value in values[:MOST_CONSTANTS]:
            constant = Table(name, (ONES,), (value, value), program.domains[name])
            yield drop_dead(with_statement(program, constant))


def plainer(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Programs in which a statement has another form, that a line can state."""
    if statement.output not in reached.pairs:
        return
    if isinstance(statement, Head):
        yield from _with_each(program, statement, _heads(program, reached, statement))
    elif isinstance(statement, Table):
        yield from _with_each(program, statement, _tables(reached, statement))


def fewer_rows(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Programs in which one row of a statement is like another one."""
    if statement.output not in reached.pairs:
        return
    if isinstance(statement, Head):
        yield from _with_each(program, statement, _head_rows(reached, statement))
    elif isinstance(statement, Table):
        yield from _with_each(program, statement, _table_rows(reached, statement))


def _with_each(
    program: Program, statement: Statement, found: Iterator[Statement]
) -> Iterator[Program]:
    """The program with each of some statements instead of one."""
    for changed in found:
        if changed != statement:
            yield drop_dead(with_statement(program, changed))


def _before(program: Program, name: str) -> list[str]:
    """The variables that are written before one."""
    names = [*program.domains]
    return names[: names.index(name)]


def _heads(program: Program, reached: Reached, head: Head) -> Iterator[Statement]:
    query, key = program.domains[head.query], program.domains[head.key]
    wanted, care = matrix_of(head.predicate, key.size), reached.pairs[head.output]
    for matrix in simple_predicates(wanted, care, query, key):
        yield needed_reads(replace(head, predicate=predicate_of(matrix)), key.size)
    for name in _before(program, head.value):
        if program.domains[name] == program.domains[head.value]:
            yield replace(head, value=name)


def _head_rows(reached: Reached, head: Head) -> Iterator[Statement]:
    care = reached.pairs[head.output]
    asked = np.flatnonzero(care.any(axis=1)).tolist()
    rows = Counter(head.predicate[index] for index in asked)
    if len(asked) > MOST_ROWS:
        return
    for index in asked:
        for row, _ in rows.most_common(3):
            predicate = list(head.predicate)
            predicate[index] = row
            yield replace(head, predicate=tuple(predicate))


def _tables(reached: Reached, lookup: Table) -> Iterator[Statement]:
    care = reached.pairs[lookup.output]
    table = np.array(lookup.table).reshape(care.shape)
    for axis in (0, 1):
        grid, known = (table, care) if not axis else (table.T, care.T)
        common = [
            Counter(row[k].tolist() or [0]).most_common(1)[0][0]
            for row, k in zip(grid, known, strict=True)
        ]
        yield replace(lookup, inputs=(lookup.inputs[axis],), table=tuple(common))


def _table_rows(reached: Reached, lookup: Table) -> Iterator[Statement]:
    care = reached.pairs[lookup.output]
    table = np.array(lookup.table).reshape(care.shape)
    for axis in (0, 1):
        grid, known = (table, care) if not axis else (table.T, care.T)
        asked = np.flatnonzero(known.any(axis=1)).tolist()
        if len(asked) > MOST_ROWS:
            continue
        for index in asked:
            for other in asked:
                if (grid[index] == grid[other]).all():
                    continue
                changed = grid.copy()
                changed[index] = grid[other]
                whole = changed.T if axis else changed
                yield replace(lookup, table=tuple(whole.ravel().tolist()))
