"""Tokens that a program does not tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np

from transformer_programs.program import (
    TOKENS,
    Head,
    Program,
    Statement,
    Table,
)

Column = list[Hashable]
"""What one place of a program says of every token; equal where it treats them alike."""


def alike(program: Program) -> list[tuple[int, ...]]:
    """The ids of tokens in groups; no statement or weight tells those of one apart.

    If one token of a sequence is replaced by another of its group, then no variable
    changes, but for ``tokens`` and its copies, and no score.

    Args:
        program: a valid program.
    """
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    columns = _columns(program)
    for index, said in enumerate(zip(*columns, strict=True)):
        groups.setdefault(said, []).append(index)
    size = len(program.input.vocabulary)
    return [tuple(group) for group in groups.values()] or [tuple(range(size))]


def _columns(program: Program) -> Iterator[Column]:
    copies = {TOKENS}
    for statement in program.statements:
        yield from _of_statement(statement, copies, program)
        if (
            isinstance(statement, Head)
            and not statement.sums
            and statement.value in copies
        ):
            copies.add(statement.output)
    for term in program.readout.terms:
        if term.variable in copies:
            yield list(term.weights)


def _of_statement(
    statement: Statement, copies: set[str], program: Program
) -> Iterator[Column]:
    match statement:
        case Table():
            sizes = [program.domains[name].size for name in statement.inputs]
            cells = np.array(statement.table).reshape(sizes)
            for axis, name in enumerate(statement.inputs):
                if name in copies:
                    yield [row.tobytes() for row in np.moveaxis(cells, axis, 0)]
        case Head():
            if statement.query in copies:
                yield list(statement.predicate)
            if statement.key in copies:
                queries: list[list[int]] = [[] for _ in program.input.vocabulary.tokens]
                for query, row in enumerate(statement.predicate):
                    for key in row:
                        queries[key].append(query)
                yield [tuple(found) for found in queries]
