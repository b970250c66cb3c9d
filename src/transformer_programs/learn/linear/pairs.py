"""Pairs of an n-gram and the token after it, divided among several tables.

A table over two variables has a cell for every pair of their values, and most pairs
never occur: frequent words stand beside thousands, most words beside few. Several
tables, each of some n-grams and some tokens, hold the same pairs in much fewer cells.
"""

from __future__ import annotations

import numpy as np

from transformer_programs.learn.linear.grams import Ids

MOST_CELLS = 1 << 20
"""Cells of a single table that joins n-grams."""

MOST_CELLS_TOGETHER = 2 * MOST_CELLS
"""Cells of several tables that share the n-grams of a length."""

_NUMBERS = (2, 4, 8)
"""Of tables that share n-grams, the fewest that suffice."""

_ROUNDS = 4
"""How often each pair is put where it costs least."""

_LITTLE = 0.99
"""A round that leaves more of the cells is the last."""

_GAIN = 1.3
"""By how much these rounds reduce the cells, roughly."""


def is_hopeless(rows: Ids, columns: Ids) -> bool:
    """Return whether pairs are so many that dividing them need not be tried."""
    most = _NUMBERS[-1]
    return cells_of(rows, columns, by_degree(rows, columns, most)) > (
        _GAIN * MOST_CELLS_TOGETHER
    )


def divided(rows: Ids, columns: Ids) -> Ids:
    """Return the number of the table of every pair.

    They stand in one table if that is small enough, else in the fewest that are.

    Args:
        rows: (pairs,) numbers of n-grams.
        columns: (pairs,) numbers of the tokens that follow.
    """
    found = np.zeros(len(rows), dtype=np.int64)
    if cells_of(rows, columns, found) <= MOST_CELLS:
        return found
    for number in _NUMBERS:
        found = by_degree(rows, columns, number)
        cells = cells_of(rows, columns, found)
        if number < _NUMBERS[-1] and cells > _GAIN * MOST_CELLS_TOGETHER:
            continue
        found = _improved(rows, columns, found, number)
        if cells_of(rows, columns, found) <= MOST_CELLS_TOGETHER:
            break
    return found


def cells_of(rows: Ids, columns: Ids, tables: Ids) -> int:
    """Return how many cells the tables of some pairs have, nothing included."""
    total = 0
    for table in np.unique(tables).tolist():
        here = tables == table
        sizes = [len(np.unique(side[here])) + 1 for side in (rows, columns)]
        total += sizes[0] * sizes[1]
    return total


def by_degree(rows: Ids, columns: Ids, number: int) -> Ids:
    """Divide pairs into equally many: from frequent n-grams to frequent tokens."""
    followed = np.bincount(rows)[rows] / np.bincount(columns)[columns]
    found = np.empty(len(rows), dtype=np.int64)
    order = np.argsort(-followed, kind="stable")
    found[order] = np.arange(len(rows)) * number // max(len(rows), 1)
    return found


def _improved(rows: Ids, columns: Ids, tables: Ids, number: int) -> Ids:
    """Put every pair into the table that grows least by it, a few times."""
    found = tables.copy()
    # (tables, n-grams) and (tables, tokens) pairs of each.
    of_rows = np.zeros((number, int(rows.max()) + 1), dtype=np.int64)
    of_columns = np.zeros((number, int(columns.max()) + 1), dtype=np.int64)
    np.add.at(of_rows, (found, rows), 1)
    np.add.at(of_columns, (found, columns), 1)
    height, width = (of_rows > 0).sum(axis=1), (of_columns > 0).sum(axis=1)
    degrees = of_rows.sum(axis=0)[rows] + of_columns.sum(axis=0)[columns]
    order = np.argsort(-degrees, kind="stable").tolist()
    cells = int(((height + 1) * (width + 1)).sum())
    for _ in range(_ROUNDS):
        for pair in order:
            row, column, old = rows[pair], columns[pair], found[pair]
            of_rows[old, row] -= 1
            of_columns[old, column] -= 1
            height[old] -= of_rows[old, row] == 0
            width[old] -= of_columns[old, column] == 0
            higher, wider = of_rows[:, row] == 0, of_columns[:, column] == 0
            grown = (height + higher + 1) * (width + wider + 1)
            grown -= (height + 1) * (width + 1)
            new = int(grown.argmin())
            if grown[new] == grown[old]:
                new = int(old)
            found[pair] = new
            of_rows[new, row] += 1
            of_columns[new, column] += 1
            height[new] += higher[new]
            width[new] += wider[new]
        before, cells = cells, int(((height + 1) * (width + 1)).sum())
        if cells > _LITTLE * before:
            break
    return found
