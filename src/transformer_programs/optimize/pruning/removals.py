"""What can be taken out of a program, one thing at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import LARGEST, Comparison
from transformer_programs.optimize.statements import (
    Domains,
    cells_of,
    constant,
    entries_listed,
    is_head,
    with_cells,
)
from transformer_programs.program import ONES, Kind, Program, Statement

Seen = Mapping[str, NDArray[np.int64]]
"""For every variable its ids at the tokens of some data, in the same order."""

_SHIFTS = (0, -1, 1)
"""Differences of key and query that are tried, the most natural first."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A part of a program that can be taken out.

    Attributes:
        variable: the variable that it is about.
        statement: what computes the variable instead; None if its weights go.
        entries: how many table entries, keys or weights there are less.
        words: what is done.
    """

    variable: str
    statement: Statement | None
    entries: int
    words: str

    def __str__(self) -> str:
        return self.words


def removals(program: Program, seen: Seen) -> Iterator[Removal]:
    """Every part that can be taken out.

    A statement becomes constant; the predicate of a head becomes the comparison that
    is most like it; a table of two inputs reads only one; weights of a variable go.

    Args:
        program: a valid program.
        seen: what values variables have, and how often.
    """
    for statement in program.statements:
        for words, other in _simpler(statement, program, seen):
            fewer = entries_listed(statement) - entries_listed(other)
            if fewer > 0 or other.inputs == (ONES,) != statement.inputs:
                yield Removal(statement.output, other, fewer, words)
    if len(program.readout.terms) > 1:
        for term in program.readout.terms:
            name, weights = term.variable, sum(map(len, term.weights))
            yield Removal(name, None, weights, f"weights of {name}")


def without_parts(program: Program, parts: Sequence[Removal]) -> Program:
    """The program without these parts: same variables, same domains."""
    instead = {p.variable: p.statement for p in parts if p.statement is not None}
    dropped = {p.variable for p in parts if p.statement is None}
    statements = tuple(instead.get(s.output, s) for s in program.statements)
    terms = tuple(t for t in program.readout.terms if t.variable not in dropped)
    readout = replace(program.readout, terms=terms or program.readout.terms[:1])
    return replace(program, statements=statements, readout=readout)


def _simpler(
    statement: Statement, program: Program, seen: Seen
) -> Iterator[tuple[str, Statement]]:
    # Simpler statements, and what was done.
    name, domains = statement.output, program.domains
    common = int(np.bincount(seen[name]).argmax())
    yield name, constant(name, common, domains[name])
    if is_head(statement):
        plain = _plain(statement, domains, seen)
        if plain is not None:
            yield f"exceptions of {name}", plain
    elif len(statement.inputs) == 2:
        for kept, read in enumerate(statement.inputs):
            table = _of_one_input(statement, kept, domains, seen)
            yield f"{read} alone in {name}", with_cells(statement, (read,), table)


def _plain(head: Statement, domains: Domains, seen: Seen) -> Statement | None:
    # With the comparison of key and query that agrees with most pairs of values.
    names = head.listed
    query, key = (domains[name] for name in names)
    tokens = Kind.TOKEN in (query.kind, key.kind)
    if query.size * key.size > LARGEST or (tokens and query != key):
        return None
    wanted = cells_of(head, domains)
    often = np.outer(
        *(np.bincount(seen[name], minlength=domains[name].size) for name in names)
    )
    queries, keys = np.arange(query.size)[:, None], np.arange(key.size)[None, :]
    signs = ("==", "<", ">", "!=") if query == key or not tokens else ("==", "!=")
    forms = [
        Comparison(sign, shift).holds(queries, keys)
        for sign, shift in product(signs, (0,) if tokens else _SHIFTS)
    ]
    best = max(forms, key=lambda form: float((often * (form == wanted)).sum()))
    return None if (best == wanted).all() else with_cells(head, names, best)


def _of_one_input(
    table: Statement, kept: int, domains: Domains, seen: Seen
) -> NDArray[np.int64]:
    # For every value of one input, what the table gives most often.
    cells = cells_of(table, domains)
    often = np.zeros(cells.shape)
    np.add.at(often, tuple(seen[name] for name in table.inputs), 1)
    if kept == 1:
        cells, often = cells.T, often.T
    counts = np.zeros((len(cells), domains[table.output].size))
    rows = np.broadcast_to(np.arange(len(cells))[:, None], cells.shape)
    np.add.at(counts, (rows, cells), often + 1e-6)  # unseen cells count a little
    chosen: NDArray[np.int64] = counts.argmax(axis=1)
    return chosen
