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

from transformer_programs.analysis import Comparison
from transformer_programs.language import ONES, Domain, Kind, Program, Statement
from transformer_programs.optimize.functions import read_copy
from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    Cells,
    Mask,
    cells_of,
    constant,
    drop_dead,
    is_head,
    with_cells,
    with_statement,
)

MOST_ROWS = 16
"""The most rows of a table or predicate that are tried one by one."""

MOST_CONSTANTS = 8
"""The most values that are tried instead of a variable."""

_SIGNS = ("==", "!=", "<", "<=", ">", ">=")

Changes = Callable[[Program, Reached, Statement], Iterator[Program]]


def settle_unreached(program: Program, reached: Reached) -> Program:
    """Return the same program, entries that never occur set to what is short."""
    settled = (_settled(s, program, reached) for s in program.statements)
    return replace(program, statements=tuple(settled))


def _settled(statement: Statement, program: Program, reached: Reached) -> Statement:
    if len(statement.listed) == 1:
        # Ids that do not occur are mapped to what the commonest ones are.
        (source,) = statement.listed
        if source not in reached.values:
            return statement
        cells = cells_of(statement, program.domains)
        occurs = np.isin(np.arange(len(cells)), reached.values[source])
        cells[~occurs] = _commonest(cells[occurs])
        return with_cells(statement, (source,), cells)
    care = reached.pairs.get(statement.output)
    if care is None:
        return statement
    cells = cells_of(statement, program.domains)
    if is_head(statement):
        query, key = (program.domains[name] for name in statement.listed)
        for matrix in simple_predicates(cells, care, query, key):
            if not ((matrix != cells) & care).any():
                return _needed_reads(statement, matrix)
        merged = _merged_rows(cells.astype(np.int64), care, rest=0)
        return _needed_reads(statement, merged.astype(np.bool_))
    for axis, (grid, known) in enumerate(_both_ways(cells, care)):
        # One input alone, if the other never matters where it occurs.
        entries = np.take_along_axis(grid, known.argmax(axis=1)[:, None], axis=1)
        if not ((grid != entries) & known).any():
            return with_cells(statement, (statement.listed[axis],), entries)
    common = _commonest(cells[care])
    options = [
        cells,
        _merged_rows(cells, care, common),
        _merged_rows(cells.T, care.T, common).T,
        _neighbours(cells, care),
        _neighbours(cells.T, care.T).T,
    ]
    return with_cells(statement, statement.listed, min(options, key=_changes))


def instead_of(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Propose programs without a statement: a constant, or a variable before it."""
    name, domains = statement.output, program.domains
    for other in _before(program, name):
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
    return _with_each(program, reached, statement, _plain)


def fewer_rows(
    program: Program, reached: Reached, statement: Statement
) -> Iterator[Program]:
    """Propose programs in which one row of a statement is like another one."""
    return _with_each(program, reached, statement, _fewer_rows)


def _with_each(
    program: Program,
    reached: Reached,
    statement: Statement,
    forms: Callable[[Program, Statement, Cells, Mask], Iterator[Statement]],
) -> Iterator[Program]:
    care = reached.pairs.get(statement.output)
    if care is None:
        return
    cells = cells_of(statement, program.domains)
    for changed in forms(program, statement, cells, care):
        if changed != statement:
            yield drop_dead(with_statement(program, changed))


def _before(program: Program, name: str) -> list[str]:
    # The variables before it that have its domain.
    domains, names = program.domains, [*program.domains]
    return [n for n in names[: names.index(name)] if domains[n] == domains[name]]


def _both_ways(*arrays: Cells) -> list[tuple[Cells, ...]]:
    return [arrays, tuple(array.T for array in arrays)]


def _commonest(cells: Cells) -> int:
    # The first one of several that are as common; 0 of nothing.
    return int(Counter(cells.ravel().tolist() or [0]).most_common(1)[0][0])


def _plain(
    program: Program, statement: Statement, cells: Cells, care: Mask
) -> Iterator[Statement]:
    if is_head(statement):
        query, key = (program.domains[name] for name in statement.listed)
        for matrix in simple_predicates(cells, care, query, key):
            yield _needed_reads(statement, matrix)
        for name in _before(program, statement.value):
            yield replace(statement, value=name)
        return
    for axis, (grid, known) in enumerate(_both_ways(cells, care)):
        common = [_commonest(row[k]) for row, k in zip(grid, known, strict=True)]
        yield with_cells(statement, (statement.listed[axis],), np.array(common))


def _fewer_rows(
    program: Program, statement: Statement, cells: Cells, care: Mask
) -> Iterator[Statement]:
    if is_head(statement):
        asked = np.flatnonzero(care.any(axis=1)).tolist()
        if len(asked) <= MOST_ROWS:
            rows = Counter(tuple(cells[index].tolist()) for index in asked)
            for index, (row, _) in product(asked, rows.most_common(3)):
                changed = cells.copy()
                changed[index] = row
                yield with_cells(statement, statement.listed, changed)
        return
    for axis, (grid, known) in enumerate(_both_ways(cells, care)):
        asked = np.flatnonzero(known.any(axis=1)).tolist()
        if len(asked) > MOST_ROWS:
            continue
        for index, other in product(asked, asked):
            if not (grid[index] == grid[other]).all():
                changed = grid.copy()
                changed[index] = grid[other]
                whole = changed.T if axis else changed
                yield with_cells(statement, statement.listed, whole)


def simple_predicates(
    wanted: Mask, care: Mask, query: Domain, key: Domain
) -> Iterator[Mask]:
    """Propose predicates that a line can state, the shortest to say first.

    Args:
        wanted: The predicate, (queries, keys).
        care: The pairs that occur, from which the proposals follow; (queries, keys).
        query: Domain of the query.
        key: Domain of the key.
    """
    yield np.ones_like(wanted)
    yield np.zeros_like(wanted)
    asked = wanted & care
    rows = Counter(map(tuple, asked[care.any(axis=1)].tolist()))
    for row, _ in rows.most_common(4):
        yield np.broadcast_to(np.array(row, dtype=np.bool_), wanted.shape)
    matched = asked.any(axis=0)
    yield np.broadcast_to(matched, wanted.shape)
    found = [
        grid_of(form, query, key) for form in _comparisons(asked, care, query, key)
    ]
    yield from found
    yield from (matrix & matched for matrix in found)


def grid_of(form: Comparison, query: Domain, key: Domain) -> Mask:
    """Return which pairs of ids a comparison matches: (queries, keys)."""
    return form.holds(np.arange(query.size)[:, None], np.arange(key.size)[None, :])


def _comparisons(
    asked: Mask, care: Mask, query: Domain, key: Domain
) -> Iterator[Comparison]:
    if Kind.TOKEN in (query.kind, key.kind):
        if query == key:
            yield from map(Comparison, _SIGNS)
        return
    yield from map(Comparison, _SIGNS)
    for sign, pairs in (("==", asked), ("!=", care & ~asked)):
        queries, keys = np.nonzero(pairs)
        for shift, _ in Counter((keys - queries).tolist()).most_common(2):
            yield Comparison(sign, shift)
    queries, keys = np.nonzero(asked)
    if len(queries):
        yield Comparison("<=", int((keys - queries).max()))
        yield Comparison(">=", int((keys - queries).min()))
        yield Comparison("==", _commonest(keys + queries), falling=True)


def _needed_reads(head: Statement, matrix: Mask) -> Statement:
    # The head, reading ``ones`` where its query, or its key, does not matter.
    query, key = head.listed
    if query != ONES and (matrix == matrix[0]).all():
        query, matrix = ONES, np.stack([matrix[0], matrix[0]])
    some = matrix.any(axis=1)
    if key != ONES and (matrix.all(axis=1) == some).all():
        key, matrix = ONES, np.stack([some, some], axis=1)
    return with_cells(head, (query, key), matrix)


def _merged_rows(table: Cells, care: Mask, rest: int) -> Cells:
    # Rows that do not contradict each other become equal; what is left is filled.
    groups: list[tuple[Cells, Mask, list[int]]] = []
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


def _neighbours(table: Cells, care: Mask) -> Cells:
    # Every cell that does not occur becomes like the one before it in its row.
    columns = np.arange(table.shape[1])
    last = np.maximum.accumulate(np.where(care, columns, -1), axis=1)
    source = np.where(last < 0, care.argmax(axis=1)[:, None], last)
    return np.take_along_axis(table, source, axis=1)


def _changes(table: Cells) -> tuple[int, int]:
    # What a dictionary of rows, or of steps in rows, would list.
    options = []
    for (grid,) in _both_ways(table):
        rows = {*map(tuple, grid.tolist())}
        steps = sum(1 + sum(a != b for a, b in pairwise(r)) for r in rows)
        common = _commonest(grid)
        cases = sum(cell != common for row in rows for cell in row)
        options += [(len(rows), steps), (len(rows), cases)]
    return min(options)
