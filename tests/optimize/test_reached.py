from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings

from naive import _matches, naive_trace
from statements import counting
from strategies import programs_with_inputs
from transformer_programs.language import enumerate as enumerate_module
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Decide,
    Head,
    Program,
    Readout,
    Scope,
    Table,
)
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.optimize.reached import reach

ANY = ((0, 1, 2),) * 3
PLACES = ((0,), (1,), (2,))


@pytest.mark.parametrize("limit", [0, 2_000_000])
def test_what_occurs_is_reported(limit: int) -> None:
    @settings(max_examples=60)
    @given(programs_with_inputs() | programs_with_inputs(characters=True))
    def check(case: tuple[Program, list[tuple[str, ...]]]) -> None:
        program, inputs = case
        with patch.object(enumerate_module, "EXHAUSTIVE_LIMIT", limit):
            found = reach(program)
        for tokens in inputs:
            traced = naive_trace(program, tokens)
            for name, values in traced.items():
                if name in found.values:
                    assert {*values} <= {*found.values[name].tolist()}
            for statement in program.statements:
                for first, second in _pairs(statement, traced):
                    if statement.output in found.pairs:
                        assert found.pairs[statement.output][first, second]
                for source, table in found.functions.get(statement.output, ()):
                    values = traced[statement.output]
                    assert [table[i] for i in traced[source]] == values

    check()


def _pairs(statement: object, traced: dict[str, list[int]]) -> set[tuple[int, int]]:
    if isinstance(statement, Decide):
        return set()
    assert isinstance(statement, Head | Table)
    read = statement.listed
    if len(read) < 2:
        return set()
    first, second = (traced[name] for name in read)
    if not isinstance(statement, Head):
        return {*zip(first, second, strict=True)}
    every = tuple(tuple(range(max(second) + 1)) for _ in range(max(first) + 1))
    head = counting("", *read, ONES, every, statement.scope)
    ones = [first, second, first]
    return {
        (first[i], second[j])
        for i in range(len(first))
        for j in _matches(head, ones, i)
    }


def test_exactly_what_occurs() -> None:
    form = InputFormat(Vocabulary(("a", "b", "<s>")), 3, "<s>")
    head = counting("n", POSITIONS, TOKENS, ONES, ANY, Scope.BEFORE)
    found = reach(Program("x", form, (head,), Readout(("x",), ())))
    assert found.values["n"].tolist() == [0, 1, 2]
    assert found.pairs["n"].tolist() == [
        [False, False, False],
        [False, False, True],
        [True, True, True],
    ]
    assert dict(found.functions["n"])[POSITIONS] == (0, 1, 2)


@pytest.mark.parametrize("limit", [0, 2_000_000])
def test_copies_and_twins(limit: int) -> None:
    form = InputFormat(Vocabulary(("a", "b", "c")), 3)
    own = Head("own", POSITIONS, POSITIONS, TOKENS, PLACES)
    one = counting("one", TOKENS, TOKENS, ONES, PLACES)
    two = counting("two", TOKENS, TOKENS, ONES, PLACES)
    program = Program("x", form, (own, one, two), Readout(("x",), ()))
    with patch.object(enumerate_module, "EXHAUSTIVE_LIMIT", limit):
        found = reach(program)
    assert dict(found.functions["own"]) == {TOKENS: (0, 1, 2)}
    assert dict(found.functions["two"])["one"] == (0, 1, 2, 3)
    assert "one" not in found.functions
