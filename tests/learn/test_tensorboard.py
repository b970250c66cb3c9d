"""What TensorBoard reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands import refused, tprog
from transformer_programs.errors import SettingsError
from transformer_programs.learn import Record, records
from transformer_programs.learn.records import TensorBoard

SMALL = ("hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "60")
QUICK = (
    *(*SMALL, "--restarts", "2", "--layers", "1"),
    *("--steps", "6", "--halvings", "0"),
)


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """All scalars, as TensorBoard shows them."""
    from tensorboard.backend.event_processing import event_accumulator

    events = event_accumulator.EventAccumulator(str(folder)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def record(step: int, *losses: float | None) -> Record:
    accuracies = losses if step % 2 == 0 else None
    return Record(step, 0.5, 1.0, losses, 0.25, 0.125, accuracies)


def test_a_curve_for_every_restart(tmp_path: Path) -> None:
    with TensorBoard(tmp_path) as board:
        board.write(record(1, 3.0, 4.0))
        board.write(record(2, 2.0, None))
    assert scalars(tmp_path) == {
        "loss/restart_0": [(1, 3.0), (2, 2.0)],
        "loss/restart_1": [(1, 4.0)],
        "accuracy/restart_0": [(2, 2.0)],
        "training/loss": [(1, 1.0), (2, 1.0)],
        "training/temperature": [(1, 0.25), (2, 0.25)],
        "training/learning_rate": [(1, 0.125), (2, 0.125)],
    }


def test_a_resumed_training_repeats_nothing(tmp_path: Path) -> None:
    for last in (3, 5):  # the second writes all again, as the first was killed
        with TensorBoard(tmp_path) as board:
            for step in range(1, last):
                board.write(record(step, float(last)))
    assert scalars(tmp_path)["loss/restart_0"] == [(step, 5.0) for step in range(1, 5)]


def test_nothing_recorded_writes_nothing(tmp_path: Path) -> None:
    with TensorBoard(tmp_path / "folder"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_from_the_command_line(tmp_path: Path) -> None:
    run, other = tmp_path / "run", tmp_path / "other"
    done = tprog("train", *QUICK, "--out", run, "--quiet", "--tensorboard")
    assert done.status == 0, done.err
    found = scalars(tmp_path / "tensorboard" / "run")
    assert [step for step, _ in found["loss/restart_1"]] == [1, 2, 3, 4, 5, 6]
    assert len(found["accuracy/restart_1"]) == 6
    done = tprog("train", *QUICK, "--out", run, "--force", "--tensorboard", other)
    assert done.status == 0, done.err
    assert scalars(other) == found


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"\[tensorboard\]"):
        TensorBoard(tmp_path)
    out = tmp_path / "run"
    message = refused("train", *QUICK, "--out", out, "--tensorboard")
    assert "pip install 'transformer-programs[tensorboard]'" in message
    assert list(tmp_path.iterdir()) == []
