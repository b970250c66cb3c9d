"""Single choices of a program, their alternatives, and what a statement then writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import (
    Array,
    Program,
    Scope,
    Statement,
    joint_ids,
    output_domain,
    prepare,
)
from transformer_programs.optimize.statements import Mask, is_head, with_statement

Chosen = int | tuple[int, ...] | str
"""The value in a cell, the keys that a query matches, a variable, or a scope."""

Kind = TypeVar("Kind", bound=np.generic)

_LISTED = ("table", "predicate", "inputs")
"""Fields of which one entry is chosen."""

_FIELDS = (*_LISTED, "query", "key", "value", "scope")

_QUERY = "?"
"""A variable that no program has: what stands in for the query of a head."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A single choice inside a statement.

    Attributes:
        statement: Index of the statement in the program.
        field: Name of the field that is chosen.
        entry: The cell of a table, the id of a query, or which input; else 0.
    """

    statement: int
    field: str
    entry: int = 0


def choices(program: Program) -> Iterator[Choice]:
    """List every single choice, except for classes of words, which can be very many."""
    for index, statement in enumerate(program.statements):
        names = {field.name for field in fields(statement)}
        for field in _FIELDS if not statement.of_tokens else ():
            if field in names:
                entries = len(getattr(statement, field)) if field in _LISTED else 1
                yield from (Choice(index, field, entry) for entry in range(entries))


def alternatives(program: Program, choice: Choice) -> list[Chosen]:
    """List what could be chosen instead, the domains of all variables staying the same.

    Another value of a cell; one key alone, one more or one less; another variable with
    as many values; a scope that the program has elsewhere.
    """
    statement, domains = program.statements[choice.statement], program.domains
    now = _now(statement, choice)
    found: list[Chosen]
    match choice.field:
        case "table":
            found = [*range(domains[statement.output].size)]
        case "predicate":
            keys = range(domains[statement.listed[1]].size)
            one_off = (tuple(sorted({*now} ^ {key})) for key in keys)
            found = [*dict.fromkeys([*((key,) for key in keys), *one_off])]
        case "scope":
            found = [*dict.fromkeys(str(head.scope) for head in program.heads)]
        case _:
            later = {s.output for s in program.statements[choice.statement :]}
            same = (n for n in domains if domains[n].size == domains[now].size)
            found = [name for name in same if name not in later]
    fits = choice.field in ("table", "predicate")
    return [v for v in found if v != now and (fits or _fits(program, choice, v))]


def _fits(program: Program, choice: Choice, value: Chosen) -> bool:
    # What is summed is a number, no number is copied, and the output's domain stays.
    domains = program.domains
    new = _with(program.statements[choice.statement], choice, value)
    if is_head(new) and new.sums != domains[new.value].numerical:
        return False
    written = output_domain(new, domains, program.input.max_length)
    return written == domains[new.output]


def chosen(program: Program, choice: Choice, value: Chosen) -> Program:
    """Return the program with another choice."""
    statement = program.statements[choice.statement]
    return with_statement(program, _with(statement, choice, value))


def _now(statement: Statement, choice: Choice) -> Any:
    value = getattr(statement, choice.field)
    return value[choice.entry] if choice.field in _LISTED else value


def _with(statement: Statement, choice: Choice, value: Chosen) -> Statement:
    new: Any = value
    if choice.field in _LISTED:
        rows = getattr(statement, choice.field)
        new = (*rows[: choice.entry], value, *rows[choice.entry + 1 :])
    elif choice.field == "scope":
        new = Scope(str(value))
    return replace(statement, **{choice.field: new})


def used(program: Program, choice: Choice, variables: Mapping[str, Array]) -> Mask:
    """Return where what is chosen decides: (length, sequences)."""
    statement = program.statements[choice.statement]
    match choice.field:
        case "table":
            arrays = [variables[name] for name in statement.inputs]
            sizes = [program.domains[name].size for name in statement.inputs]
            return np.asarray(joint_ids(arrays, sizes) == choice.entry)
        case "predicate":
            return np.asarray(variables[statement.listed[0]] == choice.entry)
    return np.ones(variables[statement.output].shape, np.bool_)


def written(
    program: Program,
    choice: Choice,
    values: Sequence[Chosen],
    variables: Mapping[str, Array],
    real: Mask,
) -> Array:
    """Compute what the statement writes with each of some choices.

    Args:
        program: The program.
        choice: What is chosen.
        values: What may be chosen.
        variables: (length, sequences) ids of the variables read, of those that may be
            read instead, and of the output as it is now.
        real: (length, sequences) which positions are not padding.

    Returns:
        (length, values, sequences) ids.
    """
    statement = program.statements[choice.statement]
    now = variables[statement.output]
    where = used(program, choice, variables)[:, None]
    shape = (len(now), len(values), now.shape[1])
    if choice.field == "table":
        return np.where(where, np.array(values, now.dtype)[:, None], now[:, None])
    if choice.field != "predicate" or not is_head(statement):
        out = np.empty(shape, now.dtype)
        for index, value in enumerate(values):
            step = prepare(_with(statement, choice, value), program)
            out[:, index] = step(variables, real)
        return out

    def repeated(array: NDArray[Kind]) -> NDArray[Kind]:
        # (length, sequences) -> (length, values * sequences)
        return np.broadcast_to(array[:, None], shape).reshape(shape[0], -1)

    # All sets of keys in one step: each is that of a query of its own.
    first = len(statement.predicate)
    queries = np.arange(first, first + len(values))[:, None]
    asked = np.where(where, queries, variables[statement.query][:, None])
    asked = asked.astype(np.min_scalar_type(first + len(values)))
    rows = (*statement.predicate, *(v for v in values if isinstance(v, tuple)))
    step = prepare(replace(statement, query=_QUERY, predicate=rows), program)
    arrays = {n: repeated(variables[n]) for n in (statement.key, statement.value)}
    arrays[_QUERY] = asked.reshape(shape[0], -1)
    return step(arrays, repeated(real)).reshape(shape)
