"""A disk that is full: one line, and nothing is left behind."""

from __future__ import annotations

import resource
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "cli"))

from commands import tprog

from traps import in_limits

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="limits are those of Linux"
)

HIST = ("hist", "--vocabulary-size", "4", "--max-length", "4", "--size", "60")


@pytest.mark.parametrize("room", [0, 200, 2000])
@pytest.mark.parametrize("parents", ["", "made/for/it/"])
def test_nothing_is_left(room: int, parents: str, tmp_path: Path) -> None:
    """With no room the lock cannot be written; with more of it, other files cannot."""
    run = tmp_path / f"{parents}run"

    def work() -> list[object]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        done = tprog("train", *HIST, "--out", run, "--learner", "search", "--quiet")
        return [done.status, done.out, done.err]

    status, out, err = in_limits(work)
    assert (status, out) == (2, ""), err
    place = run if room == 0 else run.with_name(".run.partial")
    assert err.startswith(f"error: {place}: cannot be written: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_an_older_lock_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / ".run.partial").mkdir()
    (tmp_path / ".run.partial" / ".lock").symlink_to(tmp_path / "outside")
    done = tprog("train", *HIST, "--out", tmp_path / "run", "--learner", "search")
    assert done.status == 2
    assert done.err.startswith(f"error: {tmp_path}/run: cannot be written: ")
    assert not (tmp_path / "outside").exists()


def test_a_partial_folder_that_leads_elsewhere(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("kept")
    (tmp_path / ".run.partial").symlink_to(kept)
    done = tprog("train", *HIST, "--out", tmp_path / "run", "--force")
    assert done.status == 2
    assert "is a link, where a run is kept until it is complete" in done.err
    assert [file.name for file in kept.iterdir()] == ["file"]
