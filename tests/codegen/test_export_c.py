"""Exported C means what the program means, and compiles without a warning."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from golden_programs import BY_NAME, GOLDEN, Golden
from naive import naive_labels, naive_trace
from statements import counting
from strategies import awkward_tokens, plain_tokens, programs_with_inputs
from transformer_programs.codegen.export.c import emit_c
from transformer_programs.codegen.export.c_language import comment, literal
from transformer_programs.codegen.export.c_statements import prefix_of
from transformer_programs.errors import SettingsError
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Head,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.run import load
from transformer_programs.verify.exported import (
    CompiledProcess,
    c_command,
    compare_export,
)

GALLERY = Path(__file__).parents[2] / "gallery"
COMPILER = c_command()
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-O1")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler")


def started(program: Program) -> CompiledProcess:
    return CompiledProcess(program, emit_c(program), [*(COMPILER or ()), *STRICT])


def check_inputs(program: Program, inputs: list[tuple[str, ...]]) -> None:
    process = started(program)
    answers = process.answers(inputs, tuple(program.domains))
    for tokens, found in zip(inputs, answers, strict=True):
        assert found.get("run") == naive_labels(program, tokens), found
        for (name, column), traced in zip(
            naive_trace(program, tokens).items(), found["trace"], strict=True
        ):
            values = [program.domains[name].value(index) for index in column]
            assert traced == values, name
    process.close()


def without_zeros(text: str) -> bool:
    return "\0" not in text


@needs_compiler
@settings(max_examples=40, deadline=None)
@given(
    programs_with_inputs(awkward_tokens.filter(without_zeros))
    | programs_with_inputs(plain_tokens)
)
def test_random_programs_mean_the_same(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    check_inputs(*case)


@needs_compiler
@pytest.mark.parametrize("scope", Scope)
@settings(max_examples=5, deadline=None)
@given(st.data())
def test_heads_of_all_scopes_match_by_class_and_by_pair(
    scope: Scope, data: st.DataObject
) -> None:
    symbols = ("a", "b", "c", "d")
    ids = range(len(symbols))
    some = st.lists(st.sampled_from(ids), max_size=2, unique=True)
    row = some.map(lambda keys: tuple(sorted(keys)))
    heads: list[Head] = []
    for index in range(4):
        rows = st.lists(row, min_size=4, max_size=4).map(tuple)
        predicate = data.draw(rows)
        if index < 2:  # every key in one class
            classes = data.draw(st.permutations([(0,), (1,), (2, 3), ()]))
            predicate = tuple(data.draw(st.sampled_from(classes)) for _ in ids)
        heads += [
            Head(f"near{index}", TOKENS, TOKENS, TOKENS, predicate, scope),
            counting(f"sum{index}", TOKENS, TOKENS, ONES, predicate, scope),
        ]
    form = InputFormat(Vocabulary(symbols), max_length=9)
    terms = (Term(TOKENS, ((1, 0), (0, 1), (0, 0), (2, 2))),)
    program = Program("heads", form, tuple(heads), Readout(("x", "y"), terms))
    sequences = st.lists(st.sampled_from(symbols), min_size=1, max_size=9).map(tuple)
    check_inputs(program, data.draw(st.lists(sequences, min_size=30, max_size=30)))


@needs_compiler
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_golden_programs(golden: Golden) -> None:
    program = golden.program
    if program.input.reads_characters:
        with pytest.raises(SettingsError, match="export it to js"):
            emit_c(program)
        return
    process = started(program)
    assert compare_export(program, process.name, process)


@needs_compiler
@pytest.mark.parametrize("place", sorted(GALLERY.glob("*/program.json")), ids=str)
def test_gallery(place: Path) -> None:
    program = load(place).program.data
    process = started(program)
    assert compare_export(program, process.name, process)


ODD = ("</script>", "*/", "/*", "??/", "\\", "\n", '"', "\u00e9", "\U0001f600", "a1")


def with_words(words: tuple[str, ...], name: str = "odd") -> Program:
    form = InputFormat(Vocabulary(words), max_length=3)
    rows = tuple(
        tuple(int(i == j) for j in range(len(words))) for i, _ in enumerate(words)
    )
    return Program(name, form, (), Readout(words, (Term(TOKENS, rows),)))


@needs_compiler
def test_texts_stay_texts() -> None:
    program = with_words(ODD, "*/ int main(void) { return 7; } ??/\\")
    assert started(program).stated()["tokens"] == list(ODD)
    assert started(program).stated()["labels"] == list(ODD)
    check_inputs(program, [(word,) for word in ODD])
    assert literal('\u00e9"?1') == r'"\303\251\"\?1"'
    assert all("*/" not in line[:-2] for line in comment("*/ " * 90))


def test_what_strings_cannot_be_is_refused() -> None:
    for word in ("a\0b", "x" * 5000):
        with pytest.raises(SettingsError, match="export it to js"):
            emit_c(with_words((word, "y")))


def test_names_begin_with_the_name_of_the_program() -> None:
    names = {"sort": "sort", "My Task-2": "my_task_2", "2048": "program_2048"}
    names |= {"\u00e9": "program", "": "program"}
    assert {name: prefix_of(with_words(("a",), name)) for name in names} == names


@needs_compiler
@pytest.mark.parametrize("name", ["names", "upper", "labels", "end_what", "count"])
def test_programs_may_be_called_like_what_is_filled_in(name: str) -> None:
    check_inputs(with_words(("a", "b"), name), [("a",), ("b", "a")])


@needs_compiler
def test_the_command_line(tmp_path: Path) -> None:
    program = replace(BY_NAME["hist"].program, name="hist")
    (tmp_path / "hist.c").write_text(emit_c(program), encoding="utf-8")
    built = [*(COMPILER or ()), "-std=c11", *STRICT, "hist.c", "-o", "hist"]
    subprocess.run(built, cwd=tmp_path, check=True)

    def run(*tokens: str, lines: str = "") -> tuple[int, str, str]:
        done = subprocess.run(
            [str(tmp_path / "hist"), *tokens],
            input=lines,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    assert run("0", "1", "0") == (0, "2 1 2\n", "")
    assert run(lines="0 0\n\n1\n") == (0, "2 2\n\n1\n", "")
    assert run("7") == (2, "", 'error: unknown token "7" at position 0\n')
    status, _, error = run(*"001122")
    assert (status, error) == (2, "error: too long: at most 5 tokens are allowed\n")


@needs_compiler
def test_large_tables_list_what_is_not_usual() -> None:
    words = tuple(f"w{i}" for i in range(140))
    size = len(words)
    cells = [0] * (size * size)
    for index in range(0, len(cells), 977):
        cells[index] = 1 + index % 3
    pairs = Table("pair", (TOKENS, "before"), tuple(cells), Domain.of_classes(4))
    everything = (tuple(range(size)),) * size
    before = Head("before", TOKENS, TOKENS, TOKENS, everything, Scope.BEFORE)
    rows = tuple(tuple(int(i == j) for j in range(4)) for i in range(4))
    readout = Readout(tuple("abcd"), (Term("pair", rows),))
    form = InputFormat(Vocabulary(words), max_length=4)
    program = Program("pairs", form, (before, pairs), readout)
    assert "cell_of(START_pair" in emit_c(program)
    marked = [(words[i % size], words[i // size]) for i in range(0, size * size, 977)]
    check_inputs(program, [*marked, ("w0", "w1", "w2", "w3")])
