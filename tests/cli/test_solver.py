"""``tprog verify --solver`` through the real entry point."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli.commands import refused, tprog
from transformer_programs.codegen.serialize import to_json
from transformer_programs.language.nodes import (
    Head,
)
from transformer_programs.runs.folder import read_program

pytest.importorskip("ortools")

GALLERY = Path(__file__).parent.parent.parent / "gallery"


@pytest.fixture(autouse=True)
def _gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies: what is found is added to certificates."""
    for name in ("reverse-16", "sort-16"):
        shutil.copytree(GALLERY / name, tmp_path / "gallery" / name)
    monkeypatch.setitem(globals(), "GALLERY", tmp_path / "gallery")


def test_proved_against_the_task() -> None:
    run = GALLERY / "reverse-16"
    done = tprog("verify", run, "--against", "task", "--solver")
    assert done.status == 0
    assert done.out == (
        "proved: equal to the definition of reverse (its formula) on all 4.3e+15 "
        f"inputs of 1 to 14 tokens (by a solver)\ncertificate: {run}/certificate.json\n"
    )
    assert tprog("verify", "--check", run / "certificate.json").status == 0


def test_a_counterexample_with_its_trace(tmp_path: Path) -> None:
    """A program that does not know that 3 is less than 7."""
    program = read_program(GALLERY / "sort-16")
    count, *rest = program.statements
    assert isinstance(count, Head)
    assert count.sums
    rows = list(count.predicate)
    rows[7] = tuple(key for key in rows[7] if key != 3)
    changed = replace(count, predicate=tuple(rows))
    other = tmp_path / "other.json"
    other.write_text(
        to_json(replace(program, statements=(changed, *rest))), encoding="utf-8"
    )
    options = ("--against", other, "--solver", "--only-lengths", "6-14")
    done = tprog("verify", GALLERY / "sort-16", *options)
    assert done.status == 1
    assert done.out.startswith(f"refuted: not equal to {other}: on ")
    assert "\n rank " in done.out


@pytest.mark.parametrize("lengths", ["x", "3-", "1-2-3", "9-4", "0-99"])
def test_lengths_that_are_none(lengths: str) -> None:
    said = refused(
        "verify", GALLERY / "reverse-16", "--against", "task", "--only-lengths", lengths
    )
    assert "lengths" in said
