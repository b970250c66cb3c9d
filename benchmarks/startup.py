"""What it costs to start a command: CPU seconds and peak memory, in a new process.

python benchmarks/startup.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import subprocess
import sys
from pathlib import Path

RUN = str(Path(__file__).parent.parent / "gallery" / "sort-8")

COMMANDS = (
    ("--version",),
    ("--help",),
    ("train", "--help"),
    ("verify", "--help"),
    ("tasks",),
    ("show", RUN),
    ("run", RUN, "3", "1", "2"),
    ("explain", RUN, "3", "1", "2"),
    ("eval", RUN),
    ("verify", "--check", f"{RUN}/certificate.json"),
)

SCRIPT = """
import sys
from transformer_programs.cli import main
main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    print("CPU s    MB  command (the least of", repeats, "runs)")
    for arguments in COMMANDS:
        measured([*arguments])  # the files are in memory from now on
        found = [measured([*arguments]) for _ in range(repeats)]
        seconds, megabytes = min(found)
        shown = " ".join(arguments).replace(RUN, "RUN")
        print(f"{seconds:5.2f} {megabytes:5.0f}  tprog {shown}", flush=True)


def measured(arguments: list[str]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of one run."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(
            f"{arguments}: exit status {os.waitstatus_to_exitcode(status)}"
        )
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
