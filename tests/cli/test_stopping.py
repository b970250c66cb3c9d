"""Trainings that are killed, that two want to go on with, or that diverge."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cli.commands import FILES, GRADIENT_FILES, Done, refused, tprog
from transformer_programs.learn.trainer import Trainer
from transformer_programs.runs.folder import read_lines
from transformer_programs.runs.place import partial_folder

SCRIPT = Path(sys.executable).with_name("tprog")
HIST = ("hist", "--vocabulary-size", "5", "--max-length", "5", "--size", "60")
TINY = (*HIST, "--layers", "1", "--restarts", "2", "--halvings", "0")
SMALL_MODEL = (
    *("--categorical-heads", "1", "--numerical-heads", "1"),
    *("--tables", "1"),
)
SEARCHED = (
    *("--learner", "auto", "--search-layers", "1", "--search-sample", "10"),
    *("--search-beam", "4", "--layers", "1", "--restarts", "2"),
    *("--halvings", "0"),
)
LONG = ("--steps", "50", "--evaluations", "10", *SMALL_MODEL)
RESULTS = ("program.py", "program.json", "model.safetensors", "config.json")


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels that no program explains, and a search better than a sum of n-grams.

    They are the first token's, nine of ten times.
    """
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(60):
        tokens = [*rng.choice(["a", "b"], 9)]
        right = rng.random(9) < 0.9
        tags = ["xy"[(tokens[0] == "a") == bool(here)] for here in right]
        rows.append({"tokens": tokens, "tags": tags})
    file = tmp_path_factory.mktemp("data") / "noise.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@contextmanager
def killed(folder: Path, lines: int, *arguments: str | Path) -> Iterator[int]:
    """A training that stands still when it has written so many lines, and is killed."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [SCRIPT, "train", *arguments, "--quiet"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process:
        try:
            while sum(line["kind"] != "search" for line in read_lines(folder)) < lines:
                assert process.poll() is None, process.communicate()
                time.sleep(0.002)
            process.send_signal(signal.SIGSTOP)
            yield process.pid
        finally:
            process.kill()


def history(run: Path) -> list[dict[str, Any]]:
    """The lines of a run without what is another number every time."""
    lines = read_lines(run)
    for line in lines:
        for name in ("seconds", "checking_seconds"):
            line.pop(name, None)
    return lines


@pytest.mark.parametrize("learner", ["gradient", "auto"])
def test_a_killed_training_goes_on_to_the_same_bits(
    learner: str, noise: Path, tmp_path: Path
) -> None:
    data = TINY if learner == "gradient" else ("--data", str(noise), *SEARCHED)
    whole, run = tmp_path / "whole", tmp_path / "run"
    partial = partial_folder(run)
    assert tprog("train", *data, *LONG, "--out", whole, "--quiet").status in (0, 3)
    with killed(partial, 12, *data, *LONG, "--out", run) as process:
        message = refused("train", "--resume", run)
        assert f"{run}: process {process} on " in message
        assert "is training into it; wait until that ends or stop it" in message
    assert not run.exists()
    assert ".lock" in {file.name for file in partial.iterdir()}  # of a dead process
    with (partial / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"kind": "st')  # as of a process that was killed in a write
    assert tprog("plot", run, "--out", tmp_path / "killed.svg").status == 0
    with killed(partial, 30, "--resume", run):
        pass
    done = tprog("train", "--resume", run, "--quiet")
    assert done in (Done(0, f"{run}\n", ""), Done(3, f"{run}\n", ""))
    names = {file.name for file in run.iterdir()}
    assert names == {file.name for file in whole.iterdir()}
    for name in RESULTS:
        assert (run / name).read_bytes() == (whole / name).read_bytes(), name
    assert history(run) == history(whole)
    steps = [line["step"] for line in history(run) if "step" in line]
    assert len(steps) == 50
    assert steps == sorted(set(steps))
    assert not partial.exists()


def test_a_search_that_was_killed_is_in_nobodys_way(
    noise: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    partial = partial_folder(run)
    partial.mkdir()
    (partial / ".lock").write_text("process 1 on here")
    (partial / "metrics.jsonl").write_text('{"kind": "search"}\n')
    assert "nothing to resume" in refused("train", "--resume", run)
    options = ("--data", noise, "--learner", "search", "--max-statements", "1")
    assert tprog("train", *options, "--out", run, "--quiet").status in (0, 3)
    assert {file.name for file in run.iterdir()} == FILES
    kinds = [line["kind"] for line in read_lines(run)]
    assert kinds.count("search_ended") == kinds.count("result") == 1
    lines = [line for line in read_lines(run) if line["kind"] != "front"]
    assert all("seconds" in line for line in lines)  # none is the dead one's


def spoilt(monkeypatch: pytest.MonkeyPatch, restarts: slice, at_step: int) -> None:
    """Let weights become infinite in a training."""
    take_step = Trainer.take_step

    def spoil(trainer: Trainer) -> None:
        if trainer.step == at_step:
            with torch.no_grad():
                trainer.model.readout[restarts] = math.inf
        take_step(trainer)

    monkeypatch.setattr(Trainer, "take_step", spoil)


def test_what_diverges_keeps_its_best_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    often = ("--steps", "20", "--evaluations", "20")
    with monkeypatch.context() as patch:
        spoilt(patch, slice(None), 1)
        done = tprog("train", *TINY, *often, "--out", run)
        kept = {file.name for file in run.iterdir()}
        again = tprog("train", "--resume", run)
    assert done.status == 2
    assert "stopped early: this is the best program so far." in done.out
    assert "--resume" not in done.out
    error = done.err.splitlines()[-1]
    assert error == (
        "error: training failed at step 1: the loss or a weight is no finite number "
        "(NaN or inf) in restarts 0, 1 at step 1, and none is left; lower "
        "--learning-rate (now 0.05) or raise --tau-end (now 0.05). The best program "
        f"until then is in {run}; to begin with it: tprog train --init {run}"
    )
    assert kept - {"learned.safetensors"} == FILES | {"checkpoint.safetensors"}
    assert tprog("verify", run, "--quiet").status == 0
    assert read_lines(run)[-1]["interrupted"]
    assert again.status == 2
    assert again.err.splitlines()[-1].startswith("error: training failed at step 1")
    assert {file.name for file in run.iterdir()} == kept
    few = ("--steps", "2", "--restarts", "1", "--quiet")
    out = tmp_path / "more"
    assert tprog("train", "--init", run, *few, "--out", out) == Done(0, f"{out}\n", "")


def test_what_diverges_at_once_leaves_nothing(tmp_path: Path) -> None:
    options = ("--learning-rate", "1e38", "--steps", "20", "--evaluations", "1")
    message = refused("train", *TINY, *options, "--out", tmp_path / "run")
    assert message.startswith("training failed at step 1: ")
    assert "lower --learning-rate (now 1e+38)" in message
    assert list(tmp_path.iterdir()) == []


def test_what_a_search_found_outlives_a_training_that_diverges(
    noise: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    options = ("--learning-rate", "1e39", "--steps", "20", "--evaluations", "1")
    done = tprog("train", "--data", noise, *SEARCHED, *options, "--out", run)
    assert done.status == 2
    assert "search: " in done.out
    assert done.err.splitlines()[-1].startswith("error: training failed at step 1")
    assert read_lines(run)[-1]["learner"] == "search"
    assert {file.name for file in run.iterdir()} == FILES
    assert tprog("verify", run, "--quiet").status == 0


def test_the_others_go_on_when_a_restart_diverges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt(monkeypatch, slice(1, 2), 5)
    run = tmp_path / "run"
    done = tprog("train", *TINY, "--steps", "20", "--out", run)
    assert done.status in (0, 3)
    notes = [line for line in done.err.splitlines() if "finite" in line]
    assert notes == [
        "note: the loss or a weight is no finite number (NaN or inf) in restart 1 at "
        "step 5; the others go on. To keep all: lower learning_rate (now 0.05) or "
        "raise tau_end (now 0.05)"
    ]
    lines = [line for line in read_lines(run) if "losses" in line]
    gone = [line["step"] for line in lines if line["losses"][1] is None]
    assert gone == [*range(6, 21)]
    assert all(math.isfinite(line["losses"][0]) for line in lines)
    assert lines[-1]["accuracies"][1] is None
    assert {file.name for file in run.iterdir()} <= GRADIENT_FILES
    assert tprog("plot", run, "--out", tmp_path / "run.svg").status == 0
    assert "1 that ended early" in (tmp_path / "run.svg").read_text()
