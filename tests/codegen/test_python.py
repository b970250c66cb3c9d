from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tokenize
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emitted import execute, random_programs, write_file

from golden_programs import BY_NAME, same
from loaded import load_file
from naive import naive_labels
from statements import counting, embedding
from transformer_programs.codegen.python import PRIMITIVES, emit, emit_python
from transformer_programs.codegen.serialize import to_json
from transformer_programs.errors import ProgramError
from transformer_programs.language import Aggregate, Interpreter
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.optimize.statements import rename

QUOTES = BY_NAME["quotes"].program
HIST = BY_NAME["hist"].program


def _thresholds() -> Program:
    """A program with a large table of which little need be said."""
    words = tuple(f"word{index}" for index in range(700))
    form = InputFormat(Vocabulary(words), 32)
    statements = (
        embedding("kind", tuple(i % 7 for i in range(700)), Domain.of_classes(7)),
        counting("number", "kind", "kind", ONES, same(7)),
        counting("total", "kind", "kind", "number", same(7)),
        Table(
            "large",
            ("total", "number"),
            tuple(int(t > 300) + int(n > 6) for t in range(1025) for n in range(33)),
            Domain.of_classes(3),
        ),
    )
    readout = Readout(("p", "q"), (Term("large", ((0, 1), (2, 0), (0, 3))),))
    return Program("large", form, statements, readout)


THRESHOLDS = _thresholds()

DIGITS = Program(
    "digits",
    InputFormat(Vocabulary(("7", "12", "x")), 3),
    (Table("value", (TOKENS,), (7, 12, 0), Domain.of_numbers(12)),),
    Readout(("small", "large"), (Term("value", ((0, 1),)),)),
)

SIGNED = Program(
    "signed",
    InputFormat(Vocabulary(("7", "-12", "x")), 3),
    (Table("value", (TOKENS,), (19, 0, 12), Domain.of_numbers(19)),),
    Readout(("small", "large"), (Term("value", ((0, 1),)),)),
)

NEIGHBOUR = Program(
    "neighbour",
    InputFormat(Vocabulary(("a", "b")), 4),
    (
        Head(
            "next_token",
            POSITIONS,
            POSITIONS,
            TOKENS,
            ((0, 1, 2, 3),) * 4,
            Scope.AFTER,
        ),
    ),
    Readout(("a", "b"), (Term("next_token", ((1, 0), (0, 1))),)),
)


MANY = tuple(f"w{i}" for i in range(80))

REPEATS = Program(
    "repeats",
    InputFormat(Vocabulary(MANY), 9),
    (
        Head(
            "seen",
            TOKENS,
            TOKENS,
            ONES,
            tuple((i,) for i in range(len(MANY))),
            Scope.BEFORE,
            Aggregate.SUM,
        ),
        Head(
            "where",
            TOKENS,
            TOKENS,
            POSITIONS,
            tuple((i,) for i in range(len(MANY))),
            Scope.AFTER,
        ),
    ),
    Readout(("new", "old"), (Term("seen", ((0, 1),)),)),
)
"""What earlier tokens are equal is counted, among many; and which is the next one."""


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_layout_is_that_of_ruff(tmp_path: Path) -> None:
    texts = {f"p{i}.py": emit_python(p) for i, p in enumerate(random_programs())}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    options = ["--isolated", "--no-cache", "--line-length=88", "--target-version=py39"]
    done = subprocess.run(
        [tool("ruff"), "format", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    for name, text in texts.items():
        assert (tmp_path / name).read_bytes().decode().split("\n") == text.split("\n")
    assert f"{len(texts)} files left unchanged" in done.stdout


def test_files_are_python_3_9() -> None:
    for program in random_programs():
        ast.parse(emit_python(program), feature_version=(3, 9))


def test_files_import_the_standard_library_alone() -> None:
    for program in random_programs():
        for node in ast.walk(ast.parse(emit_python(program))):
            if isinstance(node, ast.ImportFrom):
                assert node.module in (
                    "__future__",
                    "collections.abc",
                    "types",
                    "typing",
                )
            elif isinstance(node, ast.Import):
                (alias,) = node.names
                assert alias.name in ("re", "sys")


def test_only_what_is_needed_is_printed() -> None:
    plain = Program(
        "plain",
        InputFormat(Vocabulary(("a", "b")), 3),
        (),
        Readout(("x", "y"), (Term(TOKENS, ((0, 1), (1, 0))),)),
    )
    defined = set(re.findall(r"^def (\w+)", emit_python(plain), re.MULTILINE))
    assert defined == {"frame", "trace", "run", "main"}
    source = emit_python(HIST)
    defined = set(re.findall(r"^def (\w+)", source, re.MULTILINE))
    assert {"count", "visible", "trace"} <= defined
    assert "attend" not in defined
    assert "Mapping" not in emit_python(plain)


def test_many_equal_values_are_counted_in_one_pass() -> None:
    source = emit_python(REPEATS)
    assert 'seen = count_equal(tokens, tokens, ones, scope="before")' in source
    run = load_file(source)["run"]
    tokens = ["w1", "w2", "w1", "w1", "w79", "w2"]
    assert run(tokens) == ["new", "new", "old", "old", "new", "old"]
    assert run(tokens) == Interpreter(REPEATS)(tokens)
    assert 'where = attend_equal(tokens, tokens, positions, scope="after")' in source
    assert load_file(source)["trace"](tokens)["where"] == [2, 5, 3, 0, 0, 0]


def test_every_primitive_is_printed_somewhere() -> None:
    programs = (*random_programs(), THRESHOLDS, DIGITS, SIGNED, NEIGHBOUR, REPEATS)
    sources = "".join(map(emit_python, programs))
    for function in PRIMITIVES:
        assert f"\ndef {function.__name__}(" in sources


def test_text_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for index, program in enumerate(random_programs()[:40]):
        (tmp_path / f"{index}.json").write_text(to_json(program), encoding="utf-8")
    script = (
        "import hashlib, pathlib, sys\n"
        "from transformer_programs.codegen.python import emit_python\n"
        "from transformer_programs.codegen.serialize import from_json\n"
        "digest = hashlib.sha256()\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    digest.update(emit_python(from_json(file.read_text())).encode())\n"
        "print(digest.hexdigest(), 'torch' in sys.modules)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().endswith(" False\n")


def test_import_does_nothing(tmp_path: Path) -> None:
    write_file(QUOTES, tmp_path)
    script = (
        "import sys\n"
        "opened = []\n"
        "import collections.abc, types, typing\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "sys.dont_write_bytecode = True\n"
        "sys.addaudithook(lambda event, arguments: opened.append(arguments[0])\n"
        "                 if event == 'open' else None)\n"
        "import program\n"
        "assert {file for file in opened if '__pycache__' not in str(file)} == {\n"
        "    program.__file__}, opened\n"
        "assert program.run(['\\\"', '\\n']) == ['open', 'in']\n"
    )
    done = execute("-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [file.name for file in tmp_path.iterdir()] == ["program.py"]


def test_invalid_programs_are_not_written() -> None:
    broken = Head("o", "nothing", TOKENS, TOKENS, ())
    with pytest.raises(ProgramError):
        emit_python(Program("x", HIST.input, (broken,), HIST.readout))


# The command line of the file


def call(program: Program, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of ``main``."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = load_file(emit_python(program))["main"](list(arguments))
    return status, out.getvalue(), err.getvalue()


def test_command_line_as_a_process(tmp_path: Path) -> None:
    file = write_file(HIST, tmp_path)
    done = execute(file, "1", "2", "1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 1 2\n", "")
    done = execute(file, "1", "7")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: unknown token '7' at position 1; known tokens: '0', '1', '2'\n"
    )


@pytest.mark.parametrize("arguments", [(), ("-h",), ("--help",)])
def test_help(arguments: tuple[str, ...]) -> None:
    status, out, err = call(HIST, *arguments)
    assert (status, err) == (0, "")
    assert out.startswith("hist: a Transformer Program.\n")
    assert "Usage: python program.py [--any-length] TOKEN..." in out


@pytest.mark.parametrize(
    ("arguments", "labels"),
    [
        (("--",), ""),
        (("--", "0", "0"), "2 2"),
        (("0",), "1"),
        (("2", "1", "0", "2", "2"), "3 1 1 3 3"),
    ],
)
def test_labels_are_printed(arguments: tuple[str, ...], labels: str) -> None:
    assert call(HIST, *arguments) == (0, labels + "\n", "")


def test_inputs_of_any_length() -> None:
    longer = ["0", "1", "0", "0", "0", "2", "0"]
    assert call(HIST, "--any-length", *longer) == (0, "5 1 5 5 5 1 5\n", "")
    assert call(HIST, "--any-length", "--", *longer) == (0, "5 1 5 5 5 1 5\n", "")
    assert call(HIST, "--any-length") == (0, "\n", "")
    status, _, err = call(HIST, *longer)
    assert status == 2
    assert err.endswith("; any_length (--any-length) allows more\n")
    file = load_file(emit_python(HIST))
    assert "any_length" not in file["trace"](longer, any_length=True)


def test_a_file_that_is_bound_to_its_length_says_so() -> None:
    table = Table("places", ("positions",), (0, 2, 1, 0, 1, 2), Domain.of_classes(3))
    bound = replace(HIST, statements=(*HIST.statements, table))
    text = emit_python(bound)
    assert "Bound to this length by places (a table over positions).\n" in text
    assert "any_length=" not in text.split("def visible")[1]
    _, _, err = call(bound, "--any-length", "0")
    assert err.startswith("error: unknown token '--any-length' at position 0")
    _, _, err = call(bound, *"000000")
    assert err == "error: too long: 6 tokens, at most 5 are allowed\n"


def test_a_label_is_printed() -> None:
    assert call(BY_NAME["opinion"].program, "not", "bad") == (0, "positive\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("0",) * 6, "too long: 6 tokens, at most 5 are allowed"),
        (("<s>",), "unknown token '<s>' at position 0"),
        (("a\nb",), r"unknown token 'a\nb' at position 0"),
        (("--", "--"), "unknown token '--' at position 0"),
        (("0", "--help"), "unknown token '--help' at position 1"),
    ],
)
def test_wrong_tokens(arguments: tuple[str, ...], message: str) -> None:
    status, out, err = call(HIST, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def test_empty_input_where_that_is_not_allowed() -> None:
    status, out, err = call(BY_NAME["opinion"].program, "--")
    assert (status, out, err) == (
        2,
        "",
        "error: empty sequence: expected 1 to 5 tokens\n",
    )


@pytest.mark.parametrize(
    ("arguments", "label", "unknown"),
    [
        (("not", "bad"), "positive", ""),
        (("not bad",), "positive", ""),
        (("--", "not bad", "good"), "positive", ""),
        (("Not", "bad!"), "negative", "'Not', '!'"),
        (("a\tb c", "d e"), "neutral", "'a', 'b', 'c', 'd', 'e'"),
        (("--any-length", *("x1 " * 6, "x1")), "neutral", "'x1'"),
    ],
)
def test_a_text_is_split_and_unknown_tokens_are_named(
    arguments: tuple[str, ...], label: str, unknown: str
) -> None:
    warning = f"warning: unknown tokens: {unknown}\n" if unknown else ""
    called = call(BY_NAME["opinion"].program, *arguments)
    assert called == (0, f"{label}\n", warning)


def test_few_of_many_unknown_tokens_are_named() -> None:
    opinion = BY_NAME["opinion"].program
    _, _, err = call(opinion, "--any-length", " ".join(map(str, range(100, 111))))
    named = ", ".join(repr(str(number)) for number in range(100, 110))
    assert err == f"warning: unknown tokens: {named}, ...\n"


def test_known_words_are_those_that_fold_to_known_ones() -> None:
    status, out, err = call(BY_NAME["names"].program, "MR. 1984 Ada")
    assert (status, out) == (0, "word name name\n")
    assert err == "warning: unknown tokens: 'Ada'\n"


def test_a_text_of_characters() -> None:
    reverse = BY_NAME["reverse"].program
    assert call(reverse, "0122") == (0, "2 2 1 0\n", "")
    assert (
        call(reverse, "01", "22") == call(reverse, "0 1 2 2") == call(reverse, *"0122")
    )
    assert "Usage: python program.py [--any-length] TEXT\n" in emit_python(reverse)
    file = load_file(emit_python(reverse))
    assert file["run"]("0122") == file["run"](["0", "1", "2", "2"])


# Tokens and names of all sorts

AWKWARD = (
    '"',
    "'",
    "\\",
    "\n",
    '"""',
    "\\n",
    "é",
    "漢字",
    "\U0001f600",
    "",
    "-h",
    "\x00",
)


def test_awkward_tokens_labels_and_title() -> None:
    form = InputFormat(Vocabulary(("\u2028", *AWKWARD, '\\"')), 9, "\u2028", '\\"')
    identity = same(len(form.vocabulary))
    statements = (
        counting("number", TOKENS, TOKENS, ONES, identity),
        Head("twin", TOKENS, TOKENS, TOKENS, identity),
        Table(
            "again",
            (TOKENS, "twin"),
            tuple(range(14)) * 14,
            Domain.of_tokens(reversed(form.vocabulary.tokens)),
        ),
    )
    weights = tuple(tuple(int(i == j) for j in range(len(AWKWARD))) for i in range(14))
    readout = Readout(AWKWARD, (Term("again", weights),))
    for name in ('"quoted" \\', '"""', "\\", "", " a\nb ", "\x00\u2028é", "'"):
        program = Program(name, form, statements, readout)
        file = load_file(emit_python(program))
        for tokens in [AWKWARD[:7], AWKWARD[5:], ("", "", "\n")]:
            assert file["run"](tokens) == naive_labels(program, tokens)
            assert file["trace"](tokens)["tokens"] == ["\u2028", *tokens, '\\"']


def identifiers(source: str) -> set[str]:
    """Every lower-case name that a file uses for anything."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    names = {token.string for token in tokens if token.type == tokenize.NAME}
    return {name for name in names if re.fullmatch("[a-z][a-z0-9_]*", name)}


def test_variables_may_have_any_name_that_the_file_uses() -> None:
    template = {s.output: s.output for s in QUOTES.statements}
    used = identifiers(emit_python(QUOTES) + emit_python(BY_NAME["opinion"].program))
    used |= {
        "class",
        "lambda",
        "match",
        "list",
        "print",
        "sys",
        "step",
        "table",
        "names",
    }
    used |= {"class_", "list_", "run_", "run", "v", "main", "attend"}
    inputs = [['"', "\\", "\n", '"', "é"], ["\\", '"', "\n"], []]
    expected = [naive_labels(QUOTES, tokens) for tokens in inputs]
    free = sorted(used - set(template) - {"tokens", "positions", "ones"})
    for start in range(0, len(free), 3):
        chosen = [*free[start : start + 3]]
        names = dict(zip(["previous", "role", "inside"], chosen, strict=False))
        names["quotes"] = "names" if "names" not in chosen else "other"
        program = rename(QUOTES, names)
        file = load_file(emit_python(program))
        assert [file["run"](tokens) for tokens in inputs] == expected, names
        assert list(file["trace"]([])) == list(program.domains), names


def test_names_that_collide_only_when_made_safe() -> None:
    names = {"class": "list", "previous": "list_", "quote": "list__", "role": "v"}
    program = rename(QUOTES, names)
    file = load_file(emit_python(program))
    assert list(file["trace"](["é"])) == list(program.domains)
    assert file["run"](['"', "é"]) == ["open", "in"]


# Numbers as tokens and labels


def test_numbers_too_long_for_python_are_text() -> None:
    long = tuple(f"{i}{'0' * 4400}" for i in range(1, 8))
    form = InputFormat(Vocabulary(long), 7)
    statements = (
        counting("same", TOKENS, TOKENS, ONES, same(7)),
        Table("value", (TOKENS,), tuple(range(7)), Domain.of_numbers(7)),
        Table("word", ("same",), (0, *range(7)), Domain.of_tokens(long)),
        Table("both", ("same", "value"), (3,) * 64, Domain.of_tokens(long)),
    )
    weights = tuple(tuple(int(a == b) for a in range(7)) for b in range(7))
    readout = Readout(long, (Term("word", weights),))
    program = Program("long", form, statements, readout)
    tokens = [long[0], long[1], long[0]]
    said = naive_labels(program, tokens)
    assert said == [long[1], long[0], long[1]]
    assert load_file(emit_python(program))["run"](tokens) == said


# Type checkers and other Pythons


def test_types_are_right(tmp_path: Path) -> None:
    files = [write_file(BY_NAME[n].program, tmp_path, f"{n}.py") for n in BY_NAME]
    for index, program in enumerate(random_programs()[4:40]):
        files.append(write_file(program, tmp_path, f"random_{index}.py"))
    for labels in (("a", "b"), ("x", "y")):  # a value is the label, or not
        form = InputFormat(Vocabulary(("a", "b")), 3)
        first = Readout(labels, (Term(TOKENS, ((1, 0), (0, 1))),), Pooling.FIRST)
        program = Program("first", form, (), first)
        files.append(write_file(program, tmp_path, f"first_{labels[0]}.py"))
    done = subprocess.run(
        [tool("mypy"), "--strict", "--config-file=", "--cache-dir", tmp_path / "cache"]
        + [str(file) for file in files],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout


def test_runs_on_python_3_9(tmp_path: Path) -> None:
    python = shutil.which("python3.9")
    probe = python and execute(
        "-c", "import sys; print(sys.version_info[:2])", python=python
    )
    if not (python and probe and probe.stdout == "(3, 9)\n"):
        pytest.skip("there is no python3.9 on the PATH")
    cases: dict[str, Any] = {}
    for golden in BY_NAME.values():
        write_file(golden.program, tmp_path, f"{golden.name}.py")
        inputs = [golden.program.input.symbols[:n] for n in range(1, 5)]
        cases[golden.name] = [(i, golden.definition(i)) for i in inputs]
    script = (
        "import importlib, json, sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "for name, cases in json.loads(sys.argv[1]).items():\n"
        "    for tokens, expected in cases:\n"
        "        assert importlib.import_module(name).run(tokens) == expected\n"
    )
    done = execute("-c", script, json.dumps(cases), python=python)
    assert (done.returncode, done.stderr) == (0, "")


# Size


def test_large_tables_stay_short() -> None:
    source = emit_python(THRESHOLDS)
    table = source[source.index("def large_of(") : source.index("def trace(")]
    assert table.count("\n") < 12  # 33,825 entries, two thresholds
    tokens = [THRESHOLDS.input.symbols[i * i % 700] for i in range(32)]
    file = load_file(source, emit(THRESHOLDS)[1])
    assert file["run"](tokens) == naive_labels(THRESHOLDS, tokens)
    assert len(source.splitlines()) < 250


def test_pooling_first_reads_the_first_position() -> None:
    form = InputFormat(Vocabulary(("a", "b")), 3)
    readout = Readout(("x", "y"), (Term(TOKENS, ((0, 1), (1, 0))),), Pooling.FIRST)
    file = load_file(emit_python(Program("first", form, (), readout)))
    assert file["run"](["a", "b", "b"]) == "y"


def test_an_output_that_cannot_be_written_is_no_fault_of_the_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = InputFormat(Vocabulary(("a",)), 3)
    program = Program("accent", form, (), Readout(("é",), ()))
    main = load_file(emit_python(program))["main"]
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", ascii_only)
    with pytest.raises(UnicodeEncodeError):
        main(["a"])
    assert main(["b"]) == 2


def test_many_tokens_keep_their_order() -> None:
    words = tuple(f"w{index}" for index in range(70))
    smaller = tuple(tuple(range(query)) for query in range(70))
    program = Program(
        "order",
        InputFormat(Vocabulary(words), 4),
        (counting("smaller", TOKENS, TOKENS, ONES, smaller),),
        Readout(("x",), ()),
    )
    traced = load_file(emit_python(program))["trace"](["w9", "w69", "w0", "w30"])
    assert traced["smaller"] == [1, 3, 0, 2]
