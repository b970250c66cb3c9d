"""``tprog`` called from tests."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from transformer_programs.cli.app import main

FILES = {
    "config.json",
    "model.safetensors",
    "program.json",
    "program.py",
    "metrics.jsonl",
    "certificate.json",
}
"""What a run folder holds."""

GRADIENT_FILES = FILES | {"learned.safetensors"}
"""What it holds when its program was made shorter."""


@dataclass(frozen=True)
class Done:
    """A finished command."""

    status: int
    out: str
    err: str


def tprog(*arguments: str | Path) -> Done:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["tprog", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def refused(*arguments: str | Path, status: int = 2) -> str:
    """The one line that a bad use gets."""
    done = tprog(*arguments)
    assert (done.status, done.out) == (status, ""), done.err
    lines = done.err.splitlines()
    progress = ("checking", "━")
    lines = [line for line in lines if not line.endswith(" ...")]  # of what takes long
    shown = [line for line in lines if not line.lstrip().startswith(progress)]
    assert len([line for line in shown if line.strip()]) == 1, done.err
    (line,) = (line for line in shown if line.strip())
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


def edit(file: Path, change: Callable[[str], str]) -> None:
    text = file.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    file.write_text(changed, encoding="utf-8")
