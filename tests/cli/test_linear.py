"""``tprog train --learner linear``."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from cli.commands import FILES, Done, refused, tprog
from transformer_programs.runs.folder import read_config, read_lines
from transformer_programs.runs.place import partial_folder
from transformer_programs.runs.run import load
from transformer_programs.settings import EvidenceSettings, Learner
from transformer_programs.tasks import TaskSource

LINEAR = ("--learner", "linear")
SORT = ("sort", "--vocabulary-size", "6", "--max-length", "4")
SCRIPT = Path(sys.executable).with_name("tprog")


def write(file: Path, rows: Iterable[tuple[object, object]]) -> Path:
    lines = (json.dumps({"tokens": t, "label": label}) for t, label in rows)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def texts(count: int = 60, letters: str = "abcd", length: int = 3) -> list[list[str]]:
    rng = random.Random(0)
    return [rng.choices(letters, k=length) for _ in range(count)]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sums of evidence, with noise that no search describes."""
    rng = random.Random(1)
    rows = texts(200, length=4)
    label = [("y" if t.count("a") + rng.gauss(0, 0.5) > 1 else "n") for t in rows]
    place = tmp_path_factory.mktemp("linear") / "noisy.jsonl"
    return write(place, zip(rows, label, strict=True))


@pytest.fixture(scope="session")
def learned(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    run = tmp_path_factory.mktemp("run") / "run"
    return run, tprog("train", "--data", data, *LINEAR, "--out", run)


def test_a_sum_of_evidence_is_learned(learned: tuple[Path, Done]) -> None:
    run, done = learned
    assert done.status == 0, done.err
    assert {file.name for file in run.iterdir()} == FILES
    assert "note: linear: " in done.err
    assert re.search(r"linear: \d+ of \d+ (n-grams|parts): accuracy ", done.err)
    assert "(linear: " in done.out
    assert tprog("verify", run, "--quiet").status == 0
    *history, result = read_lines(run)
    assert {line["kind"] for line in history} == {"weighed"}
    assert result["learner"] == "linear"
    assert result["test"]["per_label"] > 0.6


def test_json_and_the_same_bytes(
    learned: tuple[Path, Done], data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = tprog("train", "--data", data, *LINEAR, "--out", out, "--json")
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["learner"], found["run"]) == ("linear", str(out))
    for name in ("program.py", "program.json", "model.safetensors"):
        assert (out / name).read_bytes() == (learned[0] / name).read_bytes()


def test_what_was_tried_is_shown(data: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    few = ("--steps", "3", "--restarts", "1", "--search-work", "50", "--layers", "1")
    options = ("--learner", "auto", *few)
    done = tprog("train", "--data", data, *options, "--out", run)
    assert done.status in (0, 3), done.err
    lines = done.out.splitlines()
    start = lines.index("tried, on validation data:")
    end = next(n for n, line in enumerate(lines) if line.startswith("chosen: "))
    rows = lines[start + 1 : end]
    learners = [row.split()[0] for row in rows]
    assert learners in (["search", "linear"], ["search", "linear", "gradient"])
    pattern = r"  \w+ +accuracy \d+\.\d\d% +\d+ statements? +\d+ lines? +\d+ s"
    assert all(re.fullmatch(pattern, row) for row in rows)
    kept = load(run)
    assert kept.report is not None
    assert lines[end] == f"chosen: {kept.report.learner}, {kept.report.chosen}"
    unit = kept.report.sums[0].unit
    assert lines.index(f"sums of {unit} by size, accuracy on held-out data:") > end
    assert [tried.learner for tried in kept.report.tried] == learners
    (chosen,) = (t for t in kept.report.tried if t.learner == kept.report.learner)
    assert chosen.statements == len(kept.program.statements)
    assert chosen.lines == kept.program.lines
    saved = kept.save(tmp_path / "saved")
    assert saved.report == kept.report
    again = tprog("train", "--data", data, *options, "--out", tmp_path / "b", "--json")
    found = json.loads(again.out)
    assert [tried["learner"] for tried in found["tried"]] == learners
    assert found["chosen"] == kept.report.chosen
    assert found["sums"] == [asdict(sized) for sized in kept.report.sums]
    assert tprog("plot", run, "--out", tmp_path / "run.svg").status == 0


def test_where_one_learner_was_tried_nothing_is_compared(
    learned: tuple[Path, Done],
) -> None:
    assert "tried, on" not in learned[1].out
    report = load(learned[0]).report
    assert report is not None
    assert (report.tried, report.chosen) == ((), None)
    assert report.sums


# Options


@pytest.mark.parametrize(
    ("options", "size", "evidence"),
    [
        (("--size", "200"), 200, EvidenceSettings()),
        (("--size", "short"), 20_000, EvidenceSettings("short")),
        (("--size=accurate", "--ngrams", "1"), 20_000, EvidenceSettings("accurate", 1)),
    ],
)
def test_sizes_of_tasks_and_of_programs(
    options: Sequence[str], size: int, evidence: EvidenceSettings, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    done = tprog("train", *SORT, *LINEAR, *options, "--out", out, "--quiet")
    assert done.status in (0, 3), done.err
    config = read_config(out)
    assert config.recipe is not None
    assert config.recipe.evidence == evidence
    assert config.recipe.learner is Learner.LINEAR
    assert isinstance(config.source, TaskSource)
    assert config.source.size == size


def test_ngrams_imply_the_learner(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = tprog("train", "--data", data, "--ngrams", "1", "--out", out, "--quiet")
    assert done.status == 0, done.err
    assert read_lines(out)[-1]["learner"] == "linear"
    names = {statement.output for statement in load(out).program.statements}
    assert "gram_2" not in names


def test_a_short_program_is_not_longer(data: Path, tmp_path: Path) -> None:
    entries = []
    for size in ("short", "accurate"):
        out = tmp_path / size
        options = ("--size", size, "--out", out, "--quiet")
        assert tprog("train", "--data", data, *LINEAR, *options).status == 0
        entries.append(load(out).program.entries)
    assert entries[0] <= entries[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--learner", "search", "--size", "short"),
            "--size: not for --learner search; omit it, or choose --learner auto or "
            "--learner linear",
        ),
        (
            ("--learner", "gradient", "--size", "short", "--ngrams", "2"),
            "--ngrams, --size: not for --learner gradient; omit them, or choose",
        ),
        ((*LINEAR, "--steps", "3"), "--steps: not for --learner linear; omit it"),
        ((*LINEAR, "--search-beam", "3"), "--search-beam: not for --learner linear"),
        ((*LINEAR, "--ngrams", "0"), "expected --ngrams >= 1, got 0"),
        ((*LINEAR, "--ngrams", "9"), "expected --ngrams <= 8, got 9"),
        ((*LINEAR, "--size", "300"), "--size: for data of a task, but they are of a"),
        ((*LINEAR, "--init", "x"), "--init: not for --learner linear; omit one of"),
        ((*LINEAR, "--vectors", "x"), "start and vectors are for the gradient learner"),
    ],
)
def test_options_that_contradict_each_other(
    options: Sequence[str], message: str, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    assert message in refused("train", "--data", data, *options, "--out", out)
    assert not out.exists()


def test_a_size_that_is_none(data: Path) -> None:
    done = tprog("train", "--data", data, "--size", "big")
    assert done.status == 2
    assert "expected a number, accurate or short, got 'big'" in done.err
    assert "--size" in refused("train", "--resume", "x", "--size", "short")


# Data


DATA: dict[str, Callable[[], Any]] = {
    "one label": lambda: [(t, "same") for t in texts()],
    "a label per sequence": lambda: [(t, f"l{i}") for i, t in enumerate(texts())],
    "single tokens": lambda: [([f"w{i % 30}"], "xy"[i % 2]) for i in range(90)],
    "a thousand labels": lambda: [
        (t, f"l{i % 1000}") for i, t in enumerate(texts(1100, "ab", 2))
    ],
    "labels of tokens": lambda: [(t, [*map(str.upper, t)]) for t in texts()],
}


@pytest.mark.parametrize("kind", DATA)
def test_data_of_every_kind(kind: str, tmp_path: Path) -> None:
    file = write(tmp_path / "data.jsonl", DATA[kind]())
    out = tmp_path / "run"
    done = tprog("train", "--data", file, *LINEAR, "--out", out, "--ngrams", "1")
    assert done.status in (0, 3), done.err
    assert tprog("verify", out, "--quiet").status == 0
    result = read_lines(out)[-1]
    assert result["learner"] == "linear"
    if kind in ("one label", "labels of tokens"):
        assert result["test"]["per_label"] == 1
    if kind == "one label":
        assert load(out).program.statements == ()


def test_sequences_without_a_token_are_refused(tmp_path: Path) -> None:
    rows = [*((t, "x") for t in texts()), ([], "y")]
    file = write(tmp_path / "data.jsonl", rows)
    message = refused("train", "--data", file, *LINEAR, "--out", tmp_path / "run")
    assert message == f"{file}:61: expected at least one token, found none"


def test_framed_programs_take_empty_sequences(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    options = (*LINEAR, "--frame", "--ngrams", "1", "--out", out, "--quiet")
    assert tprog("train", "--data", data, *options).status == 0
    assert load(out).program([]) in ("n", "y")
    assert tprog("verify", out, "--quiet").status == 0


def test_labels_in_validation_only(data: Path, tmp_path: Path) -> None:
    held_out = write(
        tmp_path / "v.jsonl", [(t, "nyz"[len(set(t)) % 3]) for t in texts()]
    )
    out = tmp_path / "run"
    options = (*LINEAR, "--validation", held_out, "--ngrams", "1", "--out", out)
    done = tprog("train", "--data", data, *options)
    assert done.status == 0, done.err
    assert "never in the training data, so counted as errors: 'z'" in done.err
    assert load(out).program.readout.labels == ("n", "y")
    assert 0 < read_lines(out)[-1]["validation"]["per_label"] < 0.9


# Ctrl-C


@pytest.fixture
def stopped_while_weighing(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("transformer_programs.learn.linear.fitting.choose", stop)


@pytest.mark.usefixtures("stopped_while_weighing")
def test_stopping_loses_nothing_that_exists(
    learned: tuple[Path, Done], data: Path, tmp_path: Path
) -> None:
    run = learned[0]
    before = {file: file.read_bytes() for file in run.iterdir()}
    done = tprog("train", "--data", data, *LINEAR, "--out", run, "--force")
    assert (done.status, done.out) == (130, "")
    assert done.err.splitlines()[-1] == "stopped"
    assert {file: file.read_bytes() for file in run.iterdir()} == before
    assert not partial_folder(run).exists()
    new = tmp_path / "new"
    assert tprog("train", "--data", data, *LINEAR, "--out", new).status == 130
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("stopped_while_weighing")
def test_stopping_after_a_search_keeps_what_it_found(
    data: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    options = ("--learner", "auto", "--max-statements", "1", "--search-layers", "1")
    done = tprog("train", "--data", data, *options, "--out", run)
    assert done.status == 130, done.err
    assert "stopped early: this is the best program so far." in done.out
    result = read_lines(run)[-1]
    assert (result["learner"], result["interrupted"]) == ("search", True)
    assert tprog("verify", run, "--quiet").status == 0


def test_the_signal_itself(tmp_path: Path) -> None:
    rng = random.Random(0)
    words = [f"w{i}" for i in range(3000)]
    rows = [(rng.choices(words, k=40), rng.choice("xyz")) for _ in range(3000)]
    file = write(tmp_path / "long.jsonl", rows)
    run = tmp_path / "run"
    with subprocess.Popen(
        [SCRIPT, "train", "--data", file, *LINEAR, "--out", run],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not (partial_folder(run) / "config.json").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    assert [file.name for file in tmp_path.iterdir()] == ["long.jsonl"]
