"""Random programs mean the same in every implementation: the heart of the package."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from loaded import load_file
from naive import naive_labels, naive_trace
from strategies import awkward_tokens, programs, programs_with_inputs
from transformer_programs.codegen.python import emit_python
from transformer_programs.errors import InputError
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Program
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.runs.agreement import HardenedPredictor
from transformer_programs.verify.certificate import certify
from transformer_programs.verify.inputs import choose_inputs
from transformer_programs.verify.predictors import LABEL

Case = tuple[Program, list[tuple[str, ...]]]


@settings(max_examples=150)
@given(programs_with_inputs() | programs_with_inputs(characters=True))
def test_interpreter_means_what_the_definition_says(case: Case) -> None:
    program, inputs = case
    interpreter = Interpreter(program)
    assert interpreter.labels(inputs) == [naive_labels(program, i) for i in inputs]
    traced = interpreter.trace(encode_batch(program.input, inputs))
    for row, tokens in enumerate(inputs):
        for name, column in naive_trace(program, tokens).items():
            assert traced[name][row, : len(column)].tolist() == column, name


@settings(max_examples=100)
@given(
    programs_with_inputs(awkward_tokens)
    | programs_with_inputs(awkward_tokens, characters=True)
)
def test_emitted_file_means_what_the_definition_says(case: Case) -> None:
    program, inputs = case
    file = load_file(emit_python(program))
    for tokens in inputs:
        assert file["run"](tokens) == naive_labels(program, tokens)
        traced = file["trace"](tokens)
        for name, column in naive_trace(program, tokens).items():
            values = [program.domains[name].value(index) for index in column]
            assert traced[name] == values, name


@settings(max_examples=100)
@given(programs_with_inputs() | programs_with_inputs(characters=True))
def test_compiled_model_means_what_the_definition_says(case: Case) -> None:
    program, inputs = case
    predictor = HardenedPredictor(HardenedModel(program))
    values = predictor.values(encode_batch(program.input, inputs))
    for row, tokens in enumerate(inputs):
        for name, column in naive_trace(program, tokens).items():
            assert values[name][row, : len(column)].tolist() == column, name
        labels = np.atleast_1d(values[LABEL][row])
        expected = naive_labels(program, tokens)
        if program.tagging:
            start = program.input.offset
            labels = labels[start : start + len(tokens)]
        else:
            expected = [expected]
        assert [program.readout.labels[i] for i in labels] == expected


@settings(max_examples=100)
@given(
    programs(awkward_tokens, max_statements=2)
    | programs(awkward_tokens, max_statements=2, characters=True),
    st.data(),
)
def test_program_and_file_refuse_the_same_inputs(
    program: Program, data: st.DataObject
) -> None:
    form = program.input
    some = st.sampled_from([*form.vocabulary.tokens, "never seen before", "A1"])
    tokens = tuple(data.draw(st.lists(some, max_size=form.max_length + 1)))
    file = load_file(emit_python(program))
    try:
        expected = Interpreter(program)(tokens)
    except InputError:
        with pytest.raises(ValueError, match=r"unknown token|too long|empty sequence"):
            file["run"](tokens)
    else:
        assert file["run"](tokens) == expected


@settings(max_examples=25)
@given(programs(max_statements=4) | programs(max_statements=4, characters=True))
def test_certificates_of_random_programs_hold(program: Program) -> None:
    model = HardenedModel(program)
    assert model.program == program
    inputs = choose_inputs(program.input, (), seed=0).size
    certificate = certify(
        program, emit_python(program), [HardenedPredictor(model)], (), full=inputs < 300
    )
    assert all(c.differences == 0 and c.inputs > 0 for c in certificate.comparisons)
