"""Classes that no reader tells apart become one; those that do not occur go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.reading import read_instead
from transformer_programs.optimize.shapes import matrix_of
from transformer_programs.program import (
    Domain,
    Head,
    Kind,
    Program,
    Statement,
    Table,
)


def merge_classes(program: Program, reached: Reached) -> Program:
    """The same program with smaller domains of classes."""
    for statement in program.statements:
        if isinstance(statement, Table) and _is_class(statement, reached):
            occur = reached.values[statement.output].tolist()
            program = _with_fewer(program, statement.output, occur)
    return program


def _is_class(statement: Table, reached: Reached) -> bool:
    known = statement.output in reached.values
    return known and statement.domain.kind is Kind.CLASS


def _with_fewer(program: Program, name: str, occur: list[int]) -> Program:
    """The program, those classes of one variable merged that nothing tells apart."""
    copies = _copies(program, name)
    looks = np.concatenate(
        [np.empty((program.domains[name].size, 0), dtype=np.int64)]
        + [view for copy in copies for view in _views(program, copy)],
        axis=1,
    )
    kinds = list(dict.fromkeys(tuple(looks[index].tolist()) for index in occur))
    if len(kinds) == program.domains[name].size:
        return program
    new_of = [
        kinds.index(look) if (look := tuple(row)) in kinds else 0
        for row in looks.tolist()
    ]
    examples = [next(i for i in occur if new_of[i] == k) for k in range(len(kinds))]
    statements = tuple(
        _renumbered(s, program, name, copies, new_of, examples)
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
        if (
            isinstance(statement, Head)
            and not statement.sums
            and statement.value in copies
        ):
            copies.append(statement.output)
    return copies


def _views(program: Program, name: str) -> Iterator[NDArray[np.int64]]:
    """What each reader makes of every id: a row for each."""
    size = program.domains[name].size
    for statement in program.statements:
        match statement:
            case Head():
                keys = program.domains[statement.key].size
                matrix = matrix_of(statement.predicate, keys).astype(np.int64)
                if statement.query == name:
                    yield matrix
                if statement.key == name:
                    yield matrix.T
            case Table():
                shape = [program.domains[n].size for n in statement.inputs]
                table = np.array(statement.table).reshape(shape)
                for axis, read in enumerate(statement.inputs):
                    if read == name:
                        yield np.moveaxis(table, axis, 0).reshape(size, -1)
    for term in program.readout.terms:
        if term.variable == name:
            yield np.array(term.weights, dtype=np.int64)


def _renumbered(
    statement: Statement,
    program: Program,
    name: str,
    copies: list[str],
    new_of: list[int],
    examples: list[int],
) -> Statement:
    domains = dict(program.domains)
    for copy in copies:
        statement = read_instead(statement, copy, copy, examples, domains)
        domains[copy] = Domain.of_classes(len(examples))  # one table may read several
    if statement.output == name and isinstance(statement, Table):
        table = tuple(new_of[entry] for entry in statement.table)
        domain = Domain.of_classes(len(examples))
        statement = replace(statement, table=table, domain=domain)
    return statement
