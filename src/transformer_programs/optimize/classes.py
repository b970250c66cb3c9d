"""Classes that no reader tells apart become one; those that do not occur go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.reached import Reached
from transformer_programs.optimize.statements import (
    cells_of,
    is_head,
    read_instead,
    with_outputs,
)
from transformer_programs.program import Domain, Kind, Program, Statement


def merge_classes(program: Program, reached: Reached) -> Program:
    """Return the same program with smaller domains of classes."""
    for statement in program.statements:
        name = statement.output
        is_class = program.domains[name].kind is Kind.CLASS
        if is_class and not is_head(statement) and name in reached.values:
            program = _with_fewer(program, name, reached.values[name].tolist())
    return program


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
    # The variable, and those that heads copy from it.
    copies = [name]
    for statement in program.statements:
        if statement.copied in copies:
            copies.append(statement.output)
    return copies


def _views(program: Program, name: str) -> Iterator[NDArray[np.int64]]:
    # What each reader makes of every id: (ids, whatever else it reads).
    size = program.domains[name].size
    for statement in program.statements:
        if name not in statement.listed:
            continue
        cells = cells_of(statement, program.domains).astype(np.int64)
        for axis, read in enumerate(statement.listed):
            if read == name:
                yield np.moveaxis(cells, axis, 0).reshape(size, -1)
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
    if statement.output == name:
        return with_outputs(statement, new_of, Domain.of_classes(len(examples)))
    return statement
