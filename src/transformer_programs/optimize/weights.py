"""Canonical weights of readouts: shifted, divided, and none that no label needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.language import (
    MAX_SCORE_BITS,
    Pooling,
    Program,
    Term,
    score_bound,
    sum_bound,
)
from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    Domains,
    Ids,
    is_decision,
    rows_of,
    weighted,
    with_statement,
    with_terms,
)


def settle_weights(program: Program, reached: Reached) -> Program:
    """Return the program with weights that are shifted, divided and left out.

    A constant added to all labels changes nothing: the least weight of a row is 0. Rows
    of values that do not occur are 0. A divisor of all weights goes. Decisions have
    labels, too: the values that they decide on.
    """
    for decide in filter(is_decision, program.statements):
        settled = _settled(decide.terms, program.domains, reached, alone=True)
        if not sum_bound(settled, program.domains) >> MAX_SCORE_BITS:
            program = with_statement(program, replace(decide, terms=settled))
    alone = program.readout.pooling is not Pooling.MEAN
    terms = _settled(program.readout.terms, program.domains, reached, alone=alone)
    return _exact(program, terms)


def _settled(
    terms: tuple[Term, ...], domains: Domains, reached: Reached, *, alone: bool
) -> tuple[Term, ...]:
    # ``alone``: whether sums of one position are compared.
    terms = tuple(_shifted(t, domains, reached) for t in terms)
    if alone:
        terms = _dominating(terms, domains, reached)
    divisor = np.gcd.reduce([w for t in terms for row in t.weights for w in row] or [0])
    if divisor > 1:
        terms = tuple(
            weighted(t.variable, np.array(t.weights) // divisor) for t in terms
        )
    return terms


def _exact(program: Program, terms: Sequence[Term]) -> Program:
    # The program with other terms, unless their sums could not be held exactly.
    readout = replace(program.readout, terms=tuple(terms))
    bound = score_bound(readout, program.domains, program.input.max_length)
    return program if bound >> MAX_SCORE_BITS else with_terms(program, terms)


def _shifted(term: Term, domains: Domains, reached: Reached) -> Term:
    rows = np.array(term.weights, dtype=np.int64)  # (values or 1, labels)
    rows -= rows.min(axis=1, keepdims=True)
    if not domains[term.variable].numerical and term.variable in reached.values:
        rows[~np.isin(np.arange(len(rows)), reached.values[term.variable])] = 0
    return weighted(term.variable, rows)


def _dominating(
    terms: tuple[Term, ...], domains: Domains, reached: Reached
) -> tuple[Term, ...]:
    # One term alone, if it decides every label whatever the others add.
    if len(terms) < 2 or any(t.variable not in reached.values for t in terms):
        return terms
    found = [
        np.sort(rows_of(t, domains[t.variable])[reached.values[t.variable]])
        for t in terms
    ]  # scores that values add, the least label first: (values, labels)
    spreads = [int((rows[:, -1] - rows[:, 0]).max()) for rows in found]
    for term, rows, spread in zip(terms, found, spreads, strict=True):
        if rows.shape[1] < 2 or _lead(rows) > sum(spreads) - spread:
            return (term,)
    return terms


def _lead(rows: Ids) -> int:
    return int((rows[:, -1] - rows[:, -2]).min())


def balance_weights(program: Program, reached: Reached) -> Program:
    """Return the program with the same sums from as many rows of zeros as there can be.

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
        name, rows = terms[index].variable, np.array(terms[index].weights)
        seen = rows[reached.values[name]]
        common, times = Counter(map(tuple, seen.tolist())).most_common(1)[0]
        if times > 1:
            moved += np.array(common)
            terms[index] = weighted(name, rows - common)
    if moved.any():
        rows = np.array(terms[last].weights) + moved
        terms[last] = weighted(terms[last].variable, rows)
    return _exact(program, terms)
