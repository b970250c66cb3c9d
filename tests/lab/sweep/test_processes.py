"""Sweeps by processes, some of which are killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from cli.commands import tprog
from lab.sweep.sweeping import TINY, descendants, kill, started, states, wait_for
from transformer_programs.lab.sweep.folder import trial_folder
from transformer_programs.runs.certificates import verify_run

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="processes are found in /proc"
)


def workers(parent: int) -> list[int]:
    found = descendants(parent).items()
    return [number for number, title in found if "spawn_main" in title]


def test_killed_processes_lose_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    with started(*TINY, "--trials", "4", "--processes", "2", "--out", folder) as sweep:
        (worker, _) = wait_for(lambda: workers(sweep.pid)[1:] and workers(sweep.pid))
        wait_for(lambda: "running" in states(folder))
        kill(worker)
        assert sweep.stderr is not None
        lines = iter(sweep.stderr)
        assert any("its worker died; it begins again" in line for line in lines)
        assert any(line.startswith("trial ") for line in lines)
        wait_for(lambda: "running" in states(folder))
        left = workers(sweep.pid)
        kill(sweep.pid)
        sweep.wait()
        # Workers without a driver end as well.
        wait_for(lambda: not any(Path(f"/proc/{n}").exists() for n in left))
    finished = [n for n, state in enumerate(states(folder)) if state == "complete"]
    kept = {n: (trial_folder(folder, n) / "program.py").read_text() for n in finished}
    assert kept
    done = tprog("sweep", "--resume", folder, "--processes", "2", "--json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["trials"] == 4
    ended = states(folder)
    assert ended.count("complete") == 4
    assert "running" not in ended
    for number, text in kept.items():
        assert (trial_folder(folder, number) / "program.py").read_text() == text
    complete = [number for number, state in enumerate(ended) if state == "complete"]
    places = {trial_folder(folder, number) for number in complete}
    assert {*(folder / "trials").iterdir()} == places
    assert verify_run(min(places)).exhaustive


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    with started(*TINY, "--trials", "99", "--out", folder) as sweep:
        assert sweep.stderr is not None
        assert any(line.startswith("trial 0: ") for line in sweep.stderr)
        os.killpg(sweep.pid, signal.SIGINT)  # as a terminal does
        out, err = sweep.communicate(timeout=600)
    assert sweep.returncode == 130, err
    assert "Traceback" not in err
    assert "trials, 0 of them failed; ended: interrupted\n" in out
    assert f"tprog sweep --resume {folder}\n" in out
    assert states(folder)[0] == "complete"
    assert (folder / "front.json").exists()
