"""``tprog`` with data of whose tokens characters are read."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import refused, tprog
from transformer_programs.errors import UnknownTokenWarning
from transformer_programs.runs.run import load

CHARACTERS = (
    *("--surfaces", "shape,suffix", "--surface-values", "6"),
    *("--lowercase", "--fold-digits"),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = random.Random(0)
    file = tmp_path_factory.mktemp("data") / "words.jsonl"
    lines = []
    for _ in range(120):
        tokens = [rng.choice(["The", "the", "Bob", "7", "19", "Ada"]) for _ in "123"]
        tags = ["NAME" if t in ("Bob", "Ada") else "O" for t in tokens]
        lines.append(json.dumps({"tokens": tokens, "tags": tags}))
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture(scope="module")
def run(data: Path) -> Path:
    run = data.parent / "run"
    training = ("--steps", "30", "--restarts", "1", "--layers", "1")
    done = tprog("train", "--data", data, *CHARACTERS, *training, "--out", run)
    assert done.status == 0, done.err
    return run


def test_the_program_has_its_surfaces(run: Path) -> None:
    program = load(run).program
    form = program.input
    assert [surface.name for surface in form.surfaces] == ["shape", "suffix"]
    assert {"the", "bob", "0"} <= set(form.symbols)
    with pytest.warns(UnknownTokenWarning, match="^unknown tokens: 'thinking'$"):
        traced = program.trace(["ADA", "thinking", "1984"])
    assert traced["tokens"] == ["ada", "<unk>", "0"]
    assert traced["shape"] == ["other", "x", "d"]
    assert "def fold(word: str) -> str:" in program.source
    assert "def shape_of(word: str) -> str:" in program.source
    assert "def suffix_of(word: str) -> str:" in program.source


def test_a_shape_that_tells_one_from_several(data: Path) -> None:
    run = data.parent / "runs_of_characters"
    options = ("--surfaces", "shape2", "--steps", "5", "--restarts", "1")
    done = tprog("train", "--data", data, *options, "--layers", "1", "--out", run)
    assert done.status == 0, done.err
    program = load(run).program
    with pytest.warns(UnknownTokenWarning):
        traced = program.trace(["thinking", "A", "1984"])
    assert traced["shape2"] == ["xx", "other", "dd"]
    assert "found = character_runs(word, 2)" in program.source
    assert tprog("verify", run).status == 0


def test_commands_know_them(run: Path) -> None:
    done = tprog("run", run, "Ada", "IS", "7", "--trace")
    assert done.status == 0, done.err
    assert " shape " in done.out
    program = subprocess.run(
        [sys.executable, run / "program.py", "Ada", "IS", "7"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert program.stdout.splitlines()[-1] == done.out.splitlines()[-1]
    assert tprog("eval", run).status == 0
    verified = tprog("verify", run)
    assert verified.status == 0, verified.err
    assert "combinations of words and surfaces exist" in verified.out
    assert "all " not in verified.out
    assert tprog("show", run).out == load(run).program.heart
    assert tprog("show", run, "--all").out == load(run).program.source


def test_what_is_tried_is_not_called_proved(run: Path) -> None:
    done = tprog("verify", run, "--against", run, "--drawn", "500")
    assert done.status == 0, done.err
    assert "this is a test, not a proof" in done.out
    done = tprog("verify", run, "--invariant", "length")
    assert "one label per token on all possible inputs of 1 to 3 tokens" in done.out
    assert tprog("verify", "--check", run / "certificate.json").status == 0


def test_what_cannot_be_asked(run: Path) -> None:
    message = refused("verify", run, "--invariant", "renaming")
    assert "reads the characters of tokens, which a renaming changes" in message
    message = refused("verify", run, "--invariant", "prefix", "--solver")
    assert "a solver cannot go through them" in message
    message = refused("verify", run, "--against", run, "--solver")
    assert "a solver cannot go through them" in message


def test_a_difference_between_spellings_is_found(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "defined.py"
    file.write_text("def f(tokens): return tuple('O' for t in tokens)\n")
    done = tprog("verify", run, "--against", f"{file}:f")
    assert done.status == 1
    file.write_text(
        "import sys\n"
        "def f(tokens): return tuple('NAME' if t in ('Bob', 'Ada', 'ADA') else 'O' "
        "for t in tokens)\n"
    )
    done = tprog("verify", run, "--against", f"{file}:f")
    assert done.status == 1


def test_training_goes_on_from_such_a_program(run: Path, data: Path) -> None:
    out = data.parent / "again"
    done = tprog(
        "train", "--init", run, "--steps", "4", "--restarts", "1", "--out", out
    )
    assert done.status == 0, done.err
    assert load(out).program.input == load(run).program.input
    message = refused("train", "--init", run, "--data", data, "--steps", "4")
    assert "the program's folding is" in message
    assert "the program's surfaces are ['shape', 'suffix']" in message


def test_a_standard_transformer_reads_the_same_words(data: Path) -> None:
    out = data.parent / "baseline"
    arguments = ("--steps", "2", "--evaluations", "1", "--width", "8", "--heads", "1")
    done = tprog("baseline", "--data", data, *CHARACTERS, *arguments, "--out", out)
    assert done.status == 0, done.err


def test_options_of_files_alone() -> None:
    assert "--surfaces: for data of a file" in refused(
        "train", "sort", "--surfaces", "shape"
    )
    assert "--lowercase: for data of a file" in refused("train", "sort", "--lowercase")
