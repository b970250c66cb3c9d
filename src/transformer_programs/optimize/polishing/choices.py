"""What may be chosen in a program, one choice at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.statements import (
    is_head,
    is_table_over,
    predicate_of_head,
    values_read,
    with_query,
)
from transformer_programs.program import (
    TOKENS,
    Array,
    Program,
    Scope,
    Statement,
    joint_ids,
    output_domain,
    prepare,
)

Chosen = int | tuple[int, ...] | str
"""The value in a cell, the keys that a query matches, a variable, or a scope."""

Kind = TypeVar("Kind", bound=np.generic)

_QUERY = "?"
"""A variable that no program has: what stands in for the query of a head."""


class Part(StrEnum):
    """What is chosen, by the name of the field."""

    TABLE = "table"
    PREDICATE = "predicate"
    INPUTS = "inputs"
    QUERY = "query"
    KEY = "key"
    VALUE = "value"
    SCOPE = "scope"


_LISTED = (Part.TABLE, Part.PREDICATE, Part.INPUTS)
"""Parts of which one entry is chosen."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A single choice inside a statement.

    Attributes:
        statement: which statement of the program it is in.
        part: what is chosen.
        entry: the cell of a table, the id of a query, or which input; else 0.
    """

    statement: int
    part: Part
    entry: int = 0


def choices(program: Program) -> Iterator[Choice]:
    """Every single choice, but the classes of words: there can be very many."""
    for index, statement in enumerate(program.statements):
        if not is_table_over(statement, TOKENS):
            for part in _parts(statement):
                entries = len(getattr(statement, part)) if part in _LISTED else 1
                yield from (Choice(index, part, entry) for entry in range(entries))


def _parts(statement: Statement) -> list[Part]:
    names = {field.name for field in fields(statement)}
    return [part for part in Part if part in names]


def alternatives(program: Program, choice: Choice) -> list[Chosen]:
    """What could be chosen instead, the domains of all variables staying the same.

    Another value of a cell; one key alone, one more or one less; another variable with
    as many values; a scope that the program has elsewhere.
    """
    statement = program.statements[choice.statement]
    now = _now(statement, choice)
    found: list[Chosen]
    if choice.part is Part.TABLE:
        found = [*range(program.domains[statement.output].size)]
    elif choice.part is Part.PREDICATE:
        _, key = statement.listed
        found = _key_sets(now, program.domains[key].size)
    else:
        found = [*_fitting(program, choice, now)]
    return [value for value in found if value != now]


def _key_sets(keys: tuple[int, ...], size: int) -> list[Chosen]:
    single = [(key,) for key in range(size)]
    one_off = [tuple(sorted({*keys} ^ {key})) for key in range(size)]
    return [*dict.fromkeys([*single, *one_off])]


def _fitting(program: Program, choice: Choice, now: Any) -> Iterator[str]:
    """Scopes or variables that fit in the place of one."""
    statement, domains = program.statements[choice.statement], program.domains
    if choice.part is Part.SCOPE:
        heads = [s for s in program.statements if is_head(s)]
        names = [*dict.fromkeys(str(_now(head, choice)) for head in heads)]
    else:
        later = {s.output for s in program.statements[choice.statement :]}
        size = domains[now].size
        names = [n for n in domains if n not in later and domains[n].size == size]
    for name in names:
        new = _with(statement, choice, name)
        # What is summed is a number, and no number is copied.
        value = values_read(new)
        copies = new.copied is not None
        if value is not None and copies == domains[value].numerical:
            continue
        length = program.input.max_length
        if output_domain(new, domains, length) == domains[new.output]:
            yield name


def chosen(program: Program, choice: Choice, value: Chosen) -> Program:
    """The program with another choice."""
    statements = list(program.statements)
    statements[choice.statement] = _with(statements[choice.statement], choice, value)
    return replace(program, statements=tuple(statements))


def _now(statement: Statement, choice: Choice) -> Any:
    value = getattr(statement, choice.part)
    return value[choice.entry] if choice.part in _LISTED else value


def _with(statement: Statement, choice: Choice, value: Chosen) -> Statement:
    part, entry = choice.part, choice.entry
    new: Any = value
    if part in _LISTED:
        rows = getattr(statement, part)
        new = (*rows[:entry], value, *rows[entry + 1 :])
    elif part is Part.SCOPE:
        new = Scope(str(value))
    return replace(statement, **{str(part): new})


def needed(program: Program, choice: Choice, values: Sequence[Chosen]) -> set[str]:
    """The variables that ``written`` reads."""
    statement = program.statements[choice.statement]
    names = {*statement.inputs, statement.output}
    if choice.part in (Part.INPUTS, Part.QUERY, Part.KEY, Part.VALUE):
        names |= {value for value in values if isinstance(value, str)}
    return names


def used(
    program: Program, choice: Choice, variables: Mapping[str, Array]
) -> NDArray[np.bool_]:
    """Where what is chosen decides: (length, sequences)."""
    statement = program.statements[choice.statement]
    if choice.part is Part.TABLE:
        arrays = [variables[name] for name in statement.inputs]
        sizes = [program.domains[name].size for name in statement.inputs]
        return np.asarray(joint_ids(arrays, sizes) == choice.entry)
    if choice.part is Part.PREDICATE:
        query, _ = statement.listed
        return np.asarray(variables[query] == choice.entry)
    return np.ones(variables[statement.output].shape, np.bool_)


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
        variables: (length, sequences) those that are ``needed``, as they are now.
        real: (length, sequences) which positions are not padding.
    """
    statement = program.statements[choice.statement]
    now = variables[statement.output]
    if choice.part is Part.TABLE:
        where = used(program, choice, variables)[:, None]
        return np.where(where, np.array(values, now.dtype)[:, None], now[:, None])
    if choice.part is Part.PREDICATE:
        return _with_keys(program, choice, values, variables, real)
    out = np.empty((len(now), len(values), now.shape[1]), now.dtype)
    for index, value in enumerate(values):
        step = prepare(_with(statement, choice, value), program)
        out[:, index] = step(variables, real)
    return out


def _with_keys(
    program: Program,
    choice: Choice,
    values: Sequence[Chosen],
    variables: Mapping[str, Array],
    real: NDArray[np.bool_],
) -> Array:
    """Of a head, for sets of keys: each is that of a query of its own, in one step."""
    statement = program.statements[choice.statement]
    now, rows = variables[statement.output], predicate_of_head(statement)
    query, key = statement.listed
    first = len(rows)
    queries = np.arange(first, first + len(values))
    where = used(program, choice, variables)[:, None]
    asked = np.where(where, queries[:, None], variables[query][:, None])
    shape = (len(now), len(values), now.shape[1])

    def repeated(array: NDArray[Kind]) -> NDArray[Kind]:
        # (length, sequences) -> (length, values * sequences)
        return np.broadcast_to(array[:, None], shape).reshape(shape[0], -1)

    rows = (*rows, *(v for v in values if isinstance(v, tuple)))
    step = prepare(with_query(statement, _QUERY, rows), program)
    read = (key, values_read(statement))
    arrays = {n: repeated(variables[n]) for n in read if n is not None}
    dtype = np.min_scalar_type(first + len(values))
    arrays[_QUERY] = asked.astype(dtype).reshape(shape[0], -1)
    out: Array = step(arrays, repeated(real)).reshape(shape)
    return out
