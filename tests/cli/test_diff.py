"""``tprog diff``."""

from __future__ import annotations

import json
from pathlib import Path

from cli.commands import refused, tprog

GALLERY = Path(__file__).parents[2] / "gallery"
HIST, SORT = GALLERY / "hist-8", GALLERY / "sort-8"


def test_a_program_and_its_edited_text(tmp_path: Path) -> None:
    text = (HIST / "program.py").read_text()
    edited = tmp_path / "edited.py"
    edited.write_text(text.replace("[str(x) for", "[str(min(x, 2)) for"))
    done = tprog("diff", HIST, edited)
    assert done.status == 0, done.err
    assert 'label: 7 cells differ: 0: "1" -> "0"; 3: "3" -> "2"; ' in done.out
    assert "labels: differ on '0 0 0': the first says '3 3 3', the second" in done.out
    found = json.loads(tprog("diff", HIST, edited, "--json").out)
    assert found["input"] == ["0", "0", "0"]
    assert not found["proved_equal"]


def test_equal_programs() -> None:
    done = tprog("diff", SORT, SORT / "program.json")
    assert "they are written alike" in done.out
    assert "labels: proved: equal to the second on all 19,531 inputs" in done.out


def test_other_inputs_cannot_be_compared(tmp_path: Path) -> None:
    done = tprog("diff", HIST, SORT)
    assert done.status == 0
    assert "same_token: only the first program computes it" in done.out
    assert "labels: not compared: the second: accepts other inputs" in done.out
    assert "no such" in refused("diff", HIST, tmp_path / "none")
