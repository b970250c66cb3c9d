"""What a reader meets first, and how many lines it takes."""

from __future__ import annotations

import ast
import itertools
import re
import string
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from emitted import execute, random_programs, write_file

from golden_programs import BY_NAME, same
from loaded import load_file
from naive import naive_labels, naive_trace
from statements import counting, embedding
from transformer_programs.codegen.layout import FEWEST, WIDTH
from transformer_programs.codegen.outside import MOST_WORDS
from transformer_programs.codegen.python import PRIMITIVES, emit, emit_python
from transformer_programs.codegen.templates import HELPERS, heart
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize import minimising as shortening
from transformer_programs.optimize.minimising import minimise
from transformer_programs.runs.runnable import Program as Runnable
from transformer_programs.system import TABLES

ODD = ("a b", '"""', "\n", "")
QUOTED = ('"', "'", "\\", "\\n", '"quoted"', "{x}", "é", "漢字", "#")


def comment_or_code(words: tuple[str, ...]) -> Program:
    """Tags every word by whether there was a "#" so far."""
    tokens = ("<unk>", "#", *words)
    size = len(tokens)
    statements = (
        counting("signs", ONES, TOKENS, ONES, ((), (1,)), Scope.CAUSAL),
        Table("label", ("signs",), (0, *(1,) * 6), Domain.of_tokens(("code", "#"))),
    )
    form = InputFormat(Vocabulary(tokens, "<unk>"), 6, split="whitespace")
    assert size == len(form.vocabulary)
    readout = Readout(("code", "#"), (Term("label", ((1, 0), (0, 1))),))
    return Program("comments", form, statements, readout)


def by_class(words: tuple[str, ...], classes: int) -> Program:
    """Tags every word by its class."""
    table = tuple(index * index % classes for index in range(len(words)))
    form = InputFormat(Vocabulary(words), 12)
    labels = tuple(f"label_{index}" for index in range(classes))
    readout = Readout(labels, (Term("class", same_weights(classes)),))
    embed = embedding("class", table, Domain.of_classes(classes))
    return Program("classes", form, (embed,), readout)


def same_weights(size: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(i == j) for j in range(size)) for i in range(size))


def words(number: int) -> tuple[str, ...]:
    letters = string.ascii_lowercase
    triples = itertools.product("wxyz@", letters, letters)
    return tuple(f"{a}{b}{c}word" for a, b, c in triples)[:number]


def test_the_heart_comes_first() -> None:
    helpers = {function.__name__ for function in PRIMITIVES} | {"main", "tables"}
    for program in random_programs():
        source = emit_python(program)
        own = heart(source)
        rest = source.removeprefix(own)
        assert rest.startswith(f"\n\n{HELPERS}\n\n\n")
        defined = re.findall(r"^def (\w+)", own, re.MULTILINE)
        assert defined[:2] == ["trace", "run"]
        assert helpers.isdisjoint(defined)
        found = re.findall(r"^def (\w+)", rest, re.MULTILINE)
        assert {*found} <= helpers | {"classes"}
        assert found[-1] == "main"
        ast.parse(own)


@pytest.mark.parametrize("name", BY_NAME)
def test_few_lines_stand_before_trace(name: str) -> None:
    before, found, _ = emit_python(BY_NAME[name].program).partition("\ndef trace(")
    assert found
    assert before.count("\n") < 28


def test_a_text_without_helpers_is_its_own_heart() -> None:
    assert heart("x = 1\n") == "x = 1\n"


@pytest.mark.parametrize("number", [10, 60, 200, MOST_WORDS - 2, 3000])
def test_tokens_take_few_lines(number: int) -> None:
    program = comment_or_code(words(number))
    source, tables = emit(program)
    assert (tables is None) == (number < MOST_WORDS)
    assert len(source.splitlines()) < 190
    assert all(len(line) <= WIDTH for line in source.splitlines())
    assert tables is None or tables.count("\n") < number / 3
    lines = Runnable.of(program).lines
    assert lines <= (24 + number * 8 // 80 if tables is None else 22)
    where = ", listed in tables.json," if tables is not None else ""
    told = (
        f'Of its {number + 1:,} known tokens{where} only "#" is told apart from the '
        "others."
    )
    docstring = " ".join((ast.get_docstring(ast.parse(source)) or "").split())
    assert (told in docstring) == (number > 16)
    file = load_file(source, tables)
    for tokens in (["waaword", "?", "#", "waaword"], ["<unk>", "wabword"]):
        assert file["run"](tokens) == naive_labels(program, tokens)
        assert file["trace"](tokens)["tokens"] == [
            "<unk>" if token == "?" else token for token in tokens
        ]


def test_the_file_with_its_tokens_beside_it_runs(tmp_path: Path) -> None:
    source, tables = emit(comment_or_code(words(3000)))
    assert tables is not None
    (tmp_path / "program.py").write_text(source, encoding="utf-8")
    (tmp_path / TABLES).write_text(tables, encoding="utf-8")
    done = execute(tmp_path / "program.py", "waaword = # what")
    assert (done.returncode, done.stdout) == (0, "code code # #\n")
    assert done.stderr == "warning: unknown tokens: '=', 'what'\n"


def test_tokens_in_the_file_of_tables_do_not_bar_any_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shortening, "QUICK", ())
    program = comment_or_code(words(300))
    dull = counting("dull", ONES, ONES, "signs", ((), (1,)))
    statements = (program.statements[0], dull, program.statements[1])
    assert emit(program)[1] is not None
    assert minimise(replace(program, statements=statements), 0) == program


def test_layout_is_that_of_ruff(tmp_path: Path) -> None:
    programs = [comment_or_code(words(number)) for number in (10, 60, 70, 200)]
    programs += [by_class((*words(n), *ODD, *QUOTED), 3) for n in (5, 9, 30, 100)]
    programs += [by_class(words(number), 20) for number in (9, 30, 100)]
    readout = Readout(("A", "B"), (Term(TOKENS, ((1, -1), (0, 2)) * 50),), Pooling.MEAN)
    form = InputFormat(Vocabulary(words(100)), 12)
    programs.append(Program("weights", form, (), readout))
    programs.append(by_class(tuple(string.printable[:90]), 3))
    for index, program in enumerate(programs):
        write_file(program, tmp_path, f"p{index}.py")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ruff"),
            *("format", "--isolated", "--no-cache", "--diff", "--target-version=py39"),
            tmp_path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize("odd", [(), ODD, QUOTED, (*ODD, *QUOTED)])
def test_odd_tokens_are_read_back(odd: tuple[str, ...]) -> None:
    for number in (5, 30, 100):
        tokens = (*words(number), *odd)
        program = by_class(tokens, 3)
        source = emit_python(program)
        file = load_file(source)
        assert {*file["TOKENS"]} == {*tokens}
        assert len(file["TOKENS"]) == len(tokens)
        for start in range(0, len(tokens), 12):
            some = tokens[start : start + 12]
            assert file["run"](some) == naive_labels(program, some)
        if number <= 30:
            assert tuple(file["TOKENS"]) == tokens


def test_tables_name_many_words_by_their_class() -> None:
    tokens = words(200)
    program = by_class(tokens, 5)
    source = emit_python(program)
    table = source[source.index("def class_of(") : source.index("TOKENS = ")]
    assert "for value, words in {" in table
    assert len(table.splitlines()) < 40
    assert Runnable.of(program).lines < 90
    file = load_file(source)
    for start in range(0, 200, 12):
        some = list(tokens[start : start + 12])
        expected = naive_trace(program, some)["class"]
        assert file["trace"](some)["class"] == expected


def test_a_table_of_labels_names_many_words_by_their_label() -> None:
    tokens = words(150)
    weights = tuple(tuple(int(i * i % 3 == j) for j in range(3)) for i in range(150))
    readout = Readout(("A", "B", "C"), (Term(TOKENS, weights),))
    program = Program("labels", InputFormat(Vocabulary(tokens), 3), (), readout)
    source = emit_python(program)
    assert len(heart(source).splitlines()) < 70
    file = load_file(source)
    for token in tokens:
        assert file["run"]([token]) == naive_labels(program, [token])


def test_weights_name_many_words_together() -> None:
    tokens = words(150)
    weights = tuple((i % 2, -1, i * i % 3) for i in range(150))
    readout = Readout(("A", "B", "C"), (Term(TOKENS, weights),), Pooling.MEAN)
    program = Program("weights", InputFormat(Vocabulary(tokens), 12), (), readout)
    source = emit_python(program)
    assert "for value, words in {" in source
    assert len(heart(source).splitlines()) < 100
    file = load_file(source)
    for start in range(0, 150, 12):
        some = list(tokens[start : start + 12])
        assert file["run"](some) == naive_labels(program, some)


def test_many_labels_take_few_lines() -> None:
    labels = tuple(f"LABEL:{index:03}" for index in range(60))
    form = InputFormat(Vocabulary(("a", "b")), 3)
    weights = tuple(tuple(int(i == 3 * j) for i in range(60)) for j in range(2))
    readout = Readout(labels, (Term(TOKENS, weights),))
    source = emit_python(Program("labels", form, (), readout))
    assert load_file(source)["LABELS"] == labels
    assert len(heart(source).splitlines()) < 50
    assert source.index("\ndef trace(") < source.index("\nLABELS = ")
    few = tuple(f"a label of many letters {i}" for i in range(FEWEST - 1))
    readout = Readout(few, (Term(TOKENS, ((1,) * 7,) * 2),))
    source = emit_python(Program("labels", form, (), readout))
    assert f'    "{few[0]}",\n    "{few[1]}",\n' in source


def test_sets_of_many_tokens_take_few_lines() -> None:
    tokens = words(90)
    predicate = tuple(
        tuple(k for k in range(90) if (k * k + q * q) % 7 < 3) for q in range(90)
    )
    count = counting("n", TOKENS, TOKENS, ONES, predicate)
    form = InputFormat(Vocabulary(tokens), 4)
    program = Program("sets", form, (count,), Readout(("x",), ()))
    source = emit_python(program)
    assert len(source.splitlines()) < 90 * 12
    file = load_file(source)
    some = [tokens[3], tokens[50], tokens[17], tokens[3]]
    assert file["trace"](some)["n"] == naive_trace(program, some)["n"]
    assert same(2) == ((0,), (1,))
