"""Propagation of copies and constants, composition of tables, merging of classes.

What reads a variable that follows from another one reads the other one instead: a
predicate, a table and the weights of the readout take the step between the two into
themselves. Classes that no reader tells apart become one; unused ones are removed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.language import (
    ONES,
    Domain,
    Kind,
    Program,
    Statement,
    Term,
    View,
)
from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    drop_dead,
    is_head,
    is_table,
    lookup,
    moved_terms,
    read_instead,
    tabulated,
    with_cells,
    with_statement,
    with_terms,
)

LARGEST = 1 << 16
"""Tables and predicates with more cells are not made."""


def folded(program: Program, reached: Reached) -> Iterator[Program]:
    """Propose programs that read one variable through another, last statements first.

    Their labels are the same.
    """
    for statement in reversed(program.statements):
        target = statement.output
        sources = dict(reached.functions.get(target, ()))
        if ONES in sources:  # a constant follows from everything
            read = {t.variable for t in program.readout.terms}
            sources = {n: t for n, t in sources.items() if n == ONES or n in read}
        for source, table in sources.items():
            yield from _without(program, statement, source, table)
        yield from _composed(program, statement)
        decided = tabulated(statement, program.domains)
        if decided is not None:
            yield drop_dead(with_statement(program, decided))


def _without(
    program: Program, statement: Statement, source: str, table: tuple[int, ...]
) -> Iterator[Program]:
    target, domains = statement.output, program.domains
    identity = table == tuple(range(len(table)))
    if identity and domains[source] == domains[target]:
        yield drop_dead(read_copy(program, target, source))
        return
    size = domains[source].size
    if len(table) == size and (
        not is_table(statement) or statement.inputs != (source,)
    ):
        yield with_statement(program, lookup(target, source, table, domains[target]))
    most = 0  # cells of a table or predicate that would be made
    for reader in program.statements:
        read = reader.listed
        if target in read:
            others = [domains[name].size for name in read if name != target]
            most = max(most, size * max(others, default=1))
    if most <= LARGEST:
        statements = tuple(
            read_instead(s, target, source, table, domains) for s in program.statements
        )
        moved = replace(program, statements=statements)
        yield drop_dead(with_terms(moved, _moved(program, target, source, table)))


def read_copy(program: Program, old: str, new: str) -> Program:
    """Return the program that reads one variable for another, of the same domain."""
    identity = range(program.domains[old].size)
    statements = []
    for statement in program.statements:
        if statement.output != old:
            statement = read_instead(statement, old, new, identity, program.domains)
            if is_head(statement) and statement.value == old:
                statement = replace(statement, value=new)
        statements.append(statement)
    moved = replace(program, statements=tuple(statements))
    return with_terms(moved, _moved(program, old, new, identity))


def _moved(
    program: Program, old: str, new: str, table: Sequence[int]
) -> Sequence[Term]:
    # The terms of the readout.
    terms = program.readout.terms
    return moved_terms(terms, old, new, table, program.domains)


def _composed(program: Program, statement: Statement) -> Iterator[Program]:
    # A table that only a table of one variable reads is taken into that one.
    target = statement.output
    readers = [s for s in program.statements if target in s.inputs]
    read = any(t.variable == target for t in program.readout.terms)
    if not is_table(statement) or read or len(readers) != 1:
        return
    outer = readers[0]
    two = len(statement.inputs) == 2
    if two and is_table(outer) and outer.inputs == (target,):
        cells = np.array(outer.table)[np.array(statement.table)]
        sizes = [program.domains[name].size for name in statement.inputs]
        whole = with_cells(outer, statement.inputs, cells.reshape(sizes))
        yield drop_dead(with_statement(program, whole))


def merge_classes(program: Program, reached: Reached) -> Program:
    """Return the same program with smaller domains of classes."""
    for statement in program.statements:
        name = statement.output
        is_class = program.domains[name].kind is Kind.CLASS
        if is_class and is_table(statement) and name in reached.values:
            program = _with_fewer(program, name, reached.values[name].tolist())
    return program


def _with_fewer(program: Program, name: str, occur: Sequence[int]) -> Program:
    copies = {name}  # the variable, and those that heads copy from it
    views: list[View] = []
    for statement in program.statements:
        for copy in copies & {*statement.inputs}:
            views += statement.views(copy, program.domains)
        if statement.copied in copies:
            copies.add(statement.output)
    views += [t.weights for t in program.readout.terms if t.variable in copies]
    size = program.domains[name].size
    looks = [tuple(view[index] for view in views) for index in range(size)]
    examples: dict[tuple[Hashable, ...], int] = {}  # the first id that looks so
    for index in occur:
        examples.setdefault(looks[index], index)
    if len(examples) == size:
        return program
    kinds = {look: kind for kind, look in enumerate(examples)}
    new_of = [kinds.get(look, 0) for look in looks]
    chosen, domain = [*examples.values()], Domain.of_classes(len(examples))
    statements = []
    for statement in program.statements:
        domains = dict(program.domains)
        for copy in copies:
            statement = read_instead(statement, copy, copy, chosen, domains)
            domains[copy] = domain  # one table may read several
        if is_table(statement) and statement.output == name:
            table = tuple(new_of[entry] for entry in statement.table)
            statement = replace(statement, table=table, domain=domain)
        statements.append(statement)
    terms = (
        replace(t, weights=tuple(t.weights[old] for old in chosen))
        if t.variable in copies
        else t
        for t in program.readout.terms
    )
    return with_terms(replace(program, statements=tuple(statements)), terms)
