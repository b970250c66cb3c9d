"""Programs learned from texts split what they are given as in training."""

from __future__ import annotations

import itertools
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import refused, tprog
from transformer_programs.errors import TransformerProgramsError


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run about names of letters: is there an a?"""
    folder = tmp_path_factory.mktemp("names")
    found = ["".join(four) for four in itertools.product("ajmr", repeat=4)]
    rows = [f"{name},{'yes' if 'a' in name else 'no'}\n" for name in found]
    (folder / "names.csv").write_text("text,label\n" + "".join(rows))
    done = tprog(
        *("train", "--data", folder / "names.csv", "--split", "characters"),
        *("--learner", "search", "--out", folder / "run"),
    )
    assert done.status == 0, done.err
    (file,) = (line for line in done.out.splitlines() if line.startswith("  python "))
    example = shlex.split(file)[2:]
    assert len(example) == 1
    assert set(example[0]) <= set("ajmr")
    return folder / "run"


def called(run: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, str(run / "program.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "label", "unknown"),
    [
        (("rama",), "yes", ""),
        (("r", "a", "m", "a"), "yes", ""),
        (("ra", "ma"), "yes", ""),
        (("mrjm",), "no", ""),
        (("j",), "no", ""),
        (("jo m",), "no", "'o'"),
        (("x", "a", "y", "x"), "yes", "'x', 'y'"),
    ],
)
def test_all_that_runs_a_program_splits_a_text(
    names: Path, arguments: tuple[str, ...], label: str, unknown: str
) -> None:
    warning = f"warning: unknown tokens: {unknown}\n" if unknown else ""
    done = tprog("run", names, *arguments)
    assert (done.status, done.out, done.err) == (0, f"{label}\n", warning)
    assert called(names, *arguments) == (0, f"{label}\n", warning)
    done = tprog("run", names, *arguments, "--trace", "--json")
    assert (done.status, done.err) == (0, warning)
    tokens = list("".join(arguments).replace(" ", ""))
    assert json.loads(done.out)["tokens"] == tokens
    done = tprog("explain", names, *arguments, "--json")
    assert (done.status, done.err) == (0, warning)
    assert json.loads(done.out)["tokens"] == tokens
    assert tp.load(names).program.batch(["".join(arguments)]) == [label]


def test_a_text_may_be_too_long(names: Path) -> None:
    message = "too long: 5 tokens, at most 4 are allowed; the program holds at any "
    assert message in refused("run", names, "jjjjj")
    assert tprog("run", names, "jjajj", "--any-length").out == "yes\n"
    assert called(names, "--any-length", "jjajj") == (0, "yes\n", "")


def test_such_a_run_is_checked_and_measured(names: Path) -> None:
    assert tp.load(names).program.input.split == "characters"
    assert tprog("verify", names).status == 0
    assert tprog("eval", names).status == 0
    done = tprog("verify", names, "--against", names)
    assert (done.status, done.out[:6]) == (0, "proved")


def test_programs_of_lists_name_a_list_that_is_right(names: Path) -> None:
    lists = names.parent / "lists"
    rows = [("red", "green"), ("green",), ("red",), ("green", "red"), ("red", "red")]
    data = names.parent / "lists.jsonl"
    data.write_text(
        "".join(
            json.dumps({"tokens": row, "label": "yes" if "red" in row else "no"}) + "\n"
            for row in [*rows, *(row * 2 for row in rows), ("green",) * 3]
        )
    )
    arguments = ("--learner", "search", "--out", lists)
    assert tprog("train", "--data", data, *arguments).status == 0
    program = tp.load(lists).program
    assert program.input.split is None
    with pytest.raises(TransformerProgramsError) as caught:
        program("red green")
    right = "expected a list of tokens, such as ['red', 'green'], got the text "
    assert str(caught.value) == f"{right}'red green'"
    done = tprog("run", lists, "red green")
    assert done.status == 0
    assert done.err == "warning: unknown tokens: 'red green'\n"
