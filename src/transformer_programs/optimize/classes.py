"""Merging of classes that no reader tells apart, and removal of unused ones."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    is_head,
    read_instead,
    with_terms,
)
from transformer_programs.program import Domain, Kind, Program, View


def merge_classes(program: Program, reached: Reached) -> Program:
    """Return the same program with smaller domains of classes."""
    for statement in program.statements:
        name = statement.output
        is_class = program.domains[name].kind is Kind.CLASS
        if is_class and not is_head(statement) and name in reached.values:
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
        if not is_head(statement) and statement.output == name:
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
