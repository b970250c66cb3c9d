"""Variables that follow from another one: copies, constants, tables of tables.

What reads such a variable reads the other one instead: a predicate, a table and the
readout's weights take the step between the two into themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    drop_dead,
    is_table_over,
    lookup,
    read_instead,
    rows_of,
    values_read,
    with_cells,
    with_statement,
    with_values_read,
    written_by_table,
)
from transformer_programs.program import (
    ONES,
    Program,
    Readout,
    Statement,
    Term,
)

LARGEST = 1 << 16
"""Tables and predicates with more cells are not made."""


def folded(program: Program, reached: Reached) -> Iterator[Program]:
    """Programs in which one variable is read through another, the last ones first."""
    for statement in reversed(program.statements):
        target = statement.output
        sources = dict(reached.functions.get(target, ()))
        if ONES in sources:  # a constant follows from everything
            read = {t.variable for t in program.readout.terms}
            sources = {n: t for n, t in sources.items() if n == ONES or n in read}
        for source, table in sources.items():
            yield from _without(program, statement, source, table)
        yield from _composed(program, statement)


def _without(
    program: Program, statement: Statement, source: str, table: tuple[int, ...]
) -> Iterator[Program]:
    """The program with less need of what the statement writes."""
    target, domains = statement.output, program.domains
    identity = table == tuple(range(len(table)))
    if identity and domains[source] == domains[target]:
        yield drop_dead(read_copy(program, target, source))
        return
    if not is_table_over(statement, source):
        simple = lookup(target, source, table, domains[target])
        if len(table) == domains[source].size:
            yield with_statement(program, simple)
    if _cells(program, target, source) <= LARGEST:
        statements = tuple(
            read_instead(s, target, source, table, domains) for s in program.statements
        )
        readout = _moved(program, target, source, table)
        yield drop_dead(replace(program, statements=statements, readout=readout))


def _cells(program: Program, target: str, source: str) -> int:
    """The most cells of a table or predicate that would be made."""
    size, most = program.domains[source].size, 0
    for statement in program.statements:
        read = statement.inputs[:2]
        if target in read:
            others = [program.domains[n].size for n in read if n != target]
            most = max(most, size * max(others, default=1))
    return most


def read_copy(program: Program, old: str, new: str) -> Program:
    """Everything that reads one variable reads the other one, of the same domain."""
    domains = program.domains
    identity = range(domains[old].size)
    statements = []
    for statement in program.statements:
        if statement.output == old:
            statements.append(statement)
            continue
        statement = read_instead(statement, old, new, identity, domains)
        if values_read(statement) == old:
            statement = with_values_read(statement, new)
        statements.append(statement)
    readout = _moved(program, old, new, identity)
    return replace(program, statements=tuple(statements), readout=readout)


def _moved(program: Program, old: str, new: str, table: Sequence[int]) -> Readout:
    """The readout, a term's weights given to a variable that determines the term's.

    It stays as it is where the other one is a number, and its weights no multiples.
    """
    readout, domains = program.readout, program.domains
    terms = {term.variable: term for term in readout.terms}
    if old not in terms:
        return readout
    added = rows_of(terms[old], domains[old])[np.array(table)]
    if domains[new].numerical:
        if new == ONES:
            added = np.stack([np.zeros_like(added[1]), added[1]])
        multiples = np.arange(len(added))[:, None] * added[min(1, len(added) - 1)]
        if (added != multiples).any():
            return readout
        added = added[1:2] if len(added) > 1 else added
    if new in terms:
        added = added + np.array(terms[new].weights)
    moved = Term(new, tuple(map(tuple, added.tolist())))
    kept = [t for t in readout.terms if t.variable not in (old, new)]
    place = [t.variable for t in readout.terms if t.variable != old or new not in terms]
    index = place.index(new if new in terms else old)
    return replace(readout, terms=(*kept[:index], moved, *kept[index:]))


def _composed(program: Program, statement: Statement) -> Iterator[Program]:
    # A table that only a table of one variable reads is taken into that one.
    target, table = statement.output, written_by_table(statement)
    readers = [s for s in program.statements if target in s.inputs]
    read = any(t.variable == target for t in program.readout.terms)
    if table is None or read or len(readers) != 1 or len(statement.inputs) != 2:
        return
    outer = written_by_table(readers[0])
    if outer is not None and is_table_over(readers[0], target):
        cells = np.array(outer)[np.array(table)]
        sizes = [program.domains[name].size for name in statement.inputs]
        whole = with_cells(readers[0], statement.inputs, cells.reshape(sizes))
        yield drop_dead(with_statement(program, whole))
