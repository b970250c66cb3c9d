"""Statements as arrays over the variables that they combine: what edits are made of.

This is the only file of the optimiser, but for the analysis of what occurs, other
lengths and names, that tells kinds of statements apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import (
    ONES,
    Domain,
    Head,
    Predicate,
    Program,
    Statement,
    Table,
    Term,
)

Cells = NDArray[Any]
"""Over the ids of the variables that are combined: ids, or whether a pair matches."""

Domains = Mapping[str, Domain]


def cells_of(statement: Statement, domains: Domains) -> Cells:
    """Return what a statement makes of every combination of ids."""
    match statement:
        case Head():
            return matrix_of(statement.predicate, domains[statement.key].size)
        case Table():
            sizes = [domains[name].size for name in statement.inputs]
            return np.array(statement.table).reshape(sizes)


def with_cells(statement: Statement, names: tuple[str, ...], cells: Cells) -> Statement:
    """Return a statement that combines other variables, or otherwise."""
    match statement:
        case Head():
            query, key = names
            predicate = predicate_of(cells)
            return replace(statement, query=query, key=key, predicate=predicate)
        case Table():
            if len(names) == 2 and names[0] == names[1]:
                names, cells = names[:1], np.diagonal(cells)
            table = tuple(cells.ravel().tolist())
            return replace(statement, inputs=names, table=table)


def is_head(statement: Statement) -> bool:
    """Whether cells say which positions match, not what is written."""
    return isinstance(statement, Head)


def is_table_over(statement: Statement, *names: str) -> bool:
    """Whether a statement looks its output up by these variables."""
    return not is_head(statement) and statement.inputs == names


def values_read(statement: Statement) -> str | None:
    """Return the variable whose values a statement copies or sums, if it does."""
    return statement.value if isinstance(statement, Head) else None


def with_values_read(statement: Statement, name: str) -> Statement:
    """Return a statement that copies or sums another variable of the same domain."""
    return replace(statement, value=name) if isinstance(statement, Head) else statement


def written_by_table(statement: Statement) -> tuple[int, ...] | None:
    """Return the ids that a table lists; None for what is no table."""
    return statement.table if isinstance(statement, Table) else None


def predicate_of_head(statement: Statement) -> Predicate:
    """Return which keys match every query; nothing for a table."""
    return statement.predicate if isinstance(statement, Head) else ()


def with_query(statement: Statement, query: str, predicate: Predicate) -> Statement:
    """Return a head that asks with another variable; else the statement."""
    if not isinstance(statement, Head):
        return statement
    return replace(statement, query=query, predicate=predicate)


def with_outputs(statement: Statement, new: Sequence[int], domain: Domain) -> Statement:
    """Return a table that writes ``new[id]`` for every id; else the statement."""
    if not isinstance(statement, Table):
        return statement
    table = tuple(new[entry] for entry in statement.table)
    return replace(statement, table=table, domain=domain)


def lookup(name: str, source: str, table: Sequence[int], domain: Domain) -> Statement:
    """Return the table of one variable."""
    return Table(name, (source,), tuple(table), domain)


def constant(name: str, value: int, domain: Domain) -> Statement:
    """Return the statement that writes one id everywhere."""
    return lookup(name, ONES, (value, value), domain)


def entries_listed(statement: Statement) -> int:
    """Return how many entries of a table, or keys of a predicate, differ by row."""
    match statement:
        case Head():
            return sum(map(len, set(statement.predicate)))
        case Table():
            return len(set(statement.table)) * len(statement.table)


def matrix_of(predicate: Predicate, keys: int) -> NDArray[np.bool_]:
    """Return a predicate as (queries, keys) truth values."""
    matrix = np.zeros((len(predicate), keys), dtype=np.bool_)
    for row, matching in zip(matrix, predicate, strict=True):
        row[list(matching)] = True
    return matrix


def predicate_of(matrix: NDArray[np.bool_]) -> Predicate:
    """Return the inverse of ``matrix_of``."""
    return tuple(tuple(np.flatnonzero(row).tolist()) for row in matrix)


def read_instead(
    statement: Statement, old: str, new: str, table: Sequence[int], domains: Domains
) -> Statement:
    """Return the statement, reading a variable that determines the one that it reads.

    What a head copies or sums stays as it is.

    Args:
        statement: What reads.
        old: The variable read.
        new: The one to be read.
        table: The old one's id for every id of the new one.
        domains: Of all variables.
    """
    if old not in statement.listed:
        return statement
    names = tuple(new if name == old else name for name in statement.listed)
    if isinstance(statement, Head):  # rows of predicates can be sparse and long
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


def rows_of(term: Term, domain: Domain) -> NDArray[np.int64]:
    """Return what every value of a term's variable adds to the scores."""
    weights = np.array(term.weights, dtype=np.int64)
    return np.arange(domain.size)[:, None] * weights if domain.numerical else weights


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
    terms = tuple(
        replace(term, variable=names.get(term.variable, term.variable))
        for term in program.readout.terms
    )
    return replace(
        program,
        statements=tuple(s.renamed(names) for s in program.statements),
        readout=replace(program.readout, terms=terms),
        aliases=tuple((names.get(new, new), old) for new, old in program.aliases),
    )


def drop_dead(program: Program) -> Program:
    """Eliminate dead code: terms of equal weights, and what only they read."""
    terms = tuple(
        term
        for term in program.readout.terms
        if any(len(set(row)) > 1 for row in term.weights)
    )
    needed = {term.variable for term in terms}
    kept = []
    for statement in reversed(program.statements):
        if statement.output in needed:
            needed |= {*statement.inputs}
            kept.append(statement)
    readout = replace(program.readout, terms=terms)
    return replace(program, statements=tuple(reversed(kept)), readout=readout)
