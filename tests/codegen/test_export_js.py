"""Exported JavaScript means what the program means."""

from __future__ import annotations

import random
import re
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

from golden_programs import BY_NAME, GOLDEN
from naive import naive_labels, naive_trace
from strategies import awkward_tokens, plain_tokens, programs_with_inputs
from transformer_programs.codegen.export.js import emit_js
from transformer_programs.codegen.export.js_language import literal
from transformer_programs.errors import UnknownTokenWarning
from transformer_programs.language.nodes import (
    TOKENS,
    Program,
    Readout,
    Table,
    Term,
)
from transformer_programs.language.surface import SPLITTINGS, Splitting, split_text
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.run import load
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.verify.exported import (
    NodeProcess,
    compare_export,
    node_command,
)

GALLERY = Path(__file__).parents[2] / "gallery"
NODE = node_command()
needs_node = pytest.mark.skipif(NODE is None, reason="Node is not installed")


def started(program: Program) -> NodeProcess:
    assert NODE is not None
    return NodeProcess(emit_js(program), NODE)


def check_input(program: Program, node: NodeProcess, tokens: tuple[str, ...]) -> None:
    found = node.ask(tokens)
    assert found.get("run") == naive_labels(program, tokens), found
    for name, column in naive_trace(program, tokens).items():
        values = [program.domains[name].value(index) for index in column]
        assert found["trace"][name] == values, name


@needs_node
@settings(max_examples=60, deadline=None)
@given(
    programs_with_inputs(awkward_tokens)
    | programs_with_inputs(awkward_tokens, characters=True)
)
def test_random_programs_mean_the_same(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = case
    node = started(program)
    for tokens in inputs:
        check_input(program, node, tokens)
        check_scores(program, node.ask(tokens), tokens)
    node.close()


@needs_node
@settings(max_examples=40, deadline=None)
@given(programs_with_inputs(plain_tokens))
def test_random_programs_mean_the_same_at_any_length(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = Runnable.of(case[0]), case[1]
    assume(program.length_free)
    node = started(program.data)
    for tokens in inputs:
        check_longer(program, node, (tokens * program.input.max_length)[:24])
    node.close()


def check_longer(program: Runnable, node: NodeProcess, tokens: tuple[str, ...]) -> None:
    found = node.ask(tokens, any_length=True)
    (expected,) = program.batch([tokens], any_length=True)
    assert found.get("run") == expected, found
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownTokenWarning)
        assert found["trace"] == program.trace(tokens, any_length=True)


def check_scores(
    program: Program, found: dict[str, Any], tokens: tuple[str, ...]
) -> None:
    (scores,) = Runnable.of(program).scores([tokens])
    assert found["scores"] == scores.tolist()
    zero = [0] * len(program.readout.labels)
    sums: dict[int, list[int]] = {}
    for part in found["contributions"]:
        column = sums.setdefault(part["position"], zero)
        added = zip(column, part["added"], strict=True)
        sums[part["position"]] = [a + b for a, b in added]
        value = found["trace"][part["variable"]][part["position"]]
        assert part["value"] == value
    if program.tagging and program.readout.terms:
        assert [sums[i] for i in sorted(sums)] == found["scores"]


@needs_node
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_golden_programs(golden: Any) -> None:
    node, program = started(golden.program), Runnable.of(golden.program)
    assert compare_export(golden.program, "program.mjs", node)
    if program.length_free:
        check_longer(program, node, program.input.symbols * 3)


@needs_node
@pytest.mark.parametrize("place", sorted(GALLERY.glob("*/program.json")), ids=str)
def test_gallery(place: Path) -> None:
    program = load(place).program
    node = started(program.data)
    assert compare_export(program.data, "program.mjs", node)
    rng = random.Random(0)
    for factor in (2, 5):
        length = factor * program.input.max_length
        tokens = tuple(rng.choices(program.input.symbols, k=length))
        check_longer(program, node, tokens)
        refused = node.ask(tokens)
        assert f"too long: {length} tokens" in refused["error"]
        assert refused["refused"]


@cache
def opinion() -> Program:
    return BY_NAME["opinion"].program


TEXTS = (
    "not good",
    " bad\u2003good\x1cnot\u200bx ",
    "na\u00efve\u0301 \u4e2d\ufeff",
    "\U0001f600 a_b",
    "",
)


@needs_node
@pytest.mark.parametrize("split", SPLITTINGS)
def test_texts_are_split_like_those_of_python(split: Splitting) -> None:
    form = replace(opinion().input, split=split)
    program = replace(opinion(), input=form)
    node = started(program)
    for text in TEXTS:
        tokens = split_text(text, split)
        found = node.ask(text)
        if form.min_bare_length <= len(tokens) <= form.max_bare_length:
            assert found["run"] == naive_labels(program, tokens), text
            assert found["trace"] == node.ask(tokens)["trace"]
        else:
            assert found["refused"], text


@needs_node
def test_what_is_refused_says_why() -> None:
    node = started(BY_NAME["hist"].program)
    assert node.ask(["0", "7"])["error"] == (
        'unknown token "7" at position 1; known tokens: "0", "1", "2"'
    )
    assert node.ask(["0"] * 6)["error"] == (
        "too long: 6 tokens, at most 5 are allowed; anyLength allows more"
    )
    assert node.ask("00")["error"] == (
        'expected a list of tokens like ["0","1","2"], got "00"'
    )
    assert "got 7 at position 0" in node.ask([7])["error"]  # type: ignore[list-item]
    assert "empty sequence" in started(opinion()).ask([])["error"]


ODD = ("</script>", "<!--", "*/", "\u2028", "'", '"', "\\", "\n", "<SCRIPT", "`${x}`")


def with_words(words: tuple[str, ...]) -> Program:
    form = InputFormat(Vocabulary(words), max_length=3)
    readout = Readout(words, ())
    return Program("</script>\u2028// x", form, (), readout)


def test_texts_end_no_script_and_begin_no_comment() -> None:
    text = emit_js(with_words(ODD))
    assert text.isascii()
    assert not re.search("</script|<!--|<script", text, re.IGNORECASE)
    assert literal("</script>") == '"\\u003c/script>"'
    if NODE is not None:
        node = started(with_words(ODD))
        assert node.stated()["labels"] == list(ODD)
        for word in ODD:
            assert node.ask([word])["trace"]["tokens"] == [word]


@needs_node
def test_numbers_that_reals_do_not_hold_are_listed() -> None:
    # int("1_0") is 10 in Python, and no number elsewhere.
    words = ("1_0", "9", "8", "7", "6", "5", "4", "3", "2", "1")
    number = Table("number", (TOKENS,), (10, *range(9, 0, -1)), Domain.of_numbers(10))
    weights = tuple(tuple(int(i == j) for j in range(2)) for i in (0, 1))
    readout = Readout(("a", "b"), (Term("number", weights[:1]),))
    form = InputFormat(Vocabulary(words), max_length=3)
    program = Program("numbers", form, (number,), readout)
    node = started(program)
    for word in words:
        check_input(program, node, (word,))
