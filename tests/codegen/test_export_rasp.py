"""Exported RASP means what the program means.

An evaluator of this package stands in for the interpreter, which is on no registry; the
interpreter itself is asked where it can be imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from golden_programs import GOLDEN, Golden
from naive import naive_labels, naive_trace
from strategies import awkward_tokens, plain_tokens, programs_with_inputs
from transformer_programs.codegen.export.rasp import emit_rasp
from transformer_programs.codegen.export.rasp_statements import rasp_names
from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Head,
    Program,
    Readout,
    Scope,
    Term,
)
from transformer_programs.language.types import InputFormat, Vocabulary
from transformer_programs.runs.export import compared_with
from transformer_programs.runs.run import load
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.verify.exported import compare_export
from transformer_programs.verify.rasp_file import RaspText

GALLERY = Path(__file__).parents[2] / "gallery"


def check_inputs(program: Program, inputs: list[tuple[str, ...]]) -> None:
    file = RaspText(program, emit_rasp(program))
    for tokens, found in zip(
        inputs, file.answers(inputs, tuple(program.domains)), strict=True
    ):
        assert found.get("run") == naive_labels(program, tokens), found
        columns = naive_trace(program, tokens).items()
        for (name, column), traced in zip(columns, found["trace"], strict=True):
            values = [program.domains[name].value(index) for index in column]
            assert traced == values, name


def sayable(text: str) -> bool:
    return re.search('["\r\n]', text) is None


@settings(max_examples=150, deadline=None)
@given(
    programs_with_inputs(awkward_tokens.filter(sayable))
    | programs_with_inputs(plain_tokens)
)
def test_random_programs_mean_the_same(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    check_inputs(*case)


@settings(max_examples=60, deadline=None)
@given(programs_with_inputs(plain_tokens))
def test_random_programs_mean_the_same_at_the_lengths_that_the_file_states(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program = Runnable.of(case[0])
    if program.input.max_bare_length:
        found, _ = compared_with(program, "rasp", emit_rasp(program.data).encode())
        assert found is not None


@pytest.mark.parametrize("scope", Scope)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_nearest_of_several_matches(scope: Scope, data: st.DataObject) -> None:
    symbols = ("a", "b", "c", "d")
    subsets = st.lists(st.sampled_from(range(4)), unique=True).map(
        lambda found: tuple(sorted(found))
    )
    predicate = data.draw(st.tuples(*[subsets] * 4))
    heads = (
        Head("near", TOKENS, TOKENS, POSITIONS, predicate, scope),
        Head("total", TOKENS, TOKENS, ONES, predicate, scope, Aggregate.SUM),
        Head("sums", TOKENS, TOKENS, "total", predicate, scope, Aggregate.SUM),
    )
    form = InputFormat(Vocabulary(symbols), max_length=9)
    terms = (Term(TOKENS, ((1, 0), (0, 1), (0, 0), (2, 2))),)
    program = Program("heads", form, heads, Readout(("x", "y"), terms))
    sequences = st.lists(st.sampled_from(symbols), min_size=1, max_size=9).map(tuple)
    check_inputs(program, data.draw(st.lists(sequences, min_size=20, max_size=20)))


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_golden_programs(golden: Golden) -> None:
    form = golden.program.input
    if form.reads_characters or not all(map(sayable, form.vocabulary.tokens)):
        with pytest.raises(SettingsError, match="RASP cannot"):
            emit_rasp(golden.program)
        return
    text = emit_rasp(golden.program).encode()
    assert compared_with(Runnable.of(golden.program), "rasp", text)[0]


@pytest.mark.parametrize("place", sorted(GALLERY.glob("*/program.json")), ids=str)
def test_gallery(place: Path) -> None:
    program = load(place).program
    found, _ = compared_with(program, "rasp", emit_rasp(program.data).encode())
    assert found is not None
    assert found.inputs > 400


def with_words(words: tuple[str, ...], length: int = 3) -> Program:
    form = InputFormat(Vocabulary(words), max_length=length)
    rows = tuple((i % 3, i % 2) for i, _ in enumerate(words))
    return Program("words", form, (), Readout(("x", "y"), (Term(TOKENS, rows),)))


def test_what_cannot_be_said_is_refused_in_one_line() -> None:
    for word in ('"', "a\nb"):
        with pytest.raises(
            SettingsError, match="line break, which strings of RASP cannot"
        ):
            emit_rasp(with_words((word, "y")))
    overlapping = ((0,), (0, 1), (1,), (0, 1))
    head = Head("near", TOKENS, TOKENS, TOKENS, overlapping)
    program = replace(with_words(tuple("abcd"), 600), statements=(head,))
    with pytest.raises(SettingsError, match="near looks for the nearest of matches"):
        emit_rasp(program)
    same = tuple((i,) for i in range(4))
    emit_rasp(replace(program, statements=(replace(head, predicate=same),)))
    large = replace(
        program, readout=Readout(("x", "y"), (Term(ONES, ((0, 1 << 50),)),))
    )
    with pytest.raises(SettingsError, match="averages in RASP, which are exact below"):
        emit_rasp(large)


def test_long_lists_are_broken_up() -> None:
    words = tuple(f"w{i}" for i in range(450))
    check_inputs(with_words(words), [(w, words[0]) for w in words[::7]])


def test_names_are_those_that_the_interpreter_allows() -> None:
    program = with_words(("a", "b"))
    head = Head("count", TOKENS, TOKENS, TOKENS, ((0,), (1,)), Scope.BEFORE)
    named = replace(program, statements=(head, replace(head, output="v_count")))
    assert rasp_names(named)["count"] == "v_count"
    assert rasp_names(named)["v_count"] == "v_v_count"
    check_inputs(named, [("a", "b", "a")])


def test_a_file_that_differs_is_found() -> None:
    program = load(GALLERY / "sort-8" / "program.json").program.data
    text = emit_rasp(program)
    broken = text.replace("(smaller_token + ", "(smaller_token - ")
    broken = broken.replace("smaller_token + same", "smaller_token - same")
    assert broken != text
    file = RaspText(program, broken)
    with pytest.raises(AgreementError, match="the rasp file differ in 'rank'"):
        compare_export(program, file.name, file)


# The interpreter of tech-srl, if its folder is on the path.


@contextmanager
def quiet() -> Iterator[StringIO]:
    with redirect_stdout(StringIO()) as printed:
        yield printed


def check_in_interpreter(
    folder: Path, program: Program, inputs: list[tuple[str, ...]]
) -> None:
    from RASP_support.REPL import REPL

    (folder / "program.rasp").write_text(emit_rasp(program), encoding="utf-8")
    with quiet() as printed:
        interpreter: Any = REPL()
        interpreter.run_given_line(f'load "{folder}/program";')
    assert "!!" not in printed.getvalue(), printed.getvalue()
    form = program.input
    begin, end = ([] if x is None else [x] for x in (form.begin, form.end))
    for tokens in inputs:
        traced = naive_trace(program, tokens)
        for name, safe in rasp_names(program).items():
            with quiet():
                values = interpreter.env.get_variable(safe)
                found = values.call([*begin, *tokens, *end]).get_vals()
            ids = traced[name]
            assert list(found) == [program.domains[name].value(i) for i in ids], name


@pytest.fixture
def interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    found = pytest.importorskip("RASP_support", reason="RASP is not on the path")
    monkeypatch.chdir(Path(found.__file__).parents[1])


@pytest.mark.usefixtures("interpreter")
@pytest.mark.filterwarnings("ignore")
def test_the_interpreter_gives_the_same(tmp_path: Path) -> None:
    for place in sorted(GALLERY.glob("*/program.json")):
        program = load(place).program.data
        words = program.input.symbols
        inputs = [words[-1:], (words * 9)[: program.input.max_bare_length]]
        check_in_interpreter(tmp_path, program, inputs)
    words = tuple(f"w{i}" for i in range(450))
    check_in_interpreter(tmp_path, with_words(words), [(w,) for w in words[::50]])


@pytest.mark.usefixtures("interpreter")
@pytest.mark.filterwarnings("ignore")
@settings(max_examples=60, deadline=None)
@given(case=programs_with_inputs(plain_tokens))
def test_the_interpreter_gives_the_same_for_random_programs(
    case: tuple[Program, list[tuple[str, ...]]], tmp_path_factory: Any
) -> None:
    program, inputs = case
    inputs = [tokens for tokens in inputs if tokens or program.input.frame]
    check_in_interpreter(tmp_path_factory.mktemp("rasp"), program, inputs[:4])
