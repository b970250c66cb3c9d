"""How two programs differ as they are written: statements, cells, weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

from transformer_programs.analysis.tables import literal
from transformer_programs.language import Domain, Program, Statement, Term, Value

SHOWN = 3
"""Cells of a change that are shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference of two programs.

    Attributes:
        place: The variable that a statement writes; or ``input`` or ``readout``.
        text: What differs, in words: first the one, then the other.
    """

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


Key = tuple[Value, ...] | str

_Cells = dict[Key, Any]
"""What is listed for values, for combinations of them, or under a name."""


def changes(first: Program, second: Program) -> tuple[Change, ...]:
    """Return how two programs differ, in the order in which they are written.

    Statements are the same if they write the same variable; what they list is compared
    value by value. Programs without changes have equal variables and labels.
    """
    return tuple(_changes(first, second))


def _changes(first: Program, second: Program) -> Iterator[Change]:
    for field in fields(first.input):
        one, two = (getattr(p.input, field.name) for p in (first, second))
        if one != two:
            yield Change("input", f"{field.name}: {_brief(one)} -> {_brief(two)}")
    statements = {s.output: s for s in second.statements}
    for statement in first.statements:
        other = statements.pop(statement.output, None)
        if other is None:
            yield Change(statement.output, "only the first program computes it")
        else:
            found = [*_of_statements(statement, other, first, second)]
            yield from (Change(statement.output, text) for text in found)
    for output in statements:
        yield Change(output, "only the second program computes it")
    for text in _of_readouts(first, second):
        yield Change("readout", text)


def _of_statements(
    one: Statement, two: Statement, first: Program, second: Program
) -> Iterator[str]:
    if type(one) is not type(two):
        yield f"{type(one).__name__} -> {type(two).__name__}"
        return
    for field in fields(one):
        before, after = getattr(one, field.name), getattr(two, field.name)
        if before == after or field.name in _LISTED:
            continue
        yield f"{field.name}: {_brief(before)} -> {_brief(after)}"
    written = [p.domains[one.output] for p in (first, second)]
    if written[0] != written[1] and one.copied is None:
        yield f"values: {_values(written[0])} -> {_values(written[1])}"
    if one.listed == two.listed:
        what = "weight" if hasattr(one, "terms") else "cell"
        yield from _of_cells(_listed(one, first), _listed(two, second), what)


def _values(domain: Domain) -> str:
    if domain.tokens:
        return _brief(domain.tokens)
    return f"{domain.kind} 0..{domain.bound}"


_LISTED = {"predicate", "table", "terms", "domain"}


def _listed(statement: Statement, program: Program) -> _Cells:
    # The cells of a table by values, or whether pairs match.
    domains = [program.domains[name] for name in statement.listed]
    found: _Cells = {}
    if hasattr(statement, "predicate"):
        query, key = domains
        for q, row in zip(query.values, statement.predicate, strict=True):
            found |= {(q, key.value(k)): "matches" for k in row}
    elif hasattr(statement, "table"):
        output = program.domains[statement.output]
        rows = product(*(domain.values for domain in domains))
        found = {
            row: output.value(entry)
            for row, entry in zip(rows, statement.table, strict=True)
        }
    elif hasattr(statement, "terms"):
        values = program.domains[statement.output].values
        found = _weights_of(statement.terms, values, program)
    return found


def _of_cells(one: _Cells, two: _Cells, what: str = "cell") -> Iterator[str]:
    every = {**one, **two}
    differ = [key for key in every if one.get(key) != two.get(key)]
    if not differ:
        return
    some = "; ".join(_cell(key, one, two) for key in differ[:SHOWN])
    more = "; ..." if len(differ) > SHOWN else ""
    verb = (
        f"1 {what} differs" if len(differ) == 1 else f"{len(differ):,} {what}s differ"
    )
    yield f"{verb}: {some}{more}"


def _cell(key: Key, one: _Cells, two: _Cells) -> str:
    said = " -> ".join(
        "nothing" if key not in cells else _brief(cells[key]) for cells in (one, two)
    )
    return f"{key if isinstance(key, str) else ', '.join(map(literal, key))}: {said}"


def _of_readouts(first: Program, second: Program) -> Iterator[str]:
    one, two = first.readout, second.readout
    for name in ("labels", "pooling"):
        before, after = getattr(one, name), getattr(two, name)
        if before != after:
            yield f"{name}: {_brief(before)} -> {_brief(after)}"
    yield from _of_cells(_rows(first), _rows(second), "weight")


def _rows(program: Program) -> _Cells:
    return _weights_of(program.readout.terms, program.readout.labels, program)


def _weights_of(
    terms: Sequence[Term], labels: Sequence[Value], program: Program
) -> _Cells:
    found: _Cells = {}
    for term in terms:
        domain = program.domains[term.variable]
        numbers, values = [f"each {term.variable}"], domain.values
        named = [f"{term.variable} = {literal(value)}" for value in values]
        rows = numbers if domain.numerical else named
        found |= _weights(rows, term, labels)
    return found


def _weights(rows: Sequence[str], term: Term, labels: Sequence[Value]) -> _Cells:
    return {
        f"{row} for {literal(label)}": weight
        for row, weights in zip(rows, term.weights, strict=True)
        for label, weight in zip(labels, weights, strict=True)
        if weight
    }


def _brief(value: Any) -> str:
    match value:
        case str() | int():
            text = literal(value)
        case tuple() if all(isinstance(x, str) for x in value):
            text = ", ".join(map(literal, value))
        case _:
            text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
