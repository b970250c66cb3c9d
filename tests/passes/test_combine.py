from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from hypothesis import given, strategies as st

from strategies import programs_with_inputs
from transformer_programs.passes.combine import combined
from transformer_programs.program.check import check
from transformer_programs.program.encode import encode_batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program


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
    assert len(together.statements) == len(parts) * len(program.statements)
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
