"""Programs written by hand: their text is kept, and what it computes is checked."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from golden_programs import BY_NAME, GOLDEN, Golden
from loaded import load_file
from naive import naive_labels
from transformer_programs import tasks
from transformer_programs.codegen.python import emit_python
from transformer_programs.codegen.serialize import from_json, to_json
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import (
    Aggregate,
    Head,
    Pooling,
    Scope,
    Table,
)

FOLDER = Path(__file__).parent / "golden"

each_golden = pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)


def every_input(golden: Golden) -> list[tuple[str, ...]]:
    form = golden.program.input
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    words = (*form.symbols, *golden.words)
    return [t for n in lengths for t in product(words, repeat=n)]


@each_golden
def test_text_is_kept(golden: Golden, request: pytest.FixtureRequest) -> None:
    texts = {"py": emit_python(golden.program), "json": to_json(golden.program)}
    for suffix, text in texts.items():
        file = FOLDER / f"{golden.name}.{suffix}"
        if request.config.getoption("--update-golden"):
            file.write_bytes(text.encode())
        assert file.read_bytes().decode() == text, (
            f"{file} is not what is emitted now; if that is as it should be, run "
            "pytest --update-golden and review the difference"
        )


@each_golden
def test_kept_data_are_the_program(golden: Golden) -> None:
    text = (FOLDER / f"{golden.name}.json").read_text(encoding="utf-8")
    assert from_json(text) == golden.program


@each_golden
def test_kept_file_computes_its_definition_everywhere(golden: Golden) -> None:
    file = load_file((FOLDER / f"{golden.name}.py").read_text(encoding="utf-8"))
    inputs = every_input(golden)
    expected = [golden.definition(tokens) for tokens in inputs]
    assert [file["run"](tokens) for tokens in inputs] == expected
    assert Interpreter(golden.program).labels(inputs) == expected
    assert [naive_labels(golden.program, tokens) for tokens in inputs] == expected


@pytest.mark.parametrize("name", ["hist", "reverse"])
def test_hand_written_program_is_the_task(name: str) -> None:
    definition = tasks.get(name).definition
    golden = BY_NAME[name]
    interpreter = Interpreter(golden.program)
    inputs = [tokens for tokens in every_input(golden) if tokens]
    assert len(inputs) == sum(3**n for n in range(1, 6))
    assert interpreter.labels(inputs) == [list(definition(t)) for t in inputs]


def test_unknown_words_of_the_opinion_are_neutral() -> None:
    file = load_file((FOLDER / "opinion.py").read_text(encoding="utf-8"))
    assert file["run"](["a", "good", "film"]) == "positive"
    assert file["run"](["not", "good"]) == "negative"


def test_golden_programs_cover_the_language() -> None:
    programs = [golden.program for golden in GOLDEN]
    tables = [s for p in programs for s in p.statements if isinstance(s, Table)]
    assert {s.of_tokens for s in tables} == {True, False}
    heads = [s for p in programs for s in p.statements if isinstance(s, Head)]
    assert {head.aggregate for head in heads} == {*Aggregate}
    assert {head.scope for head in heads} == {Scope.ALL, Scope.BEFORE, Scope.CAUSAL}
    assert {p.readout.pooling for p in programs} == {Pooling.NONE, Pooling.MEAN}


def test_nothing_else_is_kept() -> None:
    kept = {file.name for file in FOLDER.iterdir() if file.is_file()}
    assert kept == {f"{name}.{suffix}" for name in BY_NAME for suffix in ("py", "json")}
