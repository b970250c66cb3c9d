"""Every command that is suggested succeeds on the run that it is suggested for."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import Done, tprog
from golden_programs import BY_NAME
from transformer_programs.codegen.serialize import to_json
from transformer_programs.learn import population
from transformer_programs.learn.trainer import Trainer

SORT = ("sort", "--vocabulary-size", "6", "--max-length", "5", "--size", "200")
TINY = ("--learner", "gradient", "--layers", "1", "--restarts", "1", "--steps", "4")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, as suggestions name folders as they were given."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suggested(done: Done) -> list[list[str]]:
    """The commands below "Next", word by word."""
    assert done.status in (0, 3, 130), done.err
    words = ("tprog", "python")
    lines = [shlex.split(line) for line in done.out.splitlines() if line[:2] == "  "]
    return [line for line in lines if line and line[0] in words]


def assert_all_succeed(done: Done, expected: str) -> None:
    """What is suggested ends with status 0, and is just what is expected."""
    commands = suggested(done)
    assert [c[1] for c in commands if c[0] == "tprog"] == expected.split()
    for program, *arguments in commands:
        if program == "python":
            ran = subprocess.run([sys.executable, *arguments], capture_output=True)
            assert ran.returncode == 0, ran.stderr
            assert not ran.stdout.startswith(b"usage")
            continue
        options = ("--steps", "2", "--restarts", "1", "--quiet")
        short = options if "--init" in arguments else ()
        again = tprog(*arguments, *short)
        assert again.status == 0, (arguments, again.err)


def test_after_learning_an_exact_program_of_a_task() -> None:
    done = tprog("train", *SORT, "--out", "a run")
    assert_all_succeed(done, "show verify report")
    assert ["tprog", "verify", "a run", "--against", "task"] in suggested(done)


def test_after_learning_a_task_of_ones_own(here: Path) -> None:
    (here / "mine.py").write_text(
        "from dataclasses import replace\n"
        "from transformer_programs import tasks\n"
        "hist = replace(tasks.get('hist'), name='mine', resize=None)\n"
        "tasks.register(hist)\n"
    )
    done = tprog("train", "mine.py:mine", "--size", "200", "--out", "run")
    assert_all_succeed(done, "show verify report")


def test_after_learning_a_program_that_errs() -> None:
    """A comparison with the definition would end with an error."""
    assert_all_succeed(tprog("train", *SORT, *TINY, "--out", "run"), "show eval report")


@pytest.mark.parametrize("labels", ["per token", "per sequence", "few"])
def test_after_learning_from_a_file(labels: str, here: Path) -> None:
    rows = [
        {"tokens": ["-h", first, second]}
        | (
            {"tags": ["x", "y", first]}
            if labels == "per token"
            else {"label": "same" if first == second else "other"}
        )
        for first in "abcd"
        for second in "abcd"
    ]
    data = here / "some data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = TINY if labels == "few" else ("--search-sample", "50")
    done = tprog("train", "--data", data, *options, "--out", "run")
    exact = "sequences right" not in done.out and "100.00% of 2 seq" in done.out
    expected = "show report" if exact else "show eval report"
    assert_all_succeed(done, expected)


def test_after_compiling_a_program_that_no_data_belong_to(here: Path) -> None:
    file = here / "mine.json"
    file.write_text(to_json(BY_NAME["opinion"].program))
    done = tprog("compile", file)
    assert_all_succeed(done, "show")
    assert "written to runs/mine-compiled. Next:" in done.out
    assert "name labelled sequences with --data of tprog eval" in done.err


def test_after_compiling_a_program_of_a_run() -> None:
    assert tprog("train", *SORT, "--out", "run", "--quiet").status == 0
    assert_all_succeed(tprog("compile", "run"), "show eval train")


def test_after_simplifying(here: Path) -> None:
    assert tprog("train", *SORT, *TINY, "--out", "run", "--quiet").status == 0
    done = tprog("simplify", "run", "--tolerance", "0.3")
    expected = "show eval eval" if "--any-length" in done.out else "show eval"
    assert_all_succeed(done, expected)


def test_after_simplifying_a_program_of_a_file(here: Path) -> None:
    """Inputs of other lengths are drawn from tasks alone."""
    rows = [{"tokens": [*f"{i:b}"], "label": ["even", "odd"][i % 2]}
            for i in range(64)]  # fmt: skip
    data = here / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    learned = ("--data", data, "--learner", "search", "--out", "run", "--quiet")
    assert tprog("train", *learned).status == 0
    done = tprog("simplify", "run", "--tolerance", "0.5")
    assert_all_succeed(done, "show eval")


class Stopping(Trainer):
    """A training in which Ctrl-C is pressed so many times at the third step."""

    times = 1

    def take_step(self) -> None:
        if self.step == 2:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)
        super().take_step()


class StoppingAtOnce(Stopping):
    times = 2


def test_after_a_training_that_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(population, "Trainer", Stopping)
        done = tprog("train", *SORT, *TINY, "--out", "run")
    assert done.status == 130
    assert suggested(done)[-1] == ["tprog", "train", "--resume", "run"]
    assert_all_succeed(done, "show eval report train")


def test_after_a_training_that_was_stopped_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(population, "Trainer", StoppingAtOnce)
        done = tprog("train", *SORT, *TINY, "--out", "a run")
    assert (done.status, done.out) == (130, "")
    (command,) = (line for line in done.err.splitlines() if "go on with: " in line)
    _, *arguments = shlex.split(command.partition("go on with: ")[2])
    assert arguments == ["train", "--resume", "a run"]
    assert tprog(*arguments).status == 0
