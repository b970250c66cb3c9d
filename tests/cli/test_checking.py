"""``tprog verify --invariant``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from cli.commands import Done, refused, tprog
from golden_programs import BY_NAME
from transformer_programs.codegen.serialize import to_json
from transformer_programs.verify.meanings import MEANINGS


@pytest.fixture
def hist(tmp_path: Path) -> Path:
    file = tmp_path / "hist.json"
    file.write_text(to_json(BY_NAME["hist"].program), encoding="utf-8")
    return file


def test_proved_and_refuted(hist: Path) -> None:
    done = tprog("verify", hist, "--invariant", "renaming", "--invariant", "length")
    same = "the same when tokens are renamed on all 364 inputs of 0 to 5 tokens"
    each = "one label per token on all 364 inputs of 0 to 5 tokens (by its structure)"
    assert (done.status, done.out) == (0, f"proved: {same}\nproved: {each}\n")
    both = ("--invariant", "renaming", "--invariant", "never 2")
    done = tprog("verify", hist, *both)
    assert done.status == 1
    first, second, *trace = done.out.splitlines()
    assert first == f"proved: {same}"
    assert second == (
        "refuted: not free of the label '2': on '0 0' the program says '2 2', "
        "with '2' for '0'"
    )
    assert any(line.split() == ["frequency", "1", "2", "2"] for line in trace)
    assert tprog("verify", hist, *both, "--quiet") == Done(1, "", "")
    done = tprog("verify", hist, *both, "--json")
    assert done.status == 1
    kept, broken = json.loads(done.out)
    assert (kept["invariant"], kept["proved"]) == ("renaming", True)
    assert (broken["invariant"], broken["proved"]) == ("never 2", False)
    assert broken["counterexample"]["tokens"] == ["0", "0"]


def test_tested(tmp_path: Path) -> None:
    gallery = Path(__file__).parent.parent.parent / "gallery"
    run = shutil.copytree(gallery / "sort-16", tmp_path / "run")
    done = tprog("verify", run, "--invariant", "permutation", "--drawn", "200")
    assert done.status == 0
    assert done.out.startswith("tested: a permutation of the tokens: no exception ")
    assert "that were tried; this is a test, not a proof\n" in done.out


def test_help_lists_all() -> None:
    words = " ".join(tprog("verify", "--help").out.replace("│", " ").split())
    for name, meaning in MEANINGS.items():
        assert f"{name} ({meaning})" in words


def test_what_is_refused(hist: Path) -> None:
    message = refused("verify", hist, "--invariant", "sorting")
    assert message.startswith("invariant 'sorting': expected one of never LABEL, perm")
    message = refused("verify", hist, "--invariant", "never 7")
    assert message.endswith("no label '7'; its labels: '1', '2', '3', '4', '5'")
    message = refused("verify", hist, "--invariant", "length", "--against", "task")
    assert message == "--against and --invariant: give one, then the other"
    message = refused("verify", hist, "--invariant", "prefix", "--drawn", "0")
    assert message == "expected --drawn >= 1, got 0"
