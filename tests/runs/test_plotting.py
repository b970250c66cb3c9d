"""``tprog plot``."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.commands import Done, refused, tprog
from transformer_programs.errors import RunFolderError
from transformer_programs.runs.folder import (
    Config,
    read_lines,
)
from transformer_programs.runs.front import sums_of
from transformer_programs.runs.place import partial_folder
from transformer_programs.runs.plot import (
    best_restart,
    draw_search,
    draw_training,
    draw_weighing,
    plot_run,
)
from transformer_programs.settings import ModelSettings, Recipe
from transformer_programs.system import (
    CONFIG,
    METRICS,
    pictures,
)

CONFIGURATION = Config("mine", None, Recipe(ModelSettings()))


def training_lines(restarts: int, ended: dict[int, int]) -> list[dict[str, Any]]:
    """Of 100 steps, every tenth an evaluation; the last restart is the best."""

    def there(restart: int, step: int) -> bool:
        return step <= ended.get(restart, step)

    lines: list[dict[str, Any]] = []
    for step in range(1, 101):
        losses = [1 / (step + r) if there(r, step) else None for r in range(restarts)]
        line = {"kind": "step", "step": step, "loss": 1 / step, "losses": losses}
        line |= {"temperature": 0.9**step, "learning_rate": 0.1, "seconds": 0.1 * step}
        if step % 10 == 0:
            right = [
                (step + r) / 200 if there(r, step) else None for r in range(restarts)
            ]
            line |= {"kind": "evaluation", "accuracies": right}
        lines.append(line)
    return lines


def write(folder: Path, lines: list[dict[str, Any]], torn: str = "") -> None:
    folder.mkdir()
    (folder / CONFIG).write_text(CONFIGURATION.to_json())
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / METRICS).write_text(text + torn)


def test_every_restart_has_its_curve() -> None:
    figure = draw_training(training_lines(32, {3: 40, 4: 75}), CONFIGURATION)
    loss, accuracy, temperature = figure.axes
    assert loss.get_ylabel() == "loss of a batch"
    assert accuracy.get_ylabel() == "hardened validation accuracy"
    assert temperature.get_ylabel() == "temperature"
    assert temperature.get_xlabel() == "step"
    lengths = sorted(len(line.get_xdata()) for line in loss.lines)
    assert lengths == [1, 1, 1, 40, 75, *[100] * 31]  # 30 restarts and their median
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "restart 31, the best: 65.50% at step 100",
        "median",
        "2 that ended early",
        "29 others",
    ]
    title = figure.get_suptitle()
    assert title == "mine: 32 restarts, step 100 of 2,400"


def test_the_best_may_have_ended_early() -> None:
    lines = training_lines(2, {1: 50})
    lines[49]["accuracies"] = [0.1, 0.9]
    assert best_restart(lines) == (1, 50, 0.9)
    (legend,) = draw_training(lines, CONFIGURATION).legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == ["restart 1, the best: 90.00% at step 50", "1 other"]


def test_the_best_is_the_latest_of_equals() -> None:
    lines = [
        {"step": step, "accuracies": accuracies}
        for step, accuracies in ((1, [0.5, 0.7]), (2, [0.7, 0.7]), (3, [None, 0.6]))
    ]
    assert best_restart(lines) == (0, 2, 0.7)
    assert best_restart([{"step": 1}]) is None


def test_before_the_first_evaluation() -> None:
    figure = draw_training(training_lines(4, {})[:5], CONFIGURATION)
    (legend,) = figure.legends
    shown = [text.get_text() for text in legend.get_texts()]
    assert shown == ["median", "4 restarts"]


def test_a_search_shows_accuracy_and_size() -> None:
    rows = ((1, 10, 0.5, 2), (1, 30, 0.75, 6), (2, 50, 1.0, 4))
    lines: list[dict[str, Any]] = [
        {"kind": "search", "round": r, "candidates": c, "accuracy": a, "statements": s}
        for r, c, a, s in rows
    ]
    lines.append({"kind": "search_ended", "why": "exact program found"})
    figure = draw_search(lines, CONFIGURATION)
    accuracy, size = figure.axes
    assert [*accuracy.lines[0].get_ydata()] == [0.5, 0.75, 1]
    assert [*size.lines[0].get_ydata()] == [2, 6, 4]
    assert [*size.lines[0].get_xdata()] == [10, 30, 50]
    assert [*size.lines[1].get_xdata()] == [30, 30]
    assert "the sample of sequences grows" in size.get_xlabel()
    assert "exact program found" in figure.get_suptitle()


WEIGHED = [
    {"kind": "weighed", "grams": grams, "score": accuracy}
    for grams, accuracy in ((10, 0.5), (1_000, 0.75), (23_078, 0.7))
]


def test_sums_of_ngrams_have_an_axis_of_their_own() -> None:
    (axes,) = draw_weighing(WEIGHED, CONFIGURATION).axes
    (curve,) = axes.lines
    assert [*curve.get_xdata()] == [10, 1_000, 23_078]
    assert [*curve.get_ydata()] == [0.5, 0.75, 0.7]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        *("10", "1,000", "23,078")
    ]
    search = {"kind": "search", "round": 1, "candidates": 9, "accuracy": 1}
    front = {"kind": "front", "statements": 2, "training": 0.5, "accuracy": 0.5}
    lines = [search | {"statements": 2}, front, *WEIGHED]
    *_, second, last = draw_search(lines, CONFIGURATION).axes
    assert second.get_xlabel() == "statements of the best program of a size"
    assert last.get_xlabel() == "n-grams in the sum"
    figure = draw_training(training_lines(2, {}), CONFIGURATION, sums=sums_of(WEIGHED))
    assert figure.axes[-1].get_xlabel() == "n-grams in the sum"


def test_a_picture_of_a_run_by_weighing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    write(run, WEIGHED)
    assert tprog("plot", run) == Done(0, f"{tmp_path / 'run.svg'}\n", "")
    assert "mine: sums of n-grams by size" in (tmp_path / "run.svg").read_text()
    write(tmp_path / "other", [{"kind": "weighed", "grams": 10}])
    assert "not what a search or a training writes" in refused(
        "plot", run.parent / "other"
    )


def test_a_picture_of_a_run_in_work(tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "picture.png"
    write(run, training_lines(2, {}))  # what is to be replaced
    write(partial_folder(run), training_lines(2, {})[:20], torn='{"kind": "st')
    assert tprog("plot", run) == Done(0, f"{tmp_path / 'run.svg'}\n", "")
    text = (tmp_path / "run.svg").read_text()
    assert "step 20 of 2,400" in text
    assert plot_run(run, out) == out
    assert out.read_bytes().startswith(b"\x89PNG")
    again = plot_run(run, tmp_path / "again.svg")
    assert again.read_text() == text


def test_what_cannot_be_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    assert "no such run folder" in refused("plot", run)
    write(run, [{"kind": "compiled"}])
    assert re.search(
        r"nothing to draw: .*metrics\.jsonl has no line", refused("plot", run)
    )
    assert "expected a file that ends in .svg" in refused("plot", run, "--out", "x.tex")
    (run / METRICS).write_text("no json\n")
    assert "not JSON lines" in refused("plot", run)
    write(partial_folder(run), training_lines(1, {}))
    missing = tmp_path / "missing" / "x.svg"
    assert "cannot be written" in refused("plot", run, "--out", missing)
    monkeypatch.setattr(pictures, "find_spec", lambda _: None)
    assert "pip install 'transformer-programs[plot]'" in refused("plot", run)


def test_lines_are_read_while_they_grow(tmp_path: Path) -> None:
    assert read_lines(tmp_path) == []
    (tmp_path / METRICS).write_text('{"kind": "step"}\n{"kind":')
    assert read_lines(tmp_path) == [{"kind": "step"}]


@pytest.mark.parametrize(
    "line",
    [
        {"format": "x", "step": "a", "loss": [1]},
        {"kind": "search", "accuracy": {}, "candidates": {}, "round": 1, "layer": 1},
        {"kind": "step", "step": "a", "loss": 1, "losses": 3, "temperature": []},
    ],
)
def test_lines_of_another_shape_are_no_traceback(
    line: dict[str, Any], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(Path(__file__).parents[2] / "gallery" / "sort-8", run)
    (run / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(RunFolderError, match=r"nothing to draw|not what a search"):
        plot_run(run, tmp_path / "picture.svg")
