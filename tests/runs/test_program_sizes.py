"""The best programs of several sizes, where a search finds no exact one."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

import transformer_programs as tp
from cli.commands import edit, refused, tprog
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.errors import SettingsError
from transformer_programs.runs.run import load
from transformer_programs.search.learner import search
from transformer_programs.settings import SearchSettings

SMALL = SearchSettings(sample=60, layers=2, beam=20)


def often(count: int = 150) -> list[tuple[list[str], list[str]]]:
    """Whether a token occurs often, wrong for every tenth label."""
    chance, rows = random.Random(0), []
    for _ in range(count):
        tokens = [chance.choice("abc") for _ in range(chance.randint(3, 6))]
        right = [tokens.count(token) >= 3 for token in tokens]
        tags = ["yes" if (r != (chance.random() < 0.1)) else "no" for r in right]
        rows.append((tokens, tags))
    return rows


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("noisy")
    data = folder / "data.jsonl"
    rows = ({"tokens": x, "tags": y} for x, y in often())
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    options = ("--search-sample", "60", "--search-layers", "2", "--search-beam", "20")
    run = folder / "run"
    done = tprog("train", "--data", data, "--learner", "search", *options, "--out", run)
    assert done.status == 0, done.err
    assert "programs of the search by size (--size N of tprog show)" in done.out
    return run


def test_larger_programs_are_more_often_right() -> None:
    found = search(labelled_sequences(often()), SMALL)
    sizes = [len(sized.program.statements) for sized in found.front]
    accuracies = [sized.accuracy for sized in found.front]
    assert not found.exact
    assert len(sizes) > 1
    assert sizes == sorted(set(sizes))
    assert accuracies == sorted(set(accuracies))
    assert found.front[0].program.statements == ()
    best = [s for s in found.front if len(s.program.statements) <= found.statements]
    assert best[-1].accuracy >= min(found.label_accuracy, best[0].accuracy)


def test_a_run_keeps_them(noisy: Path) -> None:
    run = load(noisy)
    assert run.report is not None
    front = run.report.front
    assert [sized["statements"] for sized in run.summary()["front"]] == [
        sized.statements for sized in front
    ]
    for sized in front:
        assert len(run.of_size(sized.statements).statements) == sized.statements
    again = load(noisy).save(noisy.parent / "again")
    assert again.report is not None
    assert again.report.front == front


def test_they_are_shown(noisy: Path) -> None:
    shown = tprog("show", noisy, "--size", "0")
    assert shown.status == 0
    assert "MAX_LENGTH" in shown.out
    text = tprog("show", noisy, "--size", "0", "--json").out
    file = noisy.parent / "small.json"
    file.write_text(text)
    assert tprog("compile", file, "--out", noisy.parent / "small").status == 0
    message = refused("show", noisy, "--size", "99")
    assert message.startswith("--size 99: expected a number of statements that ")
    gallery = Path(__file__).parent.parent.parent / "gallery"
    message = refused("show", gallery / "sort-8", "--size", "2")
    assert "has no programs of several sizes" in message


def test_they_are_drawn(noisy: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = noisy.parent / "picture.svg"
    assert tprog("plot", noisy, "--out", picture).status == 0
    assert "statements of the best program of a size" in picture.read_text()


def test_they_are_there_in_memory_and_beside_gradient_descent() -> None:
    training = tp.TrainSettings(steps=2, batch_size=8, restarts=1, evaluations=1)
    model = tp.ModelSettings(layers=1, tables=1)
    data = labelled_sequences(often())
    run = tp.train(data, training, model, learner="auto", search=SMALL)
    assert run.report is not None
    assert len(run.report.front) > 1
    assert run.of_size(0).statements == ()
    exact = tp.train(labelled_sequences([(["a"] * n, ["b"] * n) for n in range(1, 9)]))
    assert exact.report is not None
    assert exact.report.front == ()
    with pytest.raises(SettingsError, match="no programs of several sizes"):
        exact.of_size(0)


def test_a_damaged_line_is_named(noisy: Path, tmp_path: Path) -> None:
    run = load(noisy).save(tmp_path / "run")
    assert run.folder is not None
    edit(
        run.folder / "metrics.jsonl",
        lambda text: text.replace('"program": {', '"x": {'),
    )
    message = refused("show", run.folder, "--size", "0")
    assert "a line of the front without a program" in message
