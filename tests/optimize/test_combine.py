from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from hypothesis import given, strategies as st

from statements import embedding
from strategies import programs_with_inputs
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Head,
    Program,
    Readout,
    Scope,
    Term,
)
from transformer_programs.language.rules import check
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.combine import combined


def varied(program: Program, factor: int) -> Program:
    """The same statements with other weights, so that labels differ."""
    terms = tuple(
        dataclasses.replace(
            term,
            weights=tuple(tuple(factor * w for w in row[::-1]) for row in term.weights),
        )
        for term in program.readout.terms
    )
    return dataclasses.replace(
        program, readout=dataclasses.replace(program.readout, terms=terms)
    )


def scores(program: Program, inputs: Sequence[Sequence[str]]) -> list[int]:
    found = Interpreter(program).scores(encode_batch(program.input, inputs))
    return np.asarray(found).ravel().tolist()


@given(programs_with_inputs(), st.lists(st.integers(-2, 3), max_size=3))
def test_scores_are_sums(
    found: tuple[Program, list[tuple[str, ...]]], factors: list[int]
) -> None:
    program, inputs = found
    parts = [program, *(varied(program, factor) for factor in factors)]
    together = combined(parts)
    check(together)
    # What every part computes in the same way is there once.
    assert len(together.statements) == len(program.statements)
    for tokens in inputs:
        one = [scores(part, [tokens]) for part in parts]
        assert scores(together, [tokens]) == [
            sum(each) for each in zip(*one, strict=True)
        ]


@given(programs_with_inputs())
def test_one_program_stays_as_it_is(
    found: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, _ = found
    assert combined([program]) == program


def test_what_differs_gets_a_name_of_its_own() -> None:
    form = InputFormat(Vocabulary(("a", "b", "c")), 4)
    everything = ((0, 1), (0, 1))

    def part(*table: int) -> Program:
        statements = (
            embedding("class", table, Domain.of_classes(2)),
            Head("last", ONES, ONES, TOKENS, everything, Scope.BEFORE),
            Head("before", ONES, ONES, "class", everything, Scope.BEFORE),
        )
        terms = (Term("before", ((0, 1), (2, 0))), Term("last", ((1, 0),) * 3))
        return Program("part", form, statements, Readout(("x", "y"), terms))

    first, second = part(0, 1, 1), part(1, 0, 1)
    together = combined([first, second])
    names = [statement.output for statement in together.statements]
    assert names == ["class", "last", "before", "class_b", "before_b"]
    assert [term.variable for term in together.readout.terms] == [
        "before",
        "last",
        "before_b",
    ]
    for tokens in (["a"], ["a", "b", "c"], ["c", "b", "a", "a"]):
        one = [scores(part, [tokens]) for part in (first, second)]
        assert scores(together, [tokens]) == [
            sum(each) for each in zip(*one, strict=True)
        ]
