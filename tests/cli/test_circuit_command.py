"""``tprog circuit``."""

from __future__ import annotations

import json
from pathlib import Path

from cli.commands import refused, tprog

HIST = Path(__file__).parents[2] / "gallery" / "hist-8"

WHERE = """
def short(tokens):
    return len(tokens) < 2

def never(tokens):
    return False

def broken(tokens):
    return tokens[5]
"""


def test_inputs_on_which_little_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(WHERE)
    out = tmp_path / "out"
    done = tprog("circuit", HIST, "--where", f"{file}:short", "--out", out)
    assert done.status == 0, done.err
    assert "what decides all labels where " in done.out
    assert "not needed: same_token" in done.out
    assert 'label = ["1"] * len(' in done.out
    assert tprog("run", out, "0").out.strip() == "1"


def test_as_json() -> None:
    found = json.loads(tprog("circuit", HIST, "--label", "2", "--json").out)
    assert found["kept"] == ["same_token", "label"]
    assert found["inputs"] > 0


def test_refusals(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(WHERE)
    assert "expected one of '1', '2'" in refused("circuit", HIST, "--label", "9")
    assert "holds for none of" in refused("circuit", HIST, "--where", f"{file}:never")
    message = refused("circuit", HIST, "--where", f"{file}:broken")
    assert ": IndexError: tuple index out of range" in message
    alone = tmp_path / "program.py"
    alone.write_text((HIST / "program.py").read_text())
    assert "no data belong to" in refused("circuit", alone, "--label", "2")
