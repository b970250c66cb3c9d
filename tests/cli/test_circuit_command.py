"""``tprog circuit``."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

from cli.commands import refused, tprog
from transformer_programs.runs.pictures.svg import FAINT, INK

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


SVG = "{http://www.w3.org/2000/svg}"


def test_pictures(tmp_path: Path) -> None:
    run = HIST.with_name("dyck2-16")
    for name in ("f.svg", "f.dot"):
        done = tprog("circuit", run, "--label", "F", "--out", tmp_path / name)
        assert done.status == 0, done.err
        assert f"written to {tmp_path / name}" in done.out
    again = refused("circuit", run, "--label", "F", "--out", tmp_path / "f.svg")
    assert again.endswith("exists; --force replaces it, --out names another")
    other = refused("circuit", run, "--label", "F", "--out", tmp_path / "f.png")
    assert "f.png: expected a file that ends in .svg or .dot" in other
    assert not (tmp_path / "f.png").exists()
    drawn = ElementTree.parse(tmp_path / "f.svg").getroot()
    colours = {text.text: text.get("fill") for text in drawn.iter(f"{SVG}text")}
    assert colours["copy_1"] == colours["tokens"] == INK
    assert colours["count_4"] == colours["order_1"] == FAINT
    assert colours["from 15 earlier to 1 earlier"] == INK
    assert colours["13 of 25 cells"] == INK
    boxes = [
        tuple(float(box.get(x) or 0) for x in ("x", "y", "width", "height"))
        for box in drawn.iter(f"{SVG}rect")
        if box.get("rx") == "8"
    ]
    assert len(boxes) == 11
    for i, (x, y, width, height) in enumerate(boxes):
        for left, top, wide, high in boxes[:i]:
            apart = x + width <= left or left + wide <= x
            assert apart or y + height <= top or top + high <= y
    dot = (tmp_path / "f.dot").read_text()
    assert '"count_4" -> "order_1" [label="b", color=gray85];' in dot
    assert '"label" -> "<labels>";' in dot
    assert "always 2 will do" in dot


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
