from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from commands import edit, refused, tprog


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
    assert "at least 1" in refused("eval", hist, "--any-length", "--drawn", "0")
    data = tmp_path / "data.jsonl"
    data.write_text('{"tokens": ["0"], "tags": ["1"]}\n', encoding="utf-8")
    options = ("--any-length", "--data", data)
    assert "without --data" in refused("eval", hist, *options, "--lengths", "3")
    assert "omit --by-label" in refused("eval", hist, "--any-length", "--by-label")


def test_eval_takes_longer_sequences_of_a_file(hist: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    row = {"tokens": ["0"] * 30, "tags": ["6"] * 30}
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert "expected at most 7 tokens" in refused("eval", hist, "--data", data)
    done = tprog("eval", hist, "--data", data, "--any-length", "--json")
    assert json.loads(done.out)["labels"] == 30, done.err


def test_a_file_of_an_earlier_version(hist: Path, tmp_path: Path) -> None:
    run = shutil.copytree(hist, tmp_path / "run")
    edit(run / "program.py", lambda text: text.replace("any_length", "longer"))
    assert "'tprog compile" in refused("eval", run, "--any-length")


def test_data_that_are_no_task(tmp_path: Path) -> None:
    data, run = tmp_path / "data.csv", tmp_path / "run"
    rows = [f"{a} {b},{a}" for a in "abc" for b in "abc" for _ in range(3)]
    data.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    options = (
        "--learner",
        "search",
        "--tokens-column",
        "text",
        "--split",
        "whitespace",
    )
    done = tprog("train", "--data", data, *options, "--out", run, "--quiet")
    assert done.status == 0, done.err
    assert "learned from a task" in refused("eval", run, "--any-length")
