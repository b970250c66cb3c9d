"""Functions that users wrote may do anything: the error names them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import refused, tprog
from transformer_programs.data.foreign import brief, called, described
from transformer_programs.errors import TransformerProgramsError
from transformer_programs.tasks import registry

RUN = Path(__file__).parents[2] / "gallery" / "sort-8"

FUNCTIONS = """
import sys

def ends(tokens):
    sys.exit(7)

def ends_well(tokens):
    raise SystemExit

def recurses(tokens):
    return recurses(tokens)

def closes(tokens):
    raise GeneratorExit

def of_many_lines(tokens):
    raise ValueError("one\\ntwo" + "x" * 10_000)

class Silent(Exception):
    def __str__(self):
        raise RuntimeError("no text")

def says_nothing(tokens):
    raise Silent

def nothing(tokens):
    return None

def number(tokens):
    return 3

def long(tokens):
    return ["x" * 10_000] * 10_000

class Odd:
    def __repr__(self):
        raise RuntimeError("no text")

def odd(tokens):
    return Odd()

def mutates(tokens):
    tokens[0] = "x"

def other_error(tokens):
    import transformer_programs as tp
    raise tp.errors.TransformerProgramsError("mine")

def prints(tokens):
    print("called")
    return tuple(sorted(tokens))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(RUN, tmp_path / "run")
    (tmp_path / "f.py").write_text(FUNCTIONS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_register", dict(registry._register))
    return tmp_path


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("ends", "SystemExit: 7"),
        ("ends_well", "SystemExit"),
        ("recurses", "RecursionError: maximum recursion depth exceeded"),
        ("closes", "GeneratorExit"),
        ("of_many_lines", "ValueError: one twoxxx"),
        ("says_nothing", "Silent: (its message cannot be had)"),
        ("nothing", "the function gives None for ('0',), expected 1 labels"),
        ("number", "the function gives 3 for ('0',), expected 1 labels"),
        ("long", "the function gives ['xxx"),
        ("odd", "the function gives <Odd instance at"),
        ("mutates", "TypeError: 'tuple' object does not support item assignment"),
        ("other_error", "TransformerProgramsError: mine"),
    ],
)
@pytest.mark.usefixtures("place")
def test_the_error_names_the_function(function: str, message: str) -> None:
    against = f"f.py:{function}"
    found = refused("verify", "run", "--against", against, "--only-lengths", "1-2")
    assert found.startswith(f"{against}: the function ")
    assert message in found
    assert len(found) < 3_000


@pytest.mark.usefixtures("place")
def test_what_a_function_prints_is_no_output() -> None:
    done = tprog(
        *("verify", "run", "--against", "f.py:prints", "--only-lengths", "1", "--json")
    )
    assert done.out.startswith("{")
    assert "called" in done.err


TASK = """
import sys
import numpy as np
import transformer_programs as tp

def task(name, **changes):
    fields = dict(
        summary="", definition=lambda tokens: tokens, symbols=("a", "b"),
        labels=("a", "b"), max_length=5,
    )
    tp.tasks.register(tp.tasks.Task(name=name, **fields | changes))

def ends(*arguments):
    sys.exit(7)

task("defined", definition=ends)
task("nothing", definition=lambda tokens: None)
task("unhashable", definition=lambda tokens: tuple([[]] * len(tokens)))
task("drawn", draw=ends, max_length=20)
task("badly_drawn", draw=lambda rng, count, length: "nonsense", max_length=20)
task("outside", draw=lambda rng, c, n: np.full((c, n), 7), max_length=20)
task("resized", resize=ends)
task("badly_resized", resize=lambda task, size, length: 3)
task("drawing", draw=lambda rng, c, n: print("called") or rng.integers(2, size=(c, n)),
     max_length=20)
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("defined", r"task 'defined': the definition fails for .*: SystemExit: 7"),
        ("nothing", r"task 'nothing': the definition gives None for "),
        ("unhashable", r"task 'unhashable': the definition gives \(\[\]"),
        ("drawn", r"the task's draw of \d+ sequences of \d+ tokens fails: SystemExit"),
        ("badly_drawn", r"draw of .*: expected an array of shape .*, got 'nonsense'"),
        ("outside", r"draw of .*: expected an array .* of indices into the alphabets"),
        ("resized", r"task 'resized': its resize fails: SystemExit: 7"),
        ("badly_resized", r"'badly_resized': its resize fails: expected a task, got 3"),
    ],
)
def test_the_error_names_what_failed_of_a_task(
    name: str, message: str, place: Path
) -> None:
    (place / "mine.py").write_text(TASK, encoding="utf-8")
    with pytest.raises(TransformerProgramsError, match=message):
        tp.TaskSource(f"{place}/mine.py:{name}", size=50).dataset()


def test_what_a_task_prints_is_no_output(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "mine.py").write_text(TASK, encoding="utf-8")
    assert tp.TaskSource(f"{place}/mine.py:drawing", size=50).dataset().train
    captured = capsys.readouterr()
    assert (captured.out, "called" in captured.err) == ("", True)


def test_control_c_is_no_error_of_the_function() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        called("f", (), interrupted)


def test_values_and_errors_stand_in_one_line() -> None:
    assert described(ValueError("a\n b")) == "ValueError: a b"
    assert described(ValueError()) == "ValueError"
    assert "\n" not in brief({"a": "b\nc"})
    assert len(brief(["x" * 1_000] * 1_000)) < 3_000
