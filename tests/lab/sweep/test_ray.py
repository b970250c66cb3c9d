"""A sweep by a Ray cluster, one of whose workers is killed in the middle."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from lab.sweep.sweeping import TINY, descendants, kill, started, states, wait_for
from transformer_programs.lab.sweep.folder import trial_folder

pytestmark = [
    pytest.mark.skipif(
        find_spec("ray") is None, reason="Ray is not installed: the extra 'ray'"
    ),
    pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc"),
]


def test_a_killed_ray_worker_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    options = ("--trials", "4", "--processes", "2", "--ray", "local", "--out", folder)

    def training() -> list[int]:
        found = descendants(sweep.pid).items()
        return [number for number, title in found if "ray::run_trial" in title]

    with started(*TINY, *options) as sweep:
        kill(wait_for(training)[0])
        out, err = sweep.communicate(timeout=600)
        assert sweep.returncode == 0, err
    assert err.count("its worker died; it begins again") == 1
    assert "4 trials, 0 of them failed" in out
    assert states(folder) == ["complete"] * 4
    for number in range(4):
        metrics = trial_folder(folder, number) / "metrics.jsonl"
        assert json.loads(metrics.read_text().splitlines()[-1])["kind"] == "result"
