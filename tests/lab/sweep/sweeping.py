"""``tprog sweep`` in a process of its own, with trainings as small as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from transformer_programs.lab.sweep.folder import JOURNAL

SCRIPT = Path(sys.executable).with_name("tprog")

MODEL = (
    *("--categorical-heads", "1", "--numerical-heads", "0"),
    *("--tables", "0"),
)
TASK = ("reverse", "--vocabulary-size", "6", "--max-length", "4", "--size", "100")
TINY = (*TASK, *MODEL, "--restarts", "1", "--vary", "layers=1", "--vary", "steps=20:40")


@contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """The command, which is killed with all that it started when the block ends."""
    with subprocess.Popen(
        [SCRIPT, "sweep", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            left = descendants(process.pid)
            process.kill()
            for number in left:
                kill(number)


def kill(number: int) -> None:
    """End a process as a system without memory does."""
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def descendants(parent: int) -> dict[int, str]:
    """The processes that a process started, and those that they did, with titles."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, new = {}, [parent]
    while new:
        for child in children.get(new.pop(), []):
            found[child] = title(child)
            new.append(child)
    return found


def title(number: int) -> str:
    try:
        return Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_for(found: Callable[[], Any], seconds: float = 600) -> Any:
    """What is found, as soon as it is."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.05)
    raise TimeoutError(f"not within {seconds} s")


def states(folder: Path) -> list[str]:
    """The states of the study's trials, by number."""
    names = {0: "running", 1: "complete", 2: "pruned", 3: "failed", 4: "waiting"}
    found: list[str] = []
    text = (folder / JOURNAL).read_text() if (folder / JOURNAL).exists() else ""
    for line in text.splitlines():
        log = json.loads(line)
        if log["op_code"] == 4:
            found.append(names[log.get("state", 0)])
        elif log["op_code"] == 6:
            found[log["trial_id"]] = names[log["state"]]
    return found
