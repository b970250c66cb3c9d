"""Classes that no reader tells apart become one; those that do not occur go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.reading import read_instead
from transformer_programs.program import Domain, Kind, Program, Statement, View


def merge_classes(program: Program, reached: Reached) -> Program:
    """The same program with smaller domains of classes."""
    for table in program.tables:
        name = table.output
        if name in reached.values and table.domain.kind is Kind.CLASS:
            program = _with_fewer(program, name, reached.values[name].tolist())
    return program


def _with_fewer(program: Program, name: str, occur: list[int]) -> Program:
    """The program, those classes of one variable merged that nothing tells apart."""
    copies = _copies(program, name)
    size = program.domains[name].size
    views = [view for copy in copies for view in _views(program, copy)]
    looks = [tuple(view[index] for view in views) for index in range(size)]
    kinds = list(dict.fromkeys(looks[index] for index in occur))
    if len(kinds) == size:
        return program
    new_of = [kinds.index(look) if look in kinds else 0 for look in looks]
    examples = [next(i for i in occur if new_of[i] == k) for k in range(len(kinds))]
    domain = Domain.of_classes(len(examples))
    smaller = {
        s.output: replace(s, table=tuple(new_of[x] for x in s.table), domain=domain)
        for s in program.tables
        if s.output == name
    }
    statements = tuple(
        smaller.get(s.output) or _renumbered(s, program, copies, examples)
        for s in program.statements
    )
    terms = tuple(
        replace(t, weights=tuple(t.weights[old] for old in examples))
        if t.variable in copies
        else t
        for t in program.readout.terms
    )
    readout = replace(program.readout, terms=terms)
    return replace(program, statements=statements, readout=readout)


def _copies(program: Program, name: str) -> list[str]:
    """The variable, and those that heads copy from it."""
    copies = [name]
    for statement in program.statements:
        if statement.copied in copies:
            copies.append(statement.output)
    return copies


def _views(program: Program, name: str) -> Iterator[View]:
    """What each reader makes of every id."""
    for statement in program.statements:
        yield from statement.views(name, program.domains)
    for term in program.readout.terms:
        if term.variable == name:
            yield term.weights


def _renumbered(
    statement: Statement, program: Program, copies: list[str], examples: list[int]
) -> Statement:
    domains = dict(program.domains)
    for copy in copies:
        statement = read_instead(statement, copy, copy, examples, domains)
        domains[copy] = Domain.of_classes(len(examples))  # one table may read several
    return statement
