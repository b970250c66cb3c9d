"""Whatever way is chosen to write a table, it says what the table says."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given, strategies as st

from strategies import awkward_tokens
from transformer_programs.codegen.layout import Piece, one_line
from transformer_programs.codegen.tables import (
    Axis,
    one_input,
    predicate_cases,
    two_inputs,
)
from transformer_programs.language.primitives import step
from transformer_programs.language.types import Domain, Kind


def value(piece: Piece) -> Any:
    text = one_line(piece)
    return set() if text == "set()" else eval(text, {"set": set})


def take(axis: Axis, index: str | int) -> Any:
    rows = value(axis.rows)
    if axis.stepped:
        return step(rows, index)
    if axis.otherwise is None:
        return rows[index]
    return rows.get(index, value(axis.otherwise))


def domains(minimum: int = 1) -> st.SearchStrategy[Domain]:
    sizes = st.integers(minimum, 8)
    tokens = st.lists(awkward_tokens, min_size=minimum, max_size=6, unique=True)
    return (
        tokens.map(Domain.of_tokens)
        | sizes.map(Domain.of_positions)
        | sizes.map(Domain.of_classes)
        | sizes.map(Domain.of_numbers)
    )


def entries(count: int, target: Domain) -> st.SearchStrategy[list[int]]:
    few = st.integers(0, min(target.bound, 1)) | st.integers(0, target.bound)
    return st.lists(few, min_size=count, max_size=count)


@given(domains(), domains(), st.data())
def test_one_input(source: Domain, target: Domain, data: st.DataObject) -> None:
    table = data.draw(entries(source.size, target))
    axis = one_input(table, source, target)
    found = [take(axis, x) for x in source.values]
    assert found == [target.value(entry) for entry in table]


@given(domains(), domains(), domains(), st.data())
def test_two_inputs(
    first: Domain, second: Domain, target: Domain, data: st.DataObject
) -> None:
    table = data.draw(entries(first.size * second.size, target))
    grid = two_inputs(table, first, second, target)
    found = []
    for a in first.values:
        for b in second.values:
            by, within = (b, a) if grid.swapped else (a, b)
            row = take(grid.axis, by)
            if grid.stepped:
                found.append(step(row, within))
            elif grid.default is None:
                found.append(row[within])
            else:
                found.append(row.get(within, ast.literal_eval(grid.default)))
    assert found == [target.value(entry) for entry in table]


@given(domains(), domains(), st.data())
def test_predicates(query: Domain, key: Domain, data: st.DataObject) -> None:
    row = st.sets(st.integers(0, key.bound)).map(sorted).map(tuple)
    rows = st.lists(row, min_size=query.size, max_size=query.size).map(tuple)
    predicate = data.draw(rows)
    cases = predicate_cases(predicate, query, key)
    for q, matching in zip(query.values, predicate, strict=True):
        assert take(cases, q) == {key.value(k) for k in matching}


def test_ordered_inputs_are_written_as_steps() -> None:
    table = [0] * 40 + [1] * 30 + [0] * 30
    axis = one_input(table, Domain.of_numbers(99), Domain.of_classes(2))
    assert axis.stepped
    assert one_line(axis.rows) == "{0: 0, 40: 1, 70: 0}"


def test_the_input_with_fewer_values_goes_into_the_rows() -> None:
    few, many = Domain.of_tokens("abc"), Domain.of_classes(50)
    table = [(i * i) % 7 for i in range(150)]
    assert two_inputs(table, few, many, Domain.of_classes(7)).swapped
    assert not two_inputs(table, many, few, Domain.of_classes(7)).swapped


def test_unordered_inputs_are_not() -> None:
    axis = one_input([0] * 6 + [1] * 6, Domain.of_classes(12), Domain.of_classes(2))
    assert not axis.stepped


def test_the_most_common_result_is_left_out() -> None:
    axis = one_input([2, 2, 0, 2], Domain.of_tokens("abcd"), Domain.of_classes(3))
    assert not axis.stepped
    assert (one_line(axis.rows), axis.otherwise) == ('{"c": 0}', "2")


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.POSITION])
def test_a_large_table_of_thresholds_is_short(kind: Kind) -> None:
    size = 60
    domain = Domain(kind, size)
    table = [int(a > b) for a in range(size) for b in range(size)]
    grid = two_inputs(
        [t * (i < 1800) for i, t in enumerate(table)],
        domain,
        domain,
        Domain.of_classes(2),
    )
    assert grid.stepped
    assert len(one_line(grid.axis.rows)) < 60 * 25
