"""Data that have one label: a program that always gives it, and says so."""

from __future__ import annotations

import itertools
import json
import runpy
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import tprog
from transformer_programs.cli import console
from transformer_programs.data.accuracy import Accuracy
from transformer_programs.data.metrics import MAJORITY, Quality


@pytest.fixture(scope="module", params=["label", "tags"])
def file(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """All strings over a and b of up to 4 tokens, all of them accepted."""
    lines = []
    for length in (1, 2, 3, 4):
        for tokens in itertools.product("ab", repeat=length):
            target = "yes" if request.param == "label" else ["yes"] * length
            lines.append(json.dumps({"tokens": tokens, request.param: target}))
    path = tmp_path_factory.mktemp("one") / "all.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


SMALL = ("--steps", "9", "--restarts", "2")


@pytest.mark.parametrize(
    ("learner", "options"), [("auto", ()), ("search", ()), ("gradient", SMALL)]
)
def test_a_constant_program(
    file: Path, tmp_path: Path, learner: str, options: tuple[str, ...]
) -> None:
    run = tmp_path / "run"
    done = tprog("train", "--data", file, "--learner", learner, *options, "--out", run)
    assert done.status == 0, done.err
    assert "the data have one label only, 'yes'" in done.err
    assert "'yes' is the only label of these data" in done.out
    assert "little was learned" not in done.out
    assert "size: 0 statements" in done.out
    program = runpy.run_path(str(run / "program.py"))
    given = program["run"](["a", "b"])
    assert given in ("yes", ["yes", "yes"])
    assert tprog("eval", run).status == 0
    assert tprog("verify", run, "--invariant", "never yes").status == 1


def test_the_baselines(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn")
    done = tprog("baseline", "--data", file, "--kind", "simple", "--json")
    assert done.status == 0, done.err
    found = json.loads(done.out)
    assert all(row["accuracy"] == 1 for row in found["baselines"].values())
    options = ("--steps", "3", "--layers", "1", "--out", tmp_path / "standard")
    done = tprog("baseline", "--data", file, *options)
    assert done.status == 0, done.err


def test_from_python(file: Path) -> None:
    data = tp.read_sequences(file)
    assert data.single_label == "yes"
    result = tp.train(data, learner="search")
    assert not result.program.statements
    assert any("one label only" in note for note in result.summary()["notes"])


def said(
    capsys: pytest.CaptureFixture[str], share: float, others: dict[str, float]
) -> str:
    confusion = {("a", "a"): 3, ("b", "b"): 1}
    measured = Accuracy(share, share, 200, 200, confusion=confusion)
    beside = {name: Quality(score) for name, score in others.items()}
    console.print_accuracy(measured, "x: held out", beside)
    return capsys.readouterr().out


def test_what_is_said_of_simple_methods(capsys: pytest.CaptureFixture[str]) -> None:
    per_token = "the most frequent label per token"
    text = said(capsys, 0.925, {MAJORITY: 0.5, per_token: 0.935})
    assert f"note: no better than {per_token}: 92.50% against 93.50%" in text
    assert "little was learned" not in text
    text = said(capsys, 0.5, {MAJORITY: 0.5, per_token: 0.935})
    assert "note: no better than always the most frequent label: little was le" in text
    assert "note:" not in said(capsys, 0.95, {MAJORITY: 0.5, per_token: 0.935})
