"""What is shown while something long goes on, and where nothing is."""

from __future__ import annotations

import io
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import transformer_programs as tp
from cli.commands import tprog
from transformer_programs.learn.callbacks import Watch
from transformer_programs.runs import progress
from transformer_programs.runs.progress import showing, watched
from transformer_programs.search import SearchProgress

SORT = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)


@contextmanager
def terminal() -> Iterator[tuple[Watch, io.StringIO]]:
    """A watch that shows on a terminal, and what is written to that."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=200)
    with showing(console) as watch:
        yield watch, file


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if somebody looked at a terminal."""
    monkeypatch.setattr(progress, "is_seen", lambda: True)


def found(candidates: int) -> SearchProgress:
    return SearchProgress(
        round=1, layer=2, candidates=candidates, accuracy=0.5, statements=3, seconds=0
    )


@pytest.fixture
def piped() -> Iterator[tuple[Watch, io.StringIO]]:
    """A watch that shows lines, and what is written."""
    file = io.StringIO()
    with showing(Console(file=file, width=200)) as watch:
        yield watch, file


def written(file: io.StringIO, wanted: str) -> None:
    deadline = time.monotonic() + 60
    while wanted not in file.getvalue():
        assert time.monotonic() < deadline, file.getvalue()
        time.sleep(0.002)


def test_what_takes_a_while_is_said_where_bars_cannot_be(
    piped: tuple[Watch, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, file = piped
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    watch.begin("weighing 9 n-grams")
    written(file, "weighing 9 n-grams ...\n")
    assert watch.on_compared is not None
    for _ in range(3):
        watch.on_compared("model = file", 5, 1_500)
    written(file, "checking model = file, on 1,500 inputs ...\n")
    assert file.getvalue().count("\n") == 2


def test_what_goes_on_is_said_again(
    piped: tuple[Watch, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, file = piped
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(progress, "_AGAIN", 0.01)
    watch.begin("weighing 9 n-grams")
    written(file, "weighing 9 n-grams ... 0 s\n")
    watch.note("weighed")
    for thread in threading.enumerate():
        if thread.name == "progress":
            thread.join()
    assert file.getvalue().count("weighed") == 1


def test_what_ends_soon_is_not_said(piped: tuple[Watch, io.StringIO]) -> None:
    watch, file = piped
    watch.begin("reading the data")
    watch.note("read")
    watch.begin("weighing")
    assert watch.on_search is not None
    watch.on_search(found(3))
    watch.note("searched")
    for thread in threading.enumerate():
        if thread.name == "progress":
            thread.join()
    assert "..." not in file.getvalue()


def test_a_long_layer_of_the_search_is_said_to_go_on(
    piped: tuple[Watch, io.StringIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, file = piped
    monkeypatch.setattr(progress, "_AGAIN", 0.01)
    assert watch.on_search is not None
    watch.on_search(found(3))
    written(file, "searching ... 0 s\n")
    assert file.getvalue().startswith("searching round ")
    watch.note("searched")


def test_pipes_and_tests_stay_silent(capsys: pytest.CaptureFixture[str]) -> None:
    result = tp.train(SORT)
    result.verify(invariant="permutation")
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("seen")
def test_where_somebody_looks_it_is_shown_by_default(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    result = tp.train(SORT, out=run)
    assert "searching round 1, layer 1: best program" in capsys.readouterr().err
    result.simplify(tmp_path / "other")
    assert "simplifying: " in capsys.readouterr().err
    # Not where it is refused, or where the caller watches.
    tp.train(SORT, progress=False)
    tp.train(SORT, watch=tp.Watch(on_search=lambda found: None))
    result.simplify(tmp_path / "other", progress=False)
    result.verify(progress=False)
    result.verify(against="task", progress=False)
    result.verify(invariant="permutation", progress=False)
    for command in ("train sort --size 100", "verify", "simplify", "compile"):
        first, *rest = command.split()
        at = rest or [str(run)]
        out = ("--out", tmp_path / first) if first != "verify" else ()
        assert tprog(first, *at, *out, "--quiet").status == 0
    assert capsys.readouterr().err == ""


def test_it_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    called = []
    watch = tp.Watch(on_search=called.append)
    tp.train(SORT, watch=watch, progress=True)
    assert "searching round 1, layer 1" in capsys.readouterr().err
    assert called


def test_estimators_show_it_if_verbose(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    sequences = [[a, b, c] for a in "ab" for b in "ab" for c in "abc"]
    labels = [s[0] for s in sequences]
    for verbose, shown in ((0, False), (1, True), (True, True), (False, False)):
        classifier = tp.TransformerProgramClassifier(
            learner="search", verbose=verbose, search__sample=10
        )
        classifier.fit(sequences, labels)
        assert ("searching" in capsys.readouterr().err) == shown
    with pytest.raises(
        tp.errors.TransformerProgramsError, match="verbose to be an integer"
    ):
        tp.TransformerProgramClassifier(verbose="yes").fit(sequences, labels)


def test_every_call_is_shown_on_a_terminal() -> None:
    with terminal() as (watch, file):
        unshown = {f.name for f in fields(Watch) if getattr(watch, f.name) is None}
        assert unshown == {"on_record"}
        watch.begin("reading the data")
        assert watch.on_search is not None
        watch.on_search(found(7))
        watch.begin("making the program shorter")
        assert watch.on_compared is not None
        watch.on_compared("one = other", 5, 10)
        watch.begin("measuring")
    text = file.getvalue()
    for shown in ("best program 50.00% on training data", "checking one = other"):
        assert shown in text


def test_a_phase_is_there_until_the_next_call() -> None:
    file = io.StringIO()
    with showing(Console(file=file, force_terminal=True, width=200)) as watch:
        display: Any = watch.on_phase.__self__  # type: ignore[union-attr]

        def titles() -> list[str]:
            return [task.description for task in display.bars.tasks]

        watch.begin("reading the data")
        assert titles() == ["reading the data"]
        watch.begin("searching")
        assert titles() == ["searching"]
        assert watch.on_search is not None
        watch.on_search(found(1))
        assert [task.total for task in display.bars.tasks] == [None]
        watch.begin("making the program shorter")
        assert titles() == ["searching", "making the program shorter"]
        assert watch.on_compared is not None
        watch.on_compared("a = b", 1, 2)
        assert titles() == ["searching", "checking a = b"]


def test_both_watches_are_called() -> None:
    called: list[str] = []
    ours = Watch(on_note=called.append, on_phase=called.append)
    with watched(ours, False) as watch:
        assert watch is ours
    with watched(ours, None) as watch:
        assert watch is ours
    with watched(ours, True) as watch:
        watch.begin("reading")
        assert watch.on_note is not None
        watch.on_note("something")
    assert called == ["reading", "something"]


def test_every_part_of_a_training_begins_with_a_word(tmp_path: Path) -> None:
    """So that no part is silent for long, whatever the data."""
    rows = [{"tokens": [a, b], "label": a} for a in "abc" for b in "abcdef"]
    data = tmp_path / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    phases: list[str] = []
    training = tp.TrainSettings(steps=2, restarts=1, polish=1)
    watch = Watch(on_phase=phases.append)
    tp.train(data, training, watch=watch, out=tmp_path / "run")
    assert phases == [
        "reading the data",
        "preparing to learn",
        "polishing",
        "making the program shorter",
        "measuring accuracy",
    ]
    phases.clear()
    tp.train(SORT, watch=watch)
    assert phases[:2] == ["reading the data", "searching"]


def test_where_standard_error_is_closed_nobody_looks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert not progress.is_seen()
    with watched(Watch(), True) as watch:
        watch.begin("reading")
