"""What reading many lines takes, measured in a process of its own."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

STATUS = Path("/proc/self/status")
pytestmark = pytest.mark.skipif(not STATUS.exists(), reason="measures as Linux does")

LINES = 100_000
MEGABYTES = 50
"""A little more than the tenth of what a million lines may take."""
SECONDS = 3.0
"""Twice the tenth of the CPU time that a million lines may take: machines differ."""

MEASURED = """
import json, sys, time
from transformer_programs.data import read_sequences

def used():
    lines = open("/proc/self/status").read().splitlines()
    peak = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return time.process_time(), int(peak)

seconds, peak = used()
data = read_sequences(sys.argv[1])
data.encode(data.train)
found = used()
print(json.dumps([len(data.sequences), found[0] - seconds, found[1] - peak]))
"""


def rows() -> list[list[str]]:
    rng = random.Random(0)
    words = [f"w{i}" for i in range(500)]
    return [rng.choices(words, k=6) for _ in range(LINES)]


def as_table(path: Path) -> Path:
    lines = [f"{' '.join(row)},{row[0] < row[1]}\n" for row in rows()]
    path.write_text("text,label\n" + "".join(lines))
    return path


def as_json(path: Path) -> Path:
    objects = [{"tokens": row, "tags": [w[:2] for w in row]} for row in rows()]
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


@pytest.mark.parametrize(("write", "name"), [(as_table, "a.csv"), (as_json, "a.jsonl")])
def test_many_lines_take_little(tmp_path: Path, write: object, name: str) -> None:
    assert callable(write)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, write(tmp_path / name)],
        capture_output=True,
        text=True,
        check=True,
    )
    count, seconds, kilobytes = json.loads(done.stdout)
    assert count == LINES
    assert kilobytes < MEGABYTES * 1024
    assert seconds < SECONDS
