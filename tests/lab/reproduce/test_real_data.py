"""The suite of real data, on a few small files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from transformer_programs.errors import SettingsError, TrainingError
from transformer_programs.lab.reproduce import measure
from transformer_programs.lab.reproduce.apart import Spent, apart
from transformer_programs.lab.reproduce.measure import reproduce
from transformer_programs.lab.reproduce.page import overview, records_of, section_of
from transformer_programs.lab.reproduce.plan import ReproductionPlan
from transformer_programs.lab.reproduce.real_data import (
    REAL_DATA,
    found_file,
    real_source,
    without_folder,
)
from transformer_programs.lab.reproduce.suites import Files
from transformer_programs.learn.callbacks import Watch

BOARDS = [
    {"tokens": [a, b, c], "label": "win" if a == b == c else "open"}
    for a in "xo"
    for b in "xo"
    for c in "xo"
] * 6
QUESTIONS = [
    {"text": f"what is the {word} of {place}", "label": label}
    for word, label in (("size", "NUM"), ("name", "HUM"), ("capital", "LOC"))
    for place in ("Rome", "Oslo", "Peru", "Mali")
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of data, with two of the data sets."""
    data = tmp_path / "data"
    for name, rows in (
        ("strangers/tictactoe.jsonl", BOARDS),
        ("trec/train.jsonl", QUESTIONS),
        ("trec/validation.jsonl", QUESTIONS[:6]),
        ("trec/test.jsonl", QUESTIONS[3:]),
    ):
        file = data / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return data


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done apart is done in this process."""

    def directly(function: Callable[..., Any], *arguments: Any) -> Spent[Any]:
        return Spent(function(*arguments), 1.5, 64.0)

    monkeypatch.setattr(measure, "apart", directly)


@contextmanager
def noting(notes: list[str]) -> Iterator[Watch]:
    yield Watch(on_note=notes.append)


def plan_of(folder: Path, learner: str = "default", *tasks: str) -> ReproductionPlan:
    return ReproductionPlan("data", None, learner, tasks, files=Files(folder))


def test_files_and_their_parts(folder: Path) -> None:
    assert found_file(folder, "mr") is None
    boards = real_source(folder, "tictactoe", 2)
    assert boards.options.seed == 2
    trec = real_source(folder, "trec", 2)
    assert trec.options.seed == 0  # its parts are official
    assert Path(trec.options.test or "").name == "test.jsonl"
    stored = without_folder(folder, "trec", trec)
    assert (stored.path, stored.options.validation) == (
        "trec/train.jsonl",
        "trec/validation.jsonl",
    )
    assert stored.test_sha256 == trec.test_sha256
    with pytest.raises(SettingsError, match=r"no file of mr; expected mr/train\.jsonl"):
        real_source(folder, "mr", 0)


def test_links_are_named_by_where_they_are(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "links"
    other.mkdir()
    try:
        (other / "trec").symlink_to(folder / "trec")
    except OSError:
        pytest.skip("no links here")
    stored = without_folder(other, "trec", real_source(other, "trec", 0))
    assert (stored.path, stored.options.test) == ("trec/train.jsonl", "trec/test.jsonl")


@pytest.mark.usefixtures("here")
def test_programs_beside_others(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    out, notes = tmp_path / "results", list[str]()
    plan = replace(plan_of(folder, "default", "tictactoe", "trec", "mr"), seeds=(0, 1))
    record = reproduce(plan, out, watching=lambda: noting(notes))
    assert notes[0] == (
        f"mr is left out: no mr/train.jsonl or mr/train.jsonl.gz in {folder}"
    )
    assert "tictactoe, seed 1, is being learned (about 13 CPU s)" in notes
    found = [(m.task, m.seed, m.cpu_seconds, m.peak_megabytes) for m in record.results]
    assert found == [
        ("tictactoe", 0, 1.5, 64.0),
        ("tictactoe", 1, 1.5, 64.0),
        ("trec", 0, 1.5, 64.0),
        ("trec", 1, 1.5, 64.0),
    ]
    assert record.results[0].found_by == "search"
    assert plan.read(out) == record
    simple = replace(plan, learner="simple")
    others = reproduce(simple, out)
    # The official parts of trec are the same for all seeds.
    assert [(m.task, m.seed) for m in others.results] == [
        ("tictactoe", 0),
        ("tictactoe", 1),
        ("trec", 0),
    ]
    assert simple.read(out) == others
    notes.clear()
    assert reproduce(plan, out, watching=lambda: noting(notes)) == record
    assert notes[1:] == [
        f"{task}, seed {seed}, is in the record"
        for task in ("tictactoe", "trec")
        for seed in (0, 1)
    ]
    head, rows = overview(records_of(out, "data", None))
    assert [row[0] for row in rows] == ["tictactoe, 2 seeds", "trec, 2 seeds"]
    first = dict(zip(head, rows[0], strict=True))
    assert first["program"] == "100.0"
    assert first[""] in ("wins", "equal")
    assert first["peak MB"] == "64"
    text = section_of(tmp_path / "results.md", "data")
    assert text is not None
    assert "| tictactoe | 1 | 100.00 | 100.00 | search |" in text
    assert "| trec: linear SVM | 0 |" in text
    assert str(tmp_path) not in (out / "data-default.json").read_text()


def test_a_training_in_a_process_of_its_own(folder: Path, tmp_path: Path) -> None:
    plan = replace(plan_of(folder, "default", "tictactoe"), seeds=(0,))
    (found,) = reproduce(plan, tmp_path / "results", processes=2).results
    assert found.test.per_label == 1.0
    assert found.cpu_seconds is None or found.cpu_seconds > 0
    assert found.peak_megabytes is None or found.peak_megabytes > 10


def test_one_that_is_killed_does_not_end_the_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(function: Callable[..., Any], *arguments: Any) -> Spent[Any]:
        if arguments[0].task == "tictactoe":
            raise TrainingError("its process ended with status -9")
        return Spent(function(*arguments), None, None)

    monkeypatch.setattr(measure, "apart", killed)
    plan = replace(plan_of(folder, "default", "tictactoe", "trec"), seeds=(0,))
    out, notes = tmp_path / "results", list[str]()
    record = reproduce(plan, out, watching=lambda: noting(notes))
    assert [m.task for m in record.results] == ["trec"]
    assert "tictactoe, seed 0: its process ended with status -9" in notes
    monkeypatch.setattr(measure, "apart", lambda f, *a: Spent(f(*a), None, None))
    notes.clear()
    again = reproduce(plan, out, watching=lambda: noting(notes))
    assert [m.task for m in again.results] == ["tictactoe", "trec"]
    assert "trec, seed 0, is in the record" in notes


def test_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no file of mr; expected the folder of"):
        reproduce(plan_of(tmp_path, "default", "mr"), tmp_path / "results")
    with pytest.raises(SettingsError, match=r"data is learned from files: expected"):
        reproduce(ReproductionPlan("data", None, "default"), tmp_path / "results")
    with pytest.raises(SettingsError, match=r"^data has one size"):
        ReproductionPlan("data", 8, "default")
    with pytest.raises(SettingsError, match="expected learner default, simple, base"):
        ReproductionPlan("data", None, "gradient")
    assert set(plan_of(tmp_path).tasks) == set(REAL_DATA)


def test_apart() -> None:
    spent = apart(abs, -4)
    assert spent.result == 4
    with pytest.raises(ValueError, match="invalid literal"):
        apart(int, "four")
    with pytest.raises(TrainingError, match=r"^its process ended with status 3$"):
        apart(os._exit, 3)
