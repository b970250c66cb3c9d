"""What the pages in docs/ show is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cli.commands import tprog
from transformer_programs.judging import judge_invariant
from transformer_programs.verify.invariants import MEANINGS

DOCS = Path(__file__).parent.parent / "docs"


def blocks(page: str) -> list[tuple[str, str]]:
    """The commands and the Python of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    pattern = r"^```python\n(.*?)^```|^    (tprog [^\n]*)$"
    return [
        ("python", code) if code else ("tprog", command)
        for code, command in re.findall(pattern, text, re.DOTALL | re.MULTILINE)
    ]


def test_a_bug_is_found_and_fixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    shown, ran = "", []
    for kind, text in blocks("edit.md"):
        if kind == "tprog":
            options = ("--quiet",) if "--init" in text else ()
            steps = ("--steps", "2", "--restarts", "1") if options else ()
            done = tprog(*text.split()[1:], *options, *steps)
            expected = 1 if "runs/few --against" in text else 0
            assert done.status == expected, done.err
            ran.append(text.split()[1])
            shown = done.out if "show" in text else shown
        elif text.startswith("    "):
            assert text in shown
        else:
            exec(text, names)
    assert ran == ["train", "show", "verify", "compile", "eval", "verify", "train"]
    assert names["wrong"]
    first = " ".join(names["wrong"][0])
    assert f"`{first}`" in (DOCS / "edit.md").read_text(encoding="utf-8")


def test_invariants_are_kept_and_broken_as_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(DOCS.parent)
    text = (DOCS / "invariants.md").read_text(encoding="utf-8")
    ran = 0
    for kind, code in blocks("invariants.md"):
        if kind == "tprog":
            done = tprog(*code.split()[1:])
            verdicts = [line for line in done.out.splitlines() if line[:1] != " "]
            assert "\n".join(["```", *verdicts, "```"]) in text
            assert done.status == any(line.startswith("refuted") for line in verdicts)
            ran += len(verdicts)
        else:
            exec(code, {})
    assert ran == 3
    for name in MEANINGS:
        assert f"| `{name}` |" in text
    assert judge_invariant("gallery/majority-8", "never <s>").proved
    for run, name in (
        ("hist-8", "never 7"),
        ("reverse-8", "sorted"),
        ("maximum_position-8", "renaming"),
        ("sort-8", "renaming-with-labels"),
    ):
        shortest = judge_invariant(f"gallery/{run}", name).counterexample
        assert shortest is not None
        assert f"on `{' '.join(shortest.tokens)}`" in text
