"""``examples/language/prepare.py``."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from external import DATA

SCRIPT = Path(__file__).parents[2] / "examples" / "language" / "prepare.py"
SIZES = {
    "trec": (4_906, 546, 500),
    "mr": (8_530, 1_066, 1_066),
    "subj": (8_000, 1_000, 1_000),
    "ag_news": (20_779, 2_309, 7_600),
    "uner_ewt": (12_543, 2_001, 2_077),
}
PARTS = ("train", "validation", "test")


def prepare(source: Path, out: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(source), str(out), *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def rows(folder: Path, part: str) -> list[dict[str, Any]]:
    text = (folder / f"{part}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Small files of the same forms."""
    made = {
        "trec/train_5500.label": [
            f"LOC:city Where is  Caf\xe9 {n} ?" for n in range(19)
        ]
        + ["NUM:date When ?"],
        "trec/TREC_10.label": ["ABBR:exp What 's IBM : a firm ?"],
        "mr/rt-polarity.pos": [f"good \x97 {n}" for n in range(10)],
        "mr/rt-polarity.neg": [f"bad {n} " for n in range(12)],
        "ag_news/classes.txt": ["World", "Sci/Tech"],
        "ag_news/train.csv": [f'"1","","No ""{n}"" "' for n in range(9)]
        + ['"2","A title","and\na  text"'],
        "ag_news/test.csv": ['"2","T","D"'],
        "uner_ewt/train.txt": ["Ada\tB-PER", "Byron\tI-PER", "", "", "\t".join("xO")],
        "uner_ewt/valid.txt": ["x y\tO", ""],
        "uner_ewt/test.txt": ["x\tO\r", "\r", "y\tO\r"],
    }
    for name, lines in made.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = "".join(line + "\n" for line in lines).encode("latin-1")
        if "uner" in name:
            path, data = path.with_name(f"{path.name}.gz"), gzip.compress(data)
        path.write_bytes(data)
    return tmp_path / "source"


def test_small_files(source: Path, tmp_path: Path) -> None:
    done = prepare(source, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "trec: 18 train, 2 validation, 1 test",
        "mr: 18 train, 2 validation, 2 test",
        "ag_news: 9 train, 1 validation, 1 test",
        "uner_ewt: 2 train, 1 validation, 2 test",
    ]
    out = tmp_path / "out"
    assert rows(out / "trec", "test") == [
        {"text": "What 's IBM : a firm ?", "label": "ABBR"}
    ]
    questions = {row["text"] for part in PARTS[:2] for row in rows(out / "trec", part)}
    assert questions == {f"Where is Café {n} ?" for n in range(19)} | {"When ?"}
    opinions = [row for part in PARTS for row in rows(out / "mr", part)]
    assert Counter(row["label"] for row in opinions) == {"positive": 10, "negative": 12}
    assert {"text": "good — 3", "label": "positive"} in opinions
    news = [row for part in PARTS[:2] for row in rows(out / "ag_news", part)]
    assert {"text": 'No "0"', "label": "World"} in news
    assert {"text": "A title and a text", "label": "Sci/Tech"} in news
    assert rows(out / "uner_ewt", "train") == [
        {"tokens": ["Ada", "Byron"], "tags": ["B-PER", "I-PER"]},
        {"tokens": ["x"], "tags": ["O"]},
    ]
    assert rows(out / "uner_ewt", "validation") == [{"tokens": ["x y"], "tags": ["O"]}]
    assert [len(row["tokens"]) for row in rows(out / "uner_ewt", "test")] == [1, 1]


def test_the_same_files_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert prepare(source, tmp_path / out, "trec", "mr").returncode == 0
    names = sorted(p.relative_to(tmp_path / "one") for p in tmp_path.glob("one/*/*"))
    assert len(names) == 6
    for name in names:
        first, second = (tmp_path / out / name for out in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("trec/TREC_10.label", "ABBR\n", ":1: expected COARSE:fine question, found"),
        ("ag_news/test.csv", '"2","T"\n', ":1: expected a number from 1 to 2, a title"),
        ("ag_news/test.csv", '"3","T","D"\n', ":1: expected a number from 1 to 2"),
        ("uner_ewt/test.txt", "x\tO\nword\n", ":2: expected a token, a tab and a tag"),
        ("mr/rt-polarity.neg", None, ": no such file, needed for mr"),
    ],
)
def test_files_that_are_not_as_expected(
    source: Path, name: str, text: str | None, message: str, tmp_path: Path
) -> None:
    if text is None:
        (source / name).unlink()
    else:
        (source / name).write_text(text)
    done = prepare(source, tmp_path / "out")
    assert done.returncode == 1
    assert done.stderr.startswith(f"{source / name}{message}")
    assert len(done.stderr.splitlines()) == 1


def test_uses_that_are_refused(tmp_path: Path) -> None:
    assert (
        "usage: python prepare.py SOURCE OUT" in prepare(tmp_path, tmp_path, "x").stderr
    )
    found = prepare(tmp_path, tmp_path / "out").stderr
    assert "expected folders trec, mr, subj, ag_news, uner_ewt, found none" in found


@pytest.mark.parametrize("name", SIZES)
def test_public_files(name: str, tmp_path: Path) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"no external data: {name}")
    done = prepare(DATA, tmp_path, name)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / name
    assert tuple(len(rows(folder, part)) for part in PARTS) == SIZES[name]
    train, validation, test = (folder / f"{part}.jsonl" for part in PARTS)
    data = tp.read_sequences(train, validation=str(validation), test=str(test))
    sizes = (len(data.train), len(data.validation), len(data.test))
    assert sizes == SIZES[name]
    assert data.tagging == (name == "uner_ewt")
