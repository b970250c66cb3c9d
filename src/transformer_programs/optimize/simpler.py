"""Simpler forms of single statements.

A predicate becomes a comparison or a condition on the key alone, a table one over one
variable, rows become equal. ``settle_unreached`` changes only what never occurs; the
others propose programs whose labels must be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import Comparison
from transformer_programs.optimize.functions import read_copy
from transformer_programs.optimize.reached import Pairs, Reached
from transformer_programs.optimize.statements import (
    Cells,
    Domains,
    cells_of,
    constant,
    drop_dead,
    is_head,
    values_read,
    with_cells,
    with_statement,
    with_values_read,
    written_by_table,
)
from transformer_programs.program import ONES, Domain, Kind, Program, Statement

Matrix = NDArray[np.bool_]

MOST_ROWS = 16
"""Rows of a table or predicate that are tried one by one."""

MOST_CONSTANTS = 8
"""Values that are tried instead of a variable."""

_SIGNS = ("==", "!=", "<", "<=", ">", ">=")


def settle_unreached(program: Program, reached: Reached) -> Program:
    """Return the same program, what never occurs set to what is short."""
    settled = (_settled(s, program, reached) for s in program.statements)
    return replace(program, statements=tuple(settled))


def _settled(statement: Statement, program: Program, reached: Reached) -> Statement:
    care = reached.pairs.get(statement.output)
    if len(statement.listed) == 1:
        return _settled_list(statement, reached)
    if care is None:
        return statement
    settle = _settled_head if is_head(statement) else _settled_table
    return settle(statement, program.domains, care)


def _settled_head(head: Statement, domains: Domains, care: Pairs) -> Statement:
    query, key = (domains[name] for name in head.listed)
    wanted = cells_of(head, domains)
    for matrix in simple_predicates(wanted, care, query, key):
        if not ((matrix != wanted) & care).any():
            return _needed_reads(head, matrix)
    merged = _merged_rows(wanted.astype(np.int64), care, rest=0)
    return _needed_reads(head, merged.astype(np.bool_))


def _settled_table(table: Statement, domains: Domains, care: Pairs) -> Statement:
    cells = cells_of(table, domains)
    for axis in (0, 1):
        one = _over_one(table, cells, care, axis)
        if one is not None:
            return one
    common = Counter(cells[care].tolist()).most_common(1)[0][0]
    options = [
        cells,
        _merged_rows(cells, care, common),
        _merged_rows(cells.T, care.T, common).T,
        _neighbours(cells, care),
        _neighbours(cells.T, care.T).T,
    ]
    return with_cells(table, table.inputs, min(options, key=_changes))


def _over_one(
    table: Statement, cells: Cells, care: Pairs, axis: int
) -> Statement | None:
    # The table over one input alone, if the other never matters where it occurs.
    if axis:
        cells, care = cells.T, care.T
    first = care.argmax(axis=1)[:, None]
    entries = np.take_along_axis(cells, first, axis=1)
    if ((cells != entries) & care).any():
        return None
    return with_cells(table, (table.inputs[axis],), entries)


def _settled_list(statement: Statement, reached: Reached) -> Statement:
    # Ids that do not occur are mapped to what the commonest ones are.
    (source,), table = statement.inputs, written_by_table(statement)
    if table is None or source not in reached.values:
        return statement
    occurs = {*reached.values[source].tolist()}
    common = Counter(table[i] for i in sorted(occurs)).most_common(1)[0][0]
    entries = [e if i in occurs else common for i, e in enumerate(table)]
    return with_cells(statement, (source,), np.array(entries))


def instead_of(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Propose programs without a statement: a constant, or a variable before it."""
    name, domains = statement.output, program.domains
    for other in _before(program, name):
        if domains[other] == domains[name]:
            yield drop_dead(read_copy(program, name, other))
    values = reached.values.get(name, np.empty(0, dtype=np.int64)).tolist()
    if len(values) > 1:
        for value in values[:MOST_CONSTANTS]:
            fixed = constant(name, value, domains[name])
            yield drop_dead(with_statement(program, fixed))


def plainer(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Propose programs in which a statement has a form that a line can state."""
    forms = _plain_heads if is_head(statement) else _plain_tables
    return _with_each(program, reached, statement, forms)


def fewer_rows(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Propose programs in which one row of a statement is like another one."""
    forms = _fewer_head_rows if is_head(statement) else _fewer_table_rows
    return _with_each(program, reached, statement, forms)


Forms = Callable[[Program, Statement, Cells, Pairs], Iterator[Statement]]


def _with_each(
    program: Program, reached: Reached, statement: Statement, forms: Forms
) -> Iterator[Program]:
    care = reached.pairs.get(statement.output)
    if care is None:
        return
    cells = cells_of(statement, program.domains)
    for changed in forms(program, statement, cells, care):
        if changed != statement:
            yield drop_dead(with_statement(program, changed))


def _before(program: Program, name: str) -> list[str]:
    names = [*program.domains]
    return names[: names.index(name)]


def _plain_heads(
    program: Program, head: Statement, cells: Cells, care: Pairs
) -> Iterator[Statement]:
    domains, value = program.domains, values_read(head)
    query, key = (domains[name] for name in head.listed)
    for matrix in simple_predicates(cells, care, query, key):
        yield _needed_reads(head, matrix)
    if value is not None:
        for name in _before(program, value):
            if domains[name] == domains[value]:
                yield with_values_read(head, name)


def _fewer_head_rows(
    program: Program, head: Statement, cells: Cells, care: Pairs
) -> Iterator[Statement]:
    asked = np.flatnonzero(care.any(axis=1)).tolist()
    if len(asked) > MOST_ROWS:
        return
    rows = Counter(tuple(cells[index].tolist()) for index in asked)
    for index in asked:
        for row, _ in rows.most_common(3):
            changed = cells.copy()
            changed[index] = row
            yield with_cells(head, head.listed, changed)


def _plain_tables(
    program: Program, table: Statement, cells: Cells, care: Pairs
) -> Iterator[Statement]:
    for axis, (grid, known) in enumerate(((cells, care), (cells.T, care.T))):
        common = [
            Counter(row[k].tolist() or [0]).most_common(1)[0][0]
            for row, k in zip(grid, known, strict=True)
        ]
        yield with_cells(table, (table.inputs[axis],), np.array(common))


def _fewer_table_rows(
    program: Program, table: Statement, cells: Cells, care: Pairs
) -> Iterator[Statement]:
    for axis, (grid, known) in enumerate(((cells, care), (cells.T, care.T))):
        asked = np.flatnonzero(known.any(axis=1)).tolist()
        if len(asked) > MOST_ROWS:
            continue
        for index, other in product(asked, asked):
            if not (grid[index] == grid[other]).all():
                changed = grid.copy()
                changed[index] = grid[other]
                whole = changed.T if axis else changed
                yield with_cells(table, table.inputs, whole)


def simple_predicates(
    wanted: Matrix, care: Matrix, query: Domain, key: Domain
) -> Iterator[Matrix]:
    """Propose predicates that a line can state, the shortest to say first.

    Args:
        wanted: The predicate, (queries, keys).
        care: The pairs that occur, from which the proposals follow.
        query: The domain of the query.
        key: The domain of the key.
    """
    yield np.ones_like(wanted)
    yield np.zeros_like(wanted)
    asked = wanted & care
    rows = Counter(map(tuple, asked[care.any(axis=1)].tolist()))
    for row, _ in rows.most_common(4):
        yield np.broadcast_to(np.array(row, dtype=np.bool_), wanted.shape)
    matched = asked.any(axis=0)
    yield np.broadcast_to(matched, wanted.shape)
    forms = list(_comparisons(asked, care, query, key))
    queries, keys = np.arange(query.size)[:, None], np.arange(key.size)[None, :]
    found = [form.holds(queries, keys) for form in forms]
    yield from found
    yield from (matrix & matched for matrix in found)


def _comparisons(
    asked: Matrix, care: Matrix, query: Domain, key: Domain
) -> Iterator[Comparison]:
    if Kind.TOKEN in (query.kind, key.kind):
        if query == key:
            yield from (Comparison(sign) for sign in _SIGNS)
        return
    yield from (Comparison(sign) for sign in _SIGNS)
    for sign, pairs in (("==", asked), ("!=", care & ~asked)):
        queries, keys = np.nonzero(pairs)
        for shift, _ in Counter((keys - queries).tolist()).most_common(2):
            yield Comparison(sign, shift)
    queries, keys = np.nonzero(asked)
    if len(queries):
        yield Comparison("<=", int((keys - queries).max()))
        yield Comparison(">=", int((keys - queries).min()))
        total = Counter((keys + queries).tolist()).most_common(1)[0][0]
        yield Comparison("==", total, falling=True)


def _needed_reads(head: Statement, matrix: Matrix) -> Statement:
    # The head, reading ``ones`` where its query, or its key, does not matter.
    query, key = head.listed
    if query != ONES and (matrix == matrix[0]).all():
        query, matrix = ONES, np.stack([matrix[0], matrix[0]])
    some = matrix.any(axis=1)
    if key != ONES and (matrix.all(axis=1) == some).all():
        key, matrix = ONES, np.stack([some, some], axis=1)
    return with_cells(head, (query, key), matrix)


def _merged_rows(table: Cells, care: Pairs, rest: int) -> Cells:
    # Rows that do not contradict each other become equal; what is left is filled.
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
    # Every cell that does not occur becomes like the one before it in its row.
    columns = np.arange(table.shape[1])
    last = np.maximum.accumulate(np.where(care, columns, -1), axis=1)
    first = np.where(care.any(axis=1), care.argmax(axis=1), 0)
    source = np.where(last < 0, first[:, None], last)
    return np.take_along_axis(table, source, axis=1)


def _changes(table: Cells) -> tuple[int, int]:
    # What a dictionary of rows, or of steps in rows, would list.
    options = []
    for grid in (table, table.T):
        rows = {*map(tuple, grid.tolist())}
        steps = sum(1 + sum(a != b for a, b in pairwise(r)) for r in rows)
        common = Counter(grid.ravel().tolist()).most_common(1)[0][0]
        cases = sum(cell != common for row in rows for cell in row)
        options += [(len(rows), steps), (len(rows), cases)]
    return min(options)
