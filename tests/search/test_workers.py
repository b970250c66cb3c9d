"""A search by several processes: the program that one process finds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.commands import tprog
from transformer_programs import tasks
from transformer_programs.search import learner
from transformer_programs.search.learner import Ending, Found, SearchProgress, search
from transformer_programs.settings import SearchSettings
from transformer_programs.system.team import Leader

SETTINGS = SearchSettings(work=1500)


def found_by(workers: int, notes: list[str]) -> tuple[Found, list[SearchProgress]]:
    dataset = tasks.get("most_freq").dataset(300)
    lines: list[SearchProgress] = []
    settings = replace(SETTINGS, workers=workers)
    found = search(dataset, settings, lines.append, on_note=notes.append)
    return replace(found, seconds=0), [replace(line, seconds=0) for line in lines]


@pytest.fixture(scope="module")
def alone() -> tuple[Found, list[SearchProgress]]:
    return found_by(1, [])


def test_two_find_what_one_finds(alone: tuple[Found, list[SearchProgress]]) -> None:
    notes: list[str] = []
    assert found_by(2, notes) == alone
    assert not notes


def test_one_that_dies_changes_nothing(
    alone: tuple[Found, list[SearchProgress]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "FOLLOWING", "raise SystemExit(7)")
    notes: list[str] = []
    assert found_by(2, notes) == alone
    (note,) = notes
    assert "is lost (exit status 7)" in note


def test_ctrl_c_ends_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    leaders: list[Leader] = []

    def lead(*settings: Any) -> Leader:
        leaders.append(Leader(*settings))
        return leaders[-1]

    def stop(_: SearchProgress) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learner, "Leader", lead)
    found = search(tasks.get("hist").dataset(200), SearchSettings(workers=2), stop)
    assert found.ending is Ending.INTERRUPTED
    assert found.layers == 1
    (leader,) = leaders
    assert not leader._others


def test_the_same_files(tmp_path: Path) -> None:
    runs = [tmp_path / "one", tmp_path / "two"]
    for workers, run in enumerate(runs, 1):
        options = ("--size", "300", "--learner", "search", "--workers", str(workers))
        done = tprog("train", "sort", *options, "--out", str(run))
        assert done.status == 0, done.err
    one, two = runs
    for name in ("program.py", "program.json", "model.safetensors"):
        assert (one / name).read_bytes() == (two / name).read_bytes()
    assert metrics(one) == metrics(two)


def metrics(run: Path) -> list[dict[str, object]]:
    text = (run / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return [
        {k: v for k, v in line.items() if not k.endswith("seconds")} for line in lines
    ]
