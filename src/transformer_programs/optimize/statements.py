"""Local edits: statements as arrays over the variables that they combine.

Minimising, pruning and polishing propose programs by these alone. Only this file and
``resizing.py`` import the classes of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import (
    ONES,
    Decide,
    Domain,
    Head,
    Program,
    Statement,
    Table,
    Term,
)

if TYPE_CHECKING:
    from typing_extensions import TypeIs

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

Cells = NDArray[Any]
"""Over the ids of the variables that are combined: ids, or whether a pair matches."""

Domains = Mapping[str, Domain]

MOST_SUMS = 1 << 18
"""A decision becomes a table if it compares no more sums than these."""


def cells_of(statement: Statement, domains: Domains) -> Cells:
    """Return what a statement makes of every combination of ids.

    Returns:
        Of a head (queries, keys): whether they match. Of a table one axis per input:
        the id written.
    """
    sizes = [domains[name].size for name in statement.listed]
    match statement:
        case Head():
            cells = np.zeros(sizes, dtype=np.bool_)
            for row, matching in zip(cells, statement.predicate, strict=True):
                row[list(matching)] = True
            return cells
        case Table():
            return np.array(statement.table).reshape(sizes)
        case Decide():
            raise TypeError(f"{statement.output} has weights, not cells")


def with_cells(statement: Statement, names: tuple[str, ...], cells: Cells) -> Statement:
    """Return a statement that combines other variables, or combines otherwise."""
    match statement:
        case Head():
            query, key = names
            predicate = tuple(tuple(np.flatnonzero(row).tolist()) for row in cells)
            return replace(statement, query=query, key=key, predicate=predicate)
        case Table():
            if len(names) == 2 and names[0] == names[1]:
                names, cells = names[:1], np.diagonal(cells)
            table = tuple(cells.ravel().tolist())
            return replace(statement, inputs=names, table=table)
        case Decide():
            raise TypeError(f"{statement.output} has weights, not cells")


def is_head(statement: Statement) -> TypeIs[Head]:
    """Check whether cells say which positions match, not what is written."""
    return isinstance(statement, Head)


def is_table(statement: Statement) -> TypeIs[Table]:
    """Check whether cells say what is written."""
    return isinstance(statement, Table)


def is_decision(statement: Statement) -> TypeIs[Decide]:
    """Check whether what is written has the largest sum of weights."""
    return isinstance(statement, Decide)


def lookup(name: str, source: str, table: Sequence[int], domain: Domain) -> Statement:
    """Return the table of one variable."""
    return Table(name, (source,), tuple(table), domain)


def tabulated(statement: Statement, domains: Domains) -> Table | None:
    """Return a decision by one or two variables of few values as a table."""
    if not is_decision(statement) or len(statement.terms) not in (1, 2):
        return None
    read = [domains[name] for name in statement.inputs]
    if prod(domain.size for domain in read) * statement.domain.size > MOST_SUMS:
        return None
    first, *more = map(rows_of, statement.terms, read)
    sums = first[:, None] + more[0] if more else first
    cells = sums.argmax(axis=-1)  # the first one of equals
    table = tuple(cells.ravel().tolist())
    return Table(statement.output, statement.inputs, table, statement.domain)


def constant(name: str, value: int, domain: Domain) -> Statement:
    """Return the statement that writes one id everywhere."""
    return lookup(name, ONES, (value, value), domain)


def entries_listed(statement: Statement) -> int:
    """Return how many entries, or keys of a predicate, differ by row; or weights."""
    match statement:
        case Head():
            return sum(map(len, set(statement.predicate)))
        case Table():
            return len(set(statement.table)) * len(statement.table)
        case Decide():
            return statement.entries


def read_instead(
    statement: Statement, old: str, new: str, table: Sequence[int], domains: Domains
) -> Statement:
    """Return the statement, reading a variable that determines the one that it reads.

    What a head copies or sums stays as it is, and so does a decision where the new
    variable is a number, and the weights are no multiples.

    Args:
        statement: What reads.
        old: The variable read.
        new: The one to be read.
        table: The id of the old one for every id of the new one.
        domains: Domains of all variables.
    """
    if is_decision(statement):
        terms = moved_terms(statement.terms, old, new, table, domains)
        return replace(statement, terms=terms)
    if old not in statement.listed:
        return statement
    names = tuple(new if name == old else name for name in statement.listed)
    if is_head(statement):  # rows of predicates can be sparse and long
        predicate = statement.predicate
        if statement.key == old:
            wanted = [set(row) for row in predicate]
            predicate = tuple(
                tuple(i for i, was in enumerate(table) if was in row) for row in wanted
            )
        if statement.query == old:
            predicate = tuple(predicate[was] for was in table)
        return replace(statement, query=names[0], key=names[1], predicate=predicate)
    cells = cells_of(statement, domains)
    for axis, name in enumerate(statement.inputs):
        if name == old:
            cells = cells.take(np.array(table), axis=axis)
    return with_cells(statement, names, cells)


def moved_terms(
    terms: tuple[Term, ...],
    old: str,
    new: str,
    table: Sequence[int],
    domains: Domains,
) -> tuple[Term, ...]:
    """Return terms, weights moved from a variable to one that determines it.

    They are as they were where the other one is a number, and its weights are no
    multiples. The arguments are those of ``read_instead``.
    """
    found = {term.variable: term for term in terms}
    if old not in found:
        return terms
    added = rows_of(found[old], domains[old])[np.array(table)]  # (new's ids, labels)
    if domains[new].numerical:
        if new == ONES:
            added = np.stack([np.zeros_like(added[1]), added[1]])
        multiples = np.arange(len(added))[:, None] * added[min(1, len(added) - 1)]
        if (added != multiples).any():
            return terms
        added = added[1:2] if len(added) > 1 else added
    if new in found and new != old:
        added = added + np.array(found.pop(new).weights)
        return tuple(
            weighted(new, added) if t.variable == new else t
            for t in terms
            if t.variable != old
        )
    return tuple(weighted(new, added) if t.variable == old else t for t in terms)


def rows_of(term: Term, domain: Domain) -> Ids:
    """Return what every value of a term adds to the scores: (values, labels)."""
    weights = np.array(term.weights, dtype=np.int64)
    return np.arange(domain.size)[:, None] * weights if domain.numerical else weights


def weighted(variable: str, rows: Ids) -> Term:
    """Return the term of a variable with (values, labels) weights."""
    return Term(variable, tuple(map(tuple, rows.tolist())))


def with_terms(program: Program, terms: Iterable[Term]) -> Program:
    """Return the program with other terms of its readout."""
    return replace(program, readout=replace(program.readout, terms=tuple(terms)))


def with_statement(program: Program, statement: Statement) -> Program:
    """Return the program, its statement of that output replaced."""
    statements = tuple(
        statement if s.output == statement.output else s for s in program.statements
    )
    return replace(program, statements=statements)


def rename(program: Program, names: Mapping[str, str]) -> Program:
    """Return the same program with other names for what its statements write.

    Args:
        program: A valid program.
        names: New names by old ones; names that are not in it stay.
    """
    renamed = replace(
        program,
        statements=tuple(s.renamed(names) for s in program.statements),
        aliases=tuple((names.get(new, new), old) for new, old in program.aliases),
    )
    terms = program.readout.terms
    read = (names.get(term.variable, term.variable) for term in terms)
    return with_terms(renamed, map(Term, read, (term.weights for term in terms)))


def drop_dead(program: Program) -> Program:
    """Eliminate dead code: terms of equal weights, and what only they read."""
    terms = _telling(program.readout.terms)
    needed = {term.variable for term in terms}
    kept: list[Statement] = []
    for statement in reversed(program.statements):
        if statement.output in needed:
            if is_decision(statement):
                statement = replace(statement, terms=_telling(statement.terms))
            needed |= {*statement.inputs}
            kept.append(statement)
    return with_terms(replace(program, statements=tuple(reversed(kept))), terms)


def _telling(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    # Without those that add the same to everything.
    return tuple(t for t in terms if any(len(set(row)) > 1 for row in t.weights))
