"""``tprog generate`` and ``tprog allows``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import refused, tprog

GALLERY = Path(__file__).parent.parent.parent / "gallery"


@pytest.fixture(scope="session")
def balanced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Strings of a, then as many b: the letters that may follow, or the end."""
    folder = tmp_path_factory.mktemp("balanced")
    rows = [
        {"tokens": [*"a" * n, *"b" * n], "tags": ["ab"] * n + ["b"] * (n - 1) + ["$"]}
        for n in range(1, 7)
    ]
    data = folder / "data.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows * 20))
    run = folder / "run"
    done = tprog("train", "--data", data, "--causal", "--out", run, "--quiet")
    assert done.status == 0, done.err
    return run


def test_a_sequence_is_gone_on_with(balanced: Path) -> None:
    done = tprog("generate", balanced, *"aab")
    assert (done.status, done.out) == (0, "a a b b\n")
    assert "ended by the label '$'" in done.err
    found = json.loads(tprog("generate", balanced, *"aab", "--json").out)
    assert found["tokens"] == list("aabb")
    assert (found["given"], found["ended"]) == (3, "the label '$'")
    drawn = {tprog("generate", balanced, "a", "--seed", n).out for n in map(str, "123")}
    for text in drawn:
        assert text.split() == sorted(text.split())
    longer = tprog("generate", balanced, *"a" * 20, "b", "--most", "60")
    assert longer.out.split() == [*"a" * 20, *"b" * 20]


def test_a_sequence_is_checked(balanced: Path) -> None:
    done = tprog("allows", balanced, *"aabb")
    assert (done.status, done.err) == (0, "")
    every = "allowed: every token by the label before it"
    assert done.out == f"{every}, and the end by the last\n"
    wrong = tprog("allows", balanced, *"abb")
    assert wrong.status == 1
    assert wrong.out == (
        "not allowed: 'b' at position 2: after 'a b' the label '$' allows the end\n"
    )
    found = json.loads(tprog("allows", balanced, *"aab", "--json").out)
    assert (found["allowed"], found["position"]) == (False, 3)
    assert found["expected"] == {"tokens": ["b"], "end": False}
    assert tprog("allows", balanced, *"a" * 9, *"b" * 9, "--any-length").status == 0


def test_what_cannot_be_gone_on_with(balanced: Path) -> None:
    message = refused("generate", GALLERY / "sort-8", "3", "1")
    assert "looks at later tokens; learn with causal (--causal)" in message
    message = refused("generate", GALLERY / "prefix_parity-16", "0", "1")
    assert "got the labels 'even', 'odd', and the tokens '0', '1'" in message
    message = refused("allows", GALLERY / "majority-8", "0")
    assert "one label for a whole sequence" in message
    assert "at least one token" in refused("generate", balanced)
    assert "--stop to be one of" in refused("generate", balanced, "a", "--stop", "c")
    assert "expected --most >= 1" in refused("generate", balanced, "a", "--most", "0")
    assert "at most 12" in refused("allows", balanced, *"a" * 13)
    message = refused("generate", balanced, *"a" * 13)
    assert "13 tokens to begin with, of 12; ask for more with most (--most)" in message
