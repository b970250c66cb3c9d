"""Cases that never occur are set to what makes the text shortest.

A predicate becomes a comparison, or a condition on the key alone, where some such
condition says the same of all pairs that occur; a table becomes one over one variable,
or a constant. Else rows that can be equal become equal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.reached import Pairs, Reached
from transformer_programs.optimize.shapes import (
    matrix_of,
    needed_reads,
    predicate_of,
    simple_predicates,
    table_over_one,
)
from transformer_programs.program import (
    Head,
    Program,
    Statement,
    Table,
)

Cells = NDArray[np.int64]


def settle_unreached(program: Program, reached: Reached) -> Program:
    """The same program, what never occurs set to what is short."""
    return replace(
        program,
        statements=tuple(_settled(s, program, reached) for s in program.statements),
    )


def _settled(statement: Statement, program: Program, reached: Reached) -> Statement:
    match statement:
        case Head() if statement.output in reached.pairs:
            return _head(statement, program, reached.pairs[statement.output])
        case Table(inputs=(_, _)) if statement.output in reached.pairs:
            return _table(statement, program, reached.pairs[statement.output])
        case Table(inputs=(_,)):
            return _of_one(statement, reached)
    return statement


def _head(head: Head, program: Program, care: Pairs) -> Head:
    query, key = program.domains[head.query], program.domains[head.key]
    wanted = matrix_of(head.predicate, key.size)
    for matrix in simple_predicates(wanted, care, query, key):
        if not ((matrix != wanted) & care).any():
            return needed_reads(replace(head, predicate=predicate_of(matrix)), key.size)
    merged = _merged_rows(wanted.astype(np.int64), care, rest=0).astype(np.bool_)
    return needed_reads(replace(head, predicate=predicate_of(merged)), key.size)


def _table(lookup: Table, program: Program, care: Pairs) -> Table:
    table = np.array(lookup.table).reshape(care.shape)
    for axis in (0, 1):
        one = table_over_one(lookup, table, care, axis)
        if one is not None:
            return one
    common = Counter(table[care].tolist()).most_common(1)[0][0]
    options = [
        table,
        _merged_rows(table, care, common),
        _merged_rows(table.T, care.T, common).T,
        _neighbours(table, care),
        _neighbours(table.T, care.T).T,
    ]
    best = min(options, key=_changes)
    return replace(lookup, table=tuple(best.ravel().tolist()))


def _of_one(statement: Table, reached: Reached) -> Table:
    """Ids that do not occur are mapped to what the commonest ones are."""
    if statement.inputs[0] not in reached.values:
        return statement
    occurs = {*reached.values[statement.inputs[0]].tolist()}
    outputs = Counter(statement.table[i] for i in sorted(occurs))
    common = outputs.most_common(1)[0][0]
    table = tuple(
        entry if index in occurs else common
        for index, entry in enumerate(statement.table)
    )
    return replace(statement, table=table)


def _merged_rows(table: Cells, care: Pairs, rest: int) -> Cells:
    """Rows that do not contradict each other made equal, the rest of cells filled."""
    groups: list[tuple[Cells, Pairs, list[int]]] = []
    order = np.argsort(-care.sum(axis=1), kind="stable").tolist()
    for index in order:
        row, known = table[index], care[index]
        for cells, filled, members in groups:
            if not ((cells != row) & filled & known).any():
                cells[known] = row[known]
                filled |= known
                members.append(index)
                break
        else:
            groups.append((row.copy(), known.copy(), [index]))
    merged = table.copy()
    for cells, filled, members in groups:
        merged[members] = np.where(filled, cells, rest)
    return merged


def _neighbours(table: Cells, care: Pairs) -> Cells:
    """Every cell that does not occur made like the one before it in its row."""
    columns = np.arange(table.shape[1])
    last = np.maximum.accumulate(np.where(care, columns, -1), axis=1)
    first = np.where(care.any(axis=1), care.argmax(axis=1), 0)
    source = np.where(last < 0, first[:, None], last)
    return np.take_along_axis(table, source, axis=1)


def _changes(table: Cells) -> tuple[int, int]:
    """What a dictionary of rows, or of steps in rows, would list."""
    options = []
    for grid in (table, table.T):
        rows = {*map(tuple, grid.tolist())}
        steps = sum(1 + sum(a != b for a, b in pairwise(r)) for r in rows)
        common = Counter(grid.ravel().tolist()).most_common(1)[0][0]
        cases = sum(cell != common for row in rows for cell in row)
        options += [(len(rows), steps), (len(rows), cases)]
    return min(options)
