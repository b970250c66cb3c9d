"""Statements made simpler one by one, where the labels stay the same on all inputs.

Only for programs whose inputs can be enumerated: going through all is the proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from transformer_programs.passes.dead import drop_dead
from transformer_programs.passes.functions import renamed
from transformer_programs.passes.reached import Reached
from transformer_programs.passes.reading import with_statement
from transformer_programs.passes.shapes import (
    matrix_of,
    needed_reads,
    predicate_of,
    simple_predicates,
)
from transformer_programs.program.nodes import (
    INPUTS,
    ONES,
    Attend,
    Count,
    Lookup,
    Program,
    Statement,
)

MOST_ROWS = 16
"""Rows of a table or predicate that are tried one by one."""

MOST_CONSTANTS = 8
"""Values that are tried instead of a variable."""


def simpler(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Programs in which a statement says less; those that save the most first."""
    name = statement.output
    before = [*INPUTS]
    for other in program.statements:
        if other.output == name:
            break
        before.append(other.output)
    for other_name in before:
        if program.domains[other_name] == program.domains[name]:
            yield drop_dead(renamed(program, name, other_name))
    values = reached.values.get(name, np.empty(0, dtype=np.int64)).tolist()
    if len(values) > 1:
        for value in values[:MOST_CONSTANTS]:
            constant = Lookup(name, (ONES,), (value, value), program.domains[name])
            yield drop_dead(with_statement(program, constant))
    for changed in _changed(program, reached, statement, before):
        if changed != statement:
            yield drop_dead(with_statement(program, changed))


def _changed(
    program: Program, reached: Reached, statement: Statement, before: list[str]
) -> Iterator[Statement]:
    match statement:
        case Attend() | Count() if statement.output in reached.pairs:
            yield from _heads(program, reached, statement)
            for name in before:
                if name == statement.value:
                    break
                if program.domains[name] == program.domains[statement.value]:
                    yield replace(statement, value=name)
        case Lookup(inputs=(_, _)) if statement.output in reached.pairs:
            yield from _tables(program, reached, statement)


def _heads(
    program: Program, reached: Reached, head: Attend | Count
) -> Iterator[Statement]:
    query, key = program.domains[head.query], program.domains[head.key]
    wanted, care = matrix_of(head.predicate, key.size), reached.pairs[head.output]
    for matrix in simple_predicates(wanted, care, query, key):
        yield needed_reads(replace(head, predicate=predicate_of(matrix)), key.size)
    asked = np.flatnonzero(care.any(axis=1)).tolist()
    rows = Counter(head.predicate[index] for index in asked)
    if len(asked) > MOST_ROWS:
        return
    for index in asked:
        for row, _ in rows.most_common(3):
            predicate = list(head.predicate)
            predicate[index] = row
            yield replace(head, predicate=tuple(predicate))


def _tables(program: Program, reached: Reached, lookup: Lookup) -> Iterator[Statement]:
    care = reached.pairs[lookup.output]
    table = np.array(lookup.table).reshape(care.shape)
    for axis in (0, 1):
        grid, known = (table, care) if not axis else (table.T, care.T)
        common = [
            Counter(row[k].tolist() or [0]).most_common(1)[0][0]
            for row, k in zip(grid, known, strict=True)
        ]
        yield replace(lookup, inputs=(lookup.inputs[axis],), table=tuple(common))
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
