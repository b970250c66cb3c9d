from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from naive import naive_trace
from strategies import programs_with_inputs
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Pooling,
    Program,
    Readout,
    Term,
    score_bound,
)
from transformer_programs.language.steps import joint_ids
from transformer_programs.language.types import InputFormat, Vocabulary

FORM = InputFormat(Vocabulary(("a", "b")), max_length=4)


def program(*terms: Term, pooling: Pooling = Pooling.NONE) -> Program:
    return Program("scores", FORM, (), Readout(("x", "y"), terms, pooling))


def bound_of(program: Program) -> int:
    return score_bound(program.readout, program.domains, program.input.max_length)


def test_scores_add_up() -> None:
    terms = (Term(TOKENS, ((1, 2), (3, 4))), Term(ONES, ((10, 20),)))
    batch = encode_batch(FORM, [["a", "b"], ["b"]])
    scores = Interpreter(program(*terms)).scores(batch)
    assert scores.shape == (2, 2, 2)
    assert scores[0].tolist() == [[11, 22], [13, 24]]
    assert scores[1, 0].tolist() == [13, 24]


def test_pooling() -> None:
    terms = (Term(TOKENS, ((1, 2), (3, 4))), Term(ONES, ((10, 20),)))
    batch = encode_batch(FORM, [["a", "b", "b"], ["b"]])
    mean = Interpreter(program(*terms, pooling=Pooling.MEAN))
    assert mean.scores(batch).tolist() == [[37, 70], [13, 24]]
    first = Interpreter(program(*terms, pooling=Pooling.FIRST))
    assert first.scores(batch).tolist() == [[11, 22], [13, 24]]


def test_no_terms_choose_the_first_label() -> None:
    assert Interpreter(program())(["b", "a"]) == ["x", "x"]
    assert Interpreter(program(pooling=Pooling.MEAN))(["b", "a"]) == "x"


@pytest.mark.parametrize(
    ("pooling", "bound"), [(Pooling.NONE, 7), (Pooling.FIRST, 7), (Pooling.MEAN, 28)]
)
def test_bound(pooling: Pooling, bound: int) -> None:
    terms = (Term(TOKENS, ((1, -2), (0, 1))), Term(ONES, ((-5, 5),)))
    assert bound_of(program(*terms, pooling=pooling)) == bound


def test_large_scores_are_exact() -> None:
    huge = (1 << 53) - 7
    terms = (Term(TOKENS, ((huge, huge - 1), (0, 1))), Term(POSITIONS, ((0, 2),) * 4))
    interpreter = Interpreter(program(*terms))
    scores = interpreter.scores(encode_batch(FORM, [["a", "b"]]))
    assert scores.dtype == np.int64
    assert scores[0, 0].tolist() == [huge, huge + 1]
    assert interpreter(["a", "b"]) == ["y", "y"]


def test_sums_beyond_32_bits_are_exact() -> None:
    weight = 2**31 // 4
    terms = (Term(TOKENS, ((weight, 1), (0, 0))),)
    mean = program(*terms, pooling=Pooling.MEAN)
    batch = encode_batch(FORM, [["a"] * 4])
    assert Interpreter(mean).scores(batch).tolist() == [[2**31, 4]]


def test_many_large_tables_are_joined_exactly() -> None:
    form = InputFormat(Vocabulary(tuple(map(str, range(70)))), 90)
    rng = np.random.default_rng(0)
    terms = tuple(
        Term(name, tuple(tuple(row) for row in rng.integers(-9, 9, (rows, 2)).tolist()))
        for name, rows in ((TOKENS, 70), (POSITIONS, 90), (ONES, 1))
    )
    wide = Program("wide", form, (), Readout(("x", "y"), terms))
    tokens = [str(i) for i in rng.integers(0, 70, 90)]
    scores = Interpreter(wide).scores(encode_batch(form, [tokens]))[0]
    for i, token in enumerate(tokens):
        rows = (terms[0].weights[int(token)], terms[1].weights[i], terms[2].weights[0])
        assert scores[i].tolist() == [sum(column) for column in zip(*rows, strict=True)]


def test_joint_ids_run_like_digits() -> None:
    arrays = [np.array([0, 1, 2], np.uint8), np.array([4, 0, 3], np.uint8)]
    assert joint_ids(arrays, (3, 5)).tolist() == [4, 5, 13]
    wide = [np.array([255], np.uint8), np.array([255], np.uint8)]
    assert joint_ids(wide, (256, 256)).tolist() == [256 * 256 - 1]
    assert joint_ids(arrays[:1], (3,)) is arrays[0]


@settings(max_examples=50)
@given(programs_with_inputs())
def test_bound_holds(case: tuple[Program, list[tuple[str, ...]]]) -> None:
    program, inputs = case
    batch = encode_batch(program.input, inputs)
    scores = Interpreter(program).scores(batch)
    if program.tagging:
        real = np.arange(scores.shape[1]) < batch.lengths[:, None]
        scores = scores[real]
    assert np.abs(scores).max(initial=0) <= bound_of(program)
    pooled = replace(program, readout=replace(program.readout, pooling=Pooling.MEAN))
    for row, tokens in zip(Interpreter(pooled).scores(batch), inputs, strict=True):
        values = naive_trace(program, tokens)
        for label in range(len(program.readout.labels)):
            expected = 0
            for term in program.readout.terms:
                numerical = program.domains[term.variable].numerical
                for value in values[term.variable]:
                    weights = term.weights[0 if numerical else value]
                    expected += weights[label] * (value if numerical else 1)
            assert row[label] == expected
