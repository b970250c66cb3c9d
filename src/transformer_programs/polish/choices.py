"""What may be chosen in a program, one choice at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.nodes import Attend, Count, Lookup, Program
from transformer_programs.program.scores import joint_ids
from transformer_programs.program.steps import Array, prepare

Chosen = int | tuple[int, ...]
"""The value in a cell, or the keys that a query matches."""

Kind = TypeVar("Kind", bound=np.generic)

Changeable = Attend | Count | Lookup


@dataclass(frozen=True, slots=True)
class Choice:
    """A cell of a table, or the keys of a query.

    Attributes:
        statement: which statement of the program it is in.
        entry: the cell, or the id of the query.
    """

    statement: int
    entry: int


def choices(program: Program) -> Iterator[Choice]:
    """Every single choice, but the classes of words: there can be very many."""
    for index, statement in enumerate(program.statements):
        if isinstance(statement, Lookup):
            entries = len(statement.table)
        elif isinstance(statement, Attend | Count):
            entries = len(statement.predicate)
        else:
            continue
        yield from (Choice(index, entry) for entry in range(entries))


def alternatives(program: Program, choice: Choice) -> list[Chosen]:
    """What could be chosen instead: another value; one key alone, one more or less."""
    statement = _statement(program, choice)
    if isinstance(statement, Lookup):
        now = statement.table[choice.entry]
        return [value for value in range(statement.domain.size) if value != now]
    keys = statement.predicate[choice.entry]
    found: dict[Chosen, None] = {}
    for key in range(program.domains[statement.key].size):
        found[key,] = None
        found[tuple(sorted({*keys} ^ {key}))] = None
    found.pop(keys, None)
    return [*found]


def chosen(program: Program, choice: Choice, value: Chosen) -> Program:
    """The program with another choice."""
    statement, entry = _statement(program, choice), choice.entry
    new: Changeable
    if isinstance(statement, Lookup):
        assert isinstance(value, int)
        table = (*statement.table[:entry], value, *statement.table[entry + 1 :])
        new = replace(statement, table=table)
    else:
        assert isinstance(value, tuple)
        rows = statement.predicate
        new = replace(statement, predicate=(*rows[:entry], value, *rows[entry + 1 :]))
    before, after = (
        program.statements[: choice.statement],
        program.statements[choice.statement + 1 :],
    )
    return replace(program, statements=(*before, new, *after))


def used(
    program: Program, choice: Choice, variables: Mapping[str, Array]
) -> NDArray[np.bool_]:
    """Where what is chosen decides: (length, sequences)."""
    statement = _statement(program, choice)
    if isinstance(statement, Lookup):
        arrays = [variables[name] for name in statement.inputs]
        sizes = [program.domains[name].size for name in statement.inputs]
        return np.asarray(joint_ids(arrays, sizes) == choice.entry)
    return np.asarray(variables[statement.query] == choice.entry)


def written(
    program: Program,
    choice: Choice,
    values: Sequence[Chosen],
    variables: Mapping[str, Array],
    real: NDArray[np.bool_],
) -> Array:
    """What the statement writes with each of some choices: (length, values, sequences).

    Args:
        program: the program.
        choice: what is chosen.
        values: what may be chosen.
        variables: (length, sequences) what the statement reads and writes now.
        real: (length, sequences) which positions are not padding.
    """
    statement = _statement(program, choice)
    where = used(program, choice, variables)[:, None]
    if isinstance(statement, Lookup):
        now = variables[statement.output][:, None]
        return np.where(where, np.array(values, now.dtype)[:, None], now)
    # A query of its own stands for every choice: one step computes all of them.
    first = len(statement.predicate)
    queries = np.arange(first, first + len(values))
    dtype = np.min_scalar_type(first + len(values))
    query = np.where(where, queries[:, None], variables[statement.query][:, None])
    shape = (len(real), len(values), real.shape[1])

    def repeated(array: NDArray[Kind]) -> NDArray[Kind]:
        return np.broadcast_to(array[:, None], shape).reshape(shape[0], -1)

    rows = (*statement.predicate, *(v for v in values if isinstance(v, tuple)))
    step = prepare(replace(statement, query=_QUERY, predicate=rows), program)
    arrays = {n: repeated(variables[n]) for n in (statement.key, statement.value)}
    arrays[_QUERY] = query.astype(dtype).reshape(shape[0], -1)
    out: Array = step(arrays, repeated(real)).reshape(shape)
    return out


_QUERY = "?"
"""A variable that no program has: what stands in for the query of a head."""


def _statement(program: Program, choice: Choice) -> Changeable:
    statement = program.statements[choice.statement]
    assert isinstance(statement, Attend | Count | Lookup)
    return statement
