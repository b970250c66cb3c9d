"""Sizes that no machine has room for are refused before memory or time is spent."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from golden_programs import BY_NAME
from transformer_programs.errors import SettingsError, TaskError
from transformer_programs.lab import StandardSettings, train_standard
from transformer_programs.learn import learner
from transformer_programs.nn.memory import check_training_fits
from transformer_programs.settings import MOST_THREADS, Learner
from transformer_programs.system import memory
from transformer_programs.system.memory import (
    LONGEST_SEQUENCE as LONGEST,
    Sizes,
    check_fits,
    check_length,
    machine_memory,
)

HERE = Path(__file__).parent

HIST = BY_NAME["hist"].program

RUN = HERE.parent / "gallery" / "sort-8"


@pytest.fixture(scope="module")
def extremes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What becomes of every integer option at extreme values, in a limited child."""
    place = tmp_path_factory.mktemp("extremes")
    run = shutil.copytree(RUN, place / "run")
    done = subprocess.run(
        [sys.executable, HERE / "extremes.py", place, run],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_extreme_is_taken_or_refused_at_once_in_one_line(
    extremes: list[dict[str, Any]],
) -> None:
    assert len(extremes) > 250
    for case in extremes:
        lines = [line for line in case["err"].splitlines() if line.strip()]
        refused = case["status"] == 2 and len(lines) == 1
        assert refused or case["begun"] or case["status"] == 0, case
        assert "not enough memory" not in case["err"], case
        assert case["seconds"] < 2, case


@pytest.mark.parametrize(
    ("command", "option", "said"),
    [
        ("train", "--cardinality", "expected --cardinality <= "),
        ("train", "--restarts", "expected --restarts <= "),
        ("train", "--layers", "expected --layers <= "),
        ("train", "--categorical-heads", "expected --categorical-heads <= "),
        ("train", "--numerical-heads", "expected --numerical-heads <= "),
        ("train", "--tables", "expected --tables <= "),
        ("train", "--word-classes", "expected --word-classes <= "),
        ("train", "--window", "expected --window <= "),
        ("train", "--pairs", "expected --pairs <= "),
        ("train", "--vocabulary-size", "expected --vocabulary-size <= 1000, got"),
        ("train", "--max-length", f"expected --max-length <= {LONGEST}, got"),
        ("train", "--threads", f"expected --threads <= {MOST_THREADS}, got"),
        ("baseline", "--width", "expected --width <= "),
        ("baseline", "--feed-forward", "expected --feed-forward <= "),
        ("baseline", "--layers", "expected --layers <= "),
        ("baseline", "--threads", f"expected --threads <= {MOST_THREADS}, got"),
        ("sweep", "--processes", f"expected --processes <= {MOST_THREADS}, got"),
        ("sweep", "--cardinality", "expected --cardinality <= "),
        ("eval", "--lengths", f"expected --lengths <= {LONGEST - 2}, got"),
        ("eval", "--drawn", "expected --drawn <= "),
    ],
)
def test_the_largest_size_that_fits_is_said(
    command: str, option: str, said: str, extremes: list[dict[str, Any]]
) -> None:
    found = [
        case["err"]
        for case in extremes
        if case["words"][0] == command
        and option in case["words"]
        and case["words"][case["words"].index(option) + 1] == str(10**18)
    ]
    assert found
    assert all(said in text for text in found if "for data of" not in text), found


def test_what_is_refused_in_python() -> None:
    for model in (
        tp.ModelSettings(cardinality=10**6),
        tp.ModelSettings(layers=10**9),
        tp.ModelSettings(tables=10**9),
    ):
        with pytest.raises(SettingsError, match=r"needs .* of memory.*: expected \w+"):
            tp.train(tp.TaskSource("sort", size=50), model=model)
    training = tp.TrainSettings(restarts=10**9)
    with pytest.raises(SettingsError, match="expected restarts <= "):
        tp.train(tp.TaskSource("sort", size=50), training)
    with pytest.raises(SettingsError, match=f"expected threads <= {MOST_THREADS}"):
        tp.TrainSettings(threads=100_000)
    with pytest.raises(SettingsError, match=f"expected threads <= {MOST_THREADS}"):
        StandardSettings(threads=100_000)
    with pytest.raises(SettingsError, match=f"expected max_length <= {LONGEST}"):
        tp.ReadOptions(max_length=10**12)
    with pytest.raises(TaskError, match=r"drawing inputs needs .* expected size <= "):
        tp.TaskSource("sort", size=10**12, max_length=40).dataset()
    with pytest.raises(SettingsError, match="expected width <= "):
        train_standard(
            tp.TaskSource("sort", size=50), StandardSettings(width=8 * 10**9)
        )


def test_a_search_needs_no_room_for_gradient_descent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "machine_memory", lambda: 1_000_000)
    monkeypatch.setattr(learner, "_with_weighing", lambda found, *_: found)
    notes: list[str] = []
    result = tp.train(
        tp.TaskSource("sort", size=200),
        search=tp.SearchSettings(layers=1, max_statements=1),
        watch=tp.Watch(on_note=notes.append),
    )
    assert result.report is not None
    assert result.report.learner == Learner.SEARCH
    (note,) = (note for note in notes if "is left out" in note)
    assert "gradient descent is left out: training needs about " in note


def product(sizes: Sizes) -> int:
    return sizes["rows"] * sizes["columns"]


def test_the_largest_that_fits() -> None:
    check_fits("it", product, {"rows": 10, "columns": 10}, memory=100)
    with pytest.raises(SettingsError) as caught:
        check_fits("it", product, {"rows": 3, "columns": 10**18}, memory=10**9)
    assert str(caught.value) == (
        "it needs about a million GB or more of memory, and this machine has 1.0 GB: "
        "expected columns <= 333333333 (got 1000000000000000000)"
    )
    with pytest.raises(TaskError, match=r"expected columns <= 2 .* or rows <= 1 "):
        check_fits("it", product, {"rows": 5, "columns": 7}, memory=11, error=TaskError)
    with pytest.raises(SettingsError, match="smaller sizes, several of rows, columns"):
        check_fits("it", product, {"rows": 50, "columns": 70}, memory=11)


def test_the_memory_of_the_machine_and_of_the_process() -> None:
    assert machine_memory() > 1 << 28
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32)); "
        "from transformer_programs.system.memory import machine_memory; "
        "print(machine_memory())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    assert soft == resource.RLIM_INFINITY or soft > 0
    assert int(done.stdout) <= 1 << 32


def test_lengths_have_a_limit() -> None:
    check_length("lengths", LONGEST - 2, 2)
    with pytest.raises(SettingsError, match=f"expected lengths <= {LONGEST - 2}, got"):
        check_length("lengths", LONGEST - 1, 2)


def test_activations_are_those_of_training_sequences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A long sequence in the test alone makes variables wide, not batches long."""
    monkeypatch.setattr(memory, "machine_memory", lambda: 200_000_000)
    data = tp.labelled_sequences(
        [(list(f"{i:b}"), "xy"[i % 2]) for i in range(99)],
        max_length=2_000,
    )
    model = tp.ModelSettings(
        layers=1,
        categorical_heads=0,
        numerical_heads=0,
        tables=0,
        cardinality=2,
        pooling=tp.Pooling.MEAN,
    )
    training = tp.TrainSettings(restarts=1, batch_size=64)
    check_training_fits(data, model, training)
    with pytest.raises(SettingsError, match=r"expected .*restarts <= "):
        check_training_fits(data, model, replace(training, restarts=100))
    with pytest.raises(SettingsError, match="expected restarts <= "):
        check_training_fits(data, model, replace(training, restarts=10**9), HIST)
