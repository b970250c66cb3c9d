from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import refused, tprog


@pytest.fixture(scope="module")
def hist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was learned from a task and holds at any length."""
    run = tmp_path_factory.mktemp("any-length") / "hist"
    done = tprog(
        *("train", "hist", "--learner", "search", "--size", "200", "--out", run)
    )
    assert "\nlength: holds at any length\n" in done.out
    return run


def test_run(hist: Path) -> None:
    tokens = ["0", "1", "0", "0", "0", "2", "0", "0"]
    assert tprog("run", hist, "--any-length", *tokens).out == "6 1 6 6 6 1 6 6\n"
    assert refused("run", hist, *tokens).endswith("add --any-length")
    traced = tprog("run", hist, "--any-length", "--trace", "--json", *tokens).out
    assert json.loads(traced)["trace"]["label"][1:3] == ["6", "1"]


def test_eval(hist: Path) -> None:
    default = tprog("eval", hist, "--any-length", "--drawn", "5").out.splitlines()
    assert [line.split()[0] for line in default[2:]] == ["14", "28", "70"]
    options = ("--any-length", "--lengths", "1,20", "--drawn", "30", "--json")
    found = json.loads(tprog("eval", hist, *options).out)
    assert found["lengths"]["20"] == {
        "per_label": 1.0,
        "per_sequence": 1.0,
        "labels": 600,
        "sequences": 30,
    }
    assert found["lengths"]["1"]["sequences"] == 6  # no more exist


def test_eval_refuses(hist: Path, tmp_path: Path) -> None:
    assert "expected numbers such as 20,40" in refused(
        "eval", hist, "--any-length", "--lengths", "20,x"
    )
    assert "give them with --any-length" in refused("eval", hist, "--drawn", "5")
    data = tmp_path / "data.jsonl"
    assert "omit --data" in refused("eval", hist, "--any-length", "--data", data)
