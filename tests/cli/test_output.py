"""Output that cannot be written: one line and exit status 2, or a silent end."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from transformer_programs.cli.app import main
from transformer_programs.cli.streams import CLOSED_PIPE

RUN = Path(__file__).parents[2] / "gallery" / "sort-8"

FULL = Path("/dev/full")

PRINTING = [
    "--help",
    "--version",
    "run --help",
    "tasks",
    f"show {RUN}",
    f"show {RUN} --json",
    f"run {RUN} 3 1 2",
    f"run {RUN} 3 1 2 --json",
    f"run {RUN} 3 1 2 --trace",
    f"explain {RUN} 3 1 2",
    f"explain {RUN} 3 1 2 --json",
    f"eval {RUN} --any-length --lengths 9 --drawn 5",
    f"eval {RUN} --any-length --lengths 9 --drawn 5 --json",
    "baseline sort --size 50 --kind majority",
    "baseline sort --size 50 --kind majority --json",
]


class Failing(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str, /) -> int:
        raise self.error


def ended(arguments: str, out: io.StringIO, err: io.StringIO) -> int:
    """The exit status of a command in this process."""
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["tprog", *shlex.split(arguments)])
        try:
            main()
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


@pytest.mark.parametrize("arguments", PRINTING)
def test_every_command_says_that_it_cannot_print(arguments: str) -> None:
    err = io.StringIO()
    full = OSError(errno.ENOSPC, "No space left on device")
    assert ended(arguments, Failing(full), err) == 2
    last = err.getvalue().splitlines()[-1]
    assert last == "error: standard output cannot be written: No space left on device"


@pytest.mark.parametrize("arguments", PRINTING)
def test_every_command_ends_silently_when_its_reader_went_away(arguments: str) -> None:
    err = io.StringIO()
    gone = BrokenPipeError(errno.EPIPE, "Broken pipe")
    assert ended(arguments, Failing(gone), err) == CLOSED_PIPE
    assert "error" not in err.getvalue()


def test_lost_messages_do_not_stop_work(tmp_path: Path) -> None:
    gone = Failing(BrokenPipeError(errno.EPIPE, "Broken pipe"))
    out, run = io.StringIO(), tmp_path / "run"
    assert ended(f"train sort --size 200 --out {run}", out, gone) == 0
    assert (run / "program.py").exists()
    assert ended("run nowhere 1", io.StringIO(), gone) == 2


def shell(script: str) -> tuple[int, str]:
    """The exit status and the standard error of a script, in which $T is ``tprog``."""
    tprog = f"{shlex.quote(sys.executable)} -c {shlex.quote(SCRIPT)}"
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"T": tprog, "R": str(RUN)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


SCRIPT = "from transformer_programs.cli import main; main()"

LINE = "error: standard output cannot be written: "


@pytest.mark.parametrize(
    ("script", "status", "err"),
    [
        ("eval $T run $R 3 1 >/dev/full", 2, f"{LINE}No space left on device\n"),
        ("eval $T show $R >/dev/full", 2, f"{LINE}No space left on device\n"),
        ("eval $T --help >/dev/full", 2, f"{LINE}No space left on device\n"),
        ("eval $T run $R 3 1 >&-", 2, f"{LINE}it is closed\n"),
        ("eval $T run $R 3 1 >/dev/full 2>/dev/full", 2, ""),
        ("eval $T run $R nonsense 2>&-", 2, ""),
        ("set -o pipefail; eval $T tasks | (exec <&-; sleep 3)", CLOSED_PIPE, ""),
    ],
)
def test_real_streams_also_at_the_end_of_python(
    script: str, status: int, err: str
) -> None:
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    assert shell(script) == (status, err)
