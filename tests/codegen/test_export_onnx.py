"""Exported models of ONNX mean what the program means."""

from __future__ import annotations

import json
import random
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from golden_programs import BY_NAME, GOLDEN, Golden
from naive import naive_labels, naive_trace
from strategies import awkward_tokens, plain_tokens, programs_with_inputs
from transformer_programs.codegen.export import onnx as exporting
from transformer_programs.codegen.export.onnx import emit_onnx
from transformer_programs.errors import (
    AgreementError,
    SettingsError,
    UnknownTokenWarning,
)
from transformer_programs.language.nodes import (
    POSITIONS,
    TOKENS,
    Program,
    Readout,
    Term,
)
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.runs.run import load
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.verify.exported import compare_export
from transformer_programs.verify.onnx_file import OnnxSession, can_run_onnx

GALLERY = Path(__file__).parents[2] / "gallery"
needs_onnx = pytest.mark.skipif(
    not can_run_onnx(), reason="onnx and onnxruntime are not installed"
)


def started(program: Program) -> OnnxSession:
    return OnnxSession(program, emit_onnx(program))


def check_inputs(program: Program, inputs: list[tuple[str, ...]]) -> None:
    """All in one batch, of mixed lengths."""
    answers = started(program).answers(inputs, tuple(program.domains))
    for tokens, found in zip(inputs, answers, strict=True):
        assert found.get("run") == naive_labels(program, tokens), found
        columns = naive_trace(program, tokens).items()
        for (name, column), traced in zip(columns, found["trace"], strict=True):
            values = [program.domains[name].value(index) for index in column]
            assert traced == values, name
        if "scores" in found:
            (scores,) = Runnable.of(program).scores([tokens])
            assert np.array_equal(found["scores"], scores)


@needs_onnx
@settings(max_examples=60, deadline=None)
@given(
    programs_with_inputs(awkward_tokens)
    | programs_with_inputs(awkward_tokens, characters=True)
)
def test_random_programs_mean_the_same(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    check_inputs(*case)


@needs_onnx
@settings(max_examples=40, deadline=None)
@given(programs_with_inputs(plain_tokens))
def test_random_programs_mean_the_same_at_any_length(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = Runnable.of(case[0]), case[1]
    assume(program.length_free)
    longer = [(tokens * program.input.max_length)[:24] for tokens in inputs]
    check_longer(program, started(program.data), [*longer, *inputs])


def check_longer(
    program: Runnable, session: OnnxSession, inputs: list[tuple[str, ...]]
) -> None:
    names = tuple(program.data.domains)
    expected = program.batch(inputs, any_length=True)
    for tokens, labels, found in zip(
        inputs, expected, session.answers(inputs, names), strict=True
    ):
        known = {labels} if isinstance(labels, str) else {*labels}
        if known - {*program.data.readout.labels}:
            assert found["refused"], "a number that is no label has no id"
            continue
        assert found.get("run") == labels, found
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownTokenWarning)
            traced = program.trace(tokens, any_length=True)
        assert found["trace"] == [traced[name] for name in names]


@needs_onnx
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_golden_programs(golden: Golden) -> None:
    session = started(golden.program)
    assert compare_export(golden.program, session.name, session)


@needs_onnx
@pytest.mark.parametrize("place", sorted(GALLERY.glob("*/program.json")), ids=str)
def test_gallery(place: Path) -> None:
    program = load(place).program
    session = started(program.data)
    assert compare_export(program.data, session.name, session)
    rng = random.Random(0)
    longer = [
        tuple(rng.choices(program.input.symbols, k=factor * program.input.max_length))
        for factor in (2, 5)
    ]
    check_longer(program, session, longer)


@needs_onnx
def test_what_is_refused() -> None:
    weights = tuple((int(i in (1, 2, 4)), i % 2) for i in range(6))
    readout = Readout(("x", "y"), (Term(POSITIONS, weights), Term(TOKENS, ((0, 1),))))
    form = InputFormat(Vocabulary(("a",)), max_length=6)
    bound = Runnable.of(Program("bound", form, (), readout))
    assert not bound.length_free
    long = ("a",) * 7
    session = started(bound.data)
    (found,) = session.answers([long])
    assert "from_1_to_6_tokens" in found["error"]
    # One that is refused does not keep others from their labels.
    short = long[:1]
    first, second = session.answers([long, short])
    assert first["refused"]
    assert second["run"] == naive_labels(bound.data, short)


@needs_onnx
def test_ids_that_stand_for_no_token_are_refused() -> None:
    import onnxruntime

    content = emit_onnx(BY_NAME["hist"].program)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options)

    def run(ids: list[list[int]], mask: list[list[int]]) -> Any:
        given = {"input_ids": ids, "attention_mask": mask}
        arrays = {name: np.array(x, dtype=np.int64) for name, x in given.items()}
        return session.run(["labels"], arrays)[0].tolist()

    labels = json.loads(session.get_modelmeta().custom_metadata_map["labels"])
    assert labels == list(BY_NAME["hist"].program.readout.labels)
    padded = run([[0, 0, 1], [2, 99, -5]], [[1, 1, 1], [1, 0, 0]])
    assert padded == [[labels.index(x) for x in "221"], [labels.index("1"), -1, -1]]
    for bad in (-1, 3):
        with pytest.raises(Exception, match="known_tokens"):
            run([[bad]], [[1]])
    assert run([[0]], [[0]]) == [[-1]]


@needs_onnx
def test_the_bytes_are_the_same_every_time() -> None:
    program = BY_NAME["opinion"].program
    assert emit_onnx(program) == emit_onnx(program)


@needs_onnx
def test_a_model_that_differs_is_found() -> None:
    program = load(GALLERY / "sort-8" / "program.json").program.data
    other = replace(program, readout=replace(program.readout, terms=()))
    session = OnnxSession(program, emit_onnx(other))
    with pytest.raises(AgreementError, match="the onnx file differ in '<label>'"):
        compare_export(program, session.name, session)


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install 'transformer-programs\[onnx"):
        emit_onnx(BY_NAME["hist"].program)
