"""What readers say of a variable, said of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from transformer_programs.program import (
    Domain,
    Head,
    Program,
    Statement,
    Table,
    Term,
)


def read_instead(
    statement: Statement,
    old: str,
    new: str,
    table: Sequence[int],
    domains: Mapping[str, Domain],
) -> Statement:
    """The statement, reading a variable that determines the one that it reads.

    What a head copies or sums is left as it is.

    Args:
        statement: what reads.
        old: the variable read.
        new: the one to be read.
        table: the old one's id for every id of the new one.
        domains: of all variables.
    """
    match statement:
        case Head():
            predicate = statement.predicate
            query, key = statement.query, statement.key
            if key == old:
                wanted = [set(row) for row in predicate]
                predicate = tuple(
                    tuple(i for i, was in enumerate(table) if was in row)
                    for row in wanted
                )
                key = new
            if query == old:
                predicate = tuple(predicate[was] for was in table)
                query = new
            return replace(statement, query=query, key=key, predicate=predicate)
        case Table() if old in statement.inputs:
            sizes = [domains[name].size for name in statement.inputs]
            cells = np.array(statement.table).reshape(sizes)
            for axis, name in enumerate(statement.inputs):
                if name == old:
                    cells = cells.take(np.array(table), axis=axis)
            inputs = tuple(new if n == old else n for n in statement.inputs)
            if len(inputs) == 2 and inputs[0] == inputs[1]:
                inputs, cells = inputs[:1], np.diagonal(cells)
            return replace(
                statement, inputs=inputs, table=tuple(cells.ravel().tolist())
            )
    return statement


def rows_of(
    term: Term, domain: Domain
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """What every value of the term's variable adds to the scores."""
    weights = np.array(term.weights, dtype=np.int64)
    return np.arange(domain.size)[:, None] * weights if domain.numerical else weights


def with_statement(program: Program, statement: Statement) -> Program:
    """The program, its statement of that output replaced."""
    return replace(
        program,
        statements=tuple(
            statement if s.output == statement.output else s for s in program.statements
        ),
    )
