"""Readout weights in a canonical form, and none where the winner does not need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import rows_of
from transformer_programs.program import (
    MAX_SCORE_BITS,
    Pooling,
    Program,
    Term,
    score_bound,
)

Rows = NDArray[np.int64]


def settle_weights(program: Program, reached: Reached) -> Program:
    """The same labels from weights that are shifted, divided and left out.

    A constant added to all labels changes nothing: the least weight of a row is 0. Rows
    of values that do not occur are 0. A divisor of all weights goes.
    """
    terms = [_shifted(t, program, reached) for t in program.readout.terms]
    terms = _dominating(terms, program, reached)
    divisor = np.gcd.reduce([w for t in terms for row in t.weights for w in row] or [0])
    if divisor > 1:
        terms = [
            replace(t, weights=_plain(np.array(t.weights) // divisor)) for t in terms
        ]
    return _exact(program, terms)


def _exact(program: Program, terms: Sequence[Term]) -> Program:
    """The program with other terms, unless their sums could not be held exactly."""
    readout = replace(program.readout, terms=tuple(terms))
    bound = score_bound(readout, program.domains, program.input.max_length)
    return program if bound >> MAX_SCORE_BITS else replace(program, readout=readout)


def _shifted(term: Term, program: Program, reached: Reached) -> Term:
    rows = np.array(term.weights, dtype=np.int64)
    rows -= rows.min(axis=1, keepdims=True)
    if not program.domains[term.variable].numerical and term.variable in reached.values:
        occurs = np.zeros(len(rows), dtype=np.bool_)
        occurs[reached.values[term.variable]] = True
        rows[~occurs] = 0
    return replace(term, weights=_plain(rows))


def _plain(rows: Rows) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, rows.tolist()))


def _dominating(terms: list[Term], program: Program, reached: Reached) -> list[Term]:
    """One term alone, if it decides every label whatever the others add."""
    if program.readout.pooling is Pooling.MEAN or len(terms) < 2:
        return terms
    if any(t.variable not in reached.values for t in terms):
        return terms
    found = [
        rows_of(t, program.domains[t.variable])[reached.values[t.variable]]
        for t in terms
    ]
    spreads = [int((rows.max(axis=1) - rows.min(axis=1)).max()) for rows in found]
    for term, rows, spread in zip(terms, found, spreads, strict=True):
        if rows.shape[1] < 2 or _gap(rows) > sum(spreads) - spread:
            return [term]
    return terms


def _gap(rows: Rows) -> int:
    """The least distance between the best label and the second."""
    ordered = np.sort(rows, axis=1)
    return int((ordered[:, -1] - ordered[:, -2]).min())


def balance_weights(program: Program, reached: Reached) -> Program:
    """The same sums, with as many rows of zeros as there can be.

    The commonest row of a categorical variable moves into all rows of the last one.
    """
    terms = list(program.readout.terms)
    *others, last = [
        index
        for index, term in enumerate(terms)
        if not program.domains[term.variable].numerical
        and term.variable in reached.values
    ] or [0]
    moved = np.zeros(len(program.readout.labels), dtype=np.int64)
    for index in others:
        rows = np.array(terms[index].weights, dtype=np.int64)
        seen = rows[reached.values[terms[index].variable]]
        common, times = Counter(map(tuple, seen.tolist())).most_common(1)[0]
        if times > 1:
            moved += np.array(common)
            terms[index] = replace(terms[index], weights=_plain(rows - common))
    if moved.any():
        rows = np.array(terms[last].weights, dtype=np.int64) + moved
        terms[last] = replace(terms[last], weights=_plain(rows))
    return _exact(program, terms)
