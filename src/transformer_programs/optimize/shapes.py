"""Simpler predicates and tables that a statement might have instead of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import Comparison
from transformer_programs.program import (
    ONES,
    Domain,
    Head,
    Kind,
    Predicate,
    Table,
)

Matrix = NDArray[np.bool_]

_SIGNS = ("==", "!=", "<", "<=", ">", ">=")


def matrix_of(predicate: Predicate, keys: int) -> Matrix:
    """The predicate as (queries, keys) truth values."""
    matrix = np.zeros((len(predicate), keys), dtype=np.bool_)
    for row, matching in zip(matrix, predicate, strict=True):
        row[list(matching)] = True
    return matrix


def predicate_of(matrix: Matrix) -> Predicate:
    """The inverse of ``matrix_of``."""
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in matrix)


def simple_predicates(
    wanted: Matrix, care: Matrix, query: Domain, key: Domain
) -> Iterator[Matrix]:
    """Predicates that a line can state, those that are said in fewest words first.

    Args:
        wanted: the predicate.
        care: the pairs that occur; what is tried follows from them.
        query: the domain of the query.
        key: the domain of the key.
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


def needed_reads(head: Head, keys: int) -> Head:
    """The head, reading ``ones`` where its query, or its key, does not matter."""
    rows = {*head.predicate}
    if len(rows) == 1 and head.query != ONES:
        head = replace(head, query=ONES, predicate=(head.predicate[0],) * 2)
    everything = tuple(range(keys))
    if rows <= {(), everything} and head.key != ONES:
        predicate = tuple((0, 1) if row else () for row in head.predicate)
        head = replace(head, key=ONES, predicate=predicate)
    return head


def table_over_one(
    lookup: Table, table: NDArray[np.int64], care: Matrix, axis: int
) -> Table | None:
    """The table over that input alone, if the other never matters where it occurs."""
    if axis:
        table, care = table.T, care.T
    first = care.argmax(axis=1)
    entries = np.take_along_axis(table, first[:, None], axis=1)
    if ((table != entries) & care).any():
        return None
    flat = tuple(entries.ravel().tolist())
    return replace(lookup, inputs=(lookup.inputs[axis],), table=flat)
