"""``tprog report``: a page about a run, or about two."""

from __future__ import annotations

import json
from pathlib import Path

import transformer_programs as tp
from cli.commands import refused, tprog

GALLERY = Path(__file__).parents[2] / "gallery"


def test_a_page_is_written_beside_the_run(tmp_path: Path) -> None:
    run = tp.load(GALLERY / "sort-8" / "program.json").save(tmp_path / "sort")
    assert run.folder is not None
    done = tprog("report", run.folder)
    file = tmp_path / "sort.html"
    assert (done.status, done.out) == (0, f"{file}\n"), done.err
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "exists" in refused("report", run.folder)
    message = refused("report", run.folder, "--out", tmp_path / "page.txt")
    assert message.endswith("a file that ends in .html or .htm")
    assert tprog("report", run.folder, "--force").status == 0


def test_two_runs_have_one_page(tmp_path: Path) -> None:
    file = tmp_path / "both.html"
    places = [GALLERY / name for name in ("sort-8", "reverse-8")]
    done = tprog("report", *places, "--out", file, "--json")
    found = json.loads(done.out)
    assert found == {"file": str(file), "bytes": file.stat().st_size}
    page = file.read_text(encoding="utf-8")
    assert "sort and reverse" in page
    assert "Inputs on which labels differ" in page


def test_what_is_no_run_has_no_page(tmp_path: Path) -> None:
    assert "page.html" not in refused(
        "report", tmp_path, "--out", tmp_path / "page.html"
    )
