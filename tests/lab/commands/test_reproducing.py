"""``tprog reproduce``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import Done, refused, tprog
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.reproduce import measure, suites

QUICK = ("--learner", "search", "--tasks", "sort,reverse")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(suites, "SEQUENCES", 300)
    for task in ("reverse", "sort"):
        monkeypatch.setitem(suites.SIZES[task], 8, (6, 6))
    monkeypatch.chdir(tmp_path)


def test_records_and_page() -> None:
    done = tprog("reproduce", "rasp", *QUICK)
    assert done.status == 0, done.err
    assert "note: sort, seed 0, is being learned" in done.err
    file = Path("docs", "results", "rasp-8-search.json")
    assert done.out.endswith(f"written to {file}\n")
    assert [line.split() for line in done.out.splitlines()[1:4]] == [
        ["task", "vocabulary,", "length", "search", "paper", "wide", "grid"],
        ["reverse", "6,", "6", "100.00", "99.79", "99.99"],
        ["sort", "6,", "6", "100.00", "99.83", "100"],
    ]
    document = json.loads(file.read_text())
    assert [m["task"] for m in document["results"]] == ["reverse", "sort"]
    page = Path("docs", "results.md").read_text()
    assert "| reverse | 6, 6 | 100.00 | 99.79 | 99.99 |" in page
    assert {f.name for f in Path("docs").iterdir()} == {"results", "results.md"}
    before = file.read_bytes()
    again = tprog("reproduce", "rasp", *QUICK, "--quiet")
    assert again == Done(0, f"{file}\n", "")
    assert file.read_bytes() == before
    assert Path("docs", "results.md").read_text() == page


def test_other_places_and_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tiny(_: object, learner: str, seed: int) -> StandardSettings:
        assert learner == "baseline"
        return StandardSettings(
            layers=1, heads=2, width=8, feed_forward=8, steps=2, seed=seed
        )

    monkeypatch.setattr(measure, "settings_of", tiny)
    out = tmp_path / "mine"
    options = ("--size", "16", "--seeds", "3,4", "--out", out, "--json")
    done = tprog(
        "reproduce", "rasp", "--learner", "baseline", "--tasks", "hist", *options
    )
    assert (done.status, done.err) == (0, "")
    found = json.loads(done.out)
    assert [m["seed"] for m in found["results"]] == [3, 4]
    assert [m["settings"]["seed"] for m in found["results"]] == [3, 4]
    assert found["results"][0]["source"]["max_length"] == 16
    assert found == json.loads((out / "rasp-16-baseline.json").read_text())
    assert "99.9, 99.9" in (tmp_path / "mine.md").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("ner",), "expected suite rasp, induction, language, data, got 'ner'"),
        (("rasp", "--size", "12"), "expected size 8, 16, got 12"),
        (("rasp", "--learner", "auto"), "expected learner search, gradient, baseline"),
        (("rasp", "--tasks", "sort,no"), "expected task of rasp reverse, sort, hist,"),
        (("rasp", "--seeds", "a"), "--seeds a: expected numbers such as 0,1,2"),
    ],
)
def test_bad_uses(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    assert refused("reproduce", *options).startswith(message)
    assert not any(tmp_path.iterdir())


def test_a_record_that_is_damaged() -> None:
    folder = Path("mine")
    folder.mkdir()
    (folder / "rasp-8-search.json").write_text("{}")
    message = refused("reproduce", "rasp", *QUICK, "--out", folder, "--quiet")
    assert "rasp-8-search.json: expected a record of format" in message
    assert (folder / "rasp-8-search.json").read_text() == "{}"


def test_the_page_is_written_anew() -> None:
    assert "no record of rasp there" in refused("reproduce", "rasp", "--render")
    assert tprog("reproduce", "rasp", *QUICK).status == 0
    page = Path("docs", "results.md")
    text = page.read_text()
    page.unlink()
    done = tprog("reproduce", "rasp", "--render")
    assert (done.status, page.read_text()) == (0, text)
    assert "learned" not in done.err


def test_language_needs_files() -> None:
    assert "expected data (--data), the folder" in refused("reproduce", "language")
    assert "only with --data" in refused("reproduce", "rasp", "--vectors", "v.txt")
