"""Turn public files of language tasks into JSON lines (see README.md).

python prepare.py SOURCE OUT [NAME ...]

SOURCE holds the folders trec, mr, subj, ag_news and uner_ewt, or some of them. For
each, OUT/NAME gets train.jsonl, validation.jsonl and test.jsonl, which "tprog train
--data" reads. The same files always give the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

Row = dict[str, object]
"""A line of the result: "text" and "label", or "tokens" and "tags"."""
Parts = dict[str, list[Row]]

SEED = 0
CONTROLS = {
    code: bytes([code]).decode("cp1252", errors="replace").replace("\ufffd", " ")
    for code in range(0x80, 0xA0)
}
"""Control characters that come of reading cp1252 as Latin-1: what they stand for."""


def trec(folder: Path) -> Parts:
    """Questions and the coarse class of what they ask for (Li and Roth)."""
    return with_validation(
        questions(folder / "train_5500.label"), questions(folder / "TREC_10.label")
    )


def mr(folder: Path) -> Parts:
    """Sentences of film reviews, positive or negative (Pang and Lee)."""
    return split(
        sentences(folder / "rt-polarity.pos", "positive")
        + sentences(folder / "rt-polarity.neg", "negative")
    )


def subj(folder: Path) -> Parts:
    """Sentences of reviews, which are subjective, and of plots, which are not."""
    return split(
        sentences(folder / "subj.objective", "objective")
        + sentences(folder / "subj.subjective", "subjective")
    )


def ag_news(folder: Path) -> Parts:
    """Titles with the beginnings of news, and their section."""
    sections = text_of(folder / "classes.txt").split()
    train = first_of(folder, "train.csv", "train_subset.csv")
    return with_validation(
        news(train, sections), news(first_of(folder, "test.csv"), sections)
    )


def uner_ewt(folder: Path) -> Parts:
    """English sentences with persons, places and organisations tagged (UNER)."""
    files = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}
    return {part: tagged(first_of(folder, name)) for part, name in files.items()}


SETS: dict[str, Callable[[Path], Parts]] = {
    "trec": trec,
    "mr": mr,
    "subj": subj,
    "ag_news": ag_news,
    "uner_ewt": uner_ewt,
}


def questions(path: Path) -> list[Row]:
    """The lines ``COARSE:fine question``."""
    rows = []
    for number, line in lines(path):
        label, _, text = line.partition(" ")
        coarse, colon, _ = label.partition(":")
        if not colon or not text.strip():
            fail(path, number, "COARSE:fine question", line)
        rows.append(labelled(text, coarse))
    return rows


def sentences(path: Path, label: str) -> list[Row]:
    """A sentence a line, all with the same label."""
    return [labelled(line, label) for _, line in lines(path)]


def news(path: Path, sections: list[str]) -> list[Row]:
    """The rows ``"section","title","description"``; some titles are empty."""
    by_number = {str(number): name for number, name in enumerate(sections, 1)}
    reader = csv.reader(io.StringIO(text_of(path), newline=""))
    rows = []
    for fields in reader:
        if len(fields) != 3 or fields[0] not in by_number:
            expected = f"a number from 1 to {len(sections)}, a title and a text"
            fail(path, reader.line_num, expected, fields)
        section, title, text = fields
        rows.append(labelled(f"{title} {text}", by_number[section]))
    return rows


def tagged(path: Path) -> list[Row]:
    """A token, a tab and its tag a line; a blank line after each sentence."""
    rows: list[Row] = []
    tokens: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*text_of(path).split("\n"), ""], 1):
        token, tab, tag = line.rstrip("\r").partition("\t")
        if tab and token and tag:
            tokens.append(token)
            tags.append(tag)
        elif line.strip():
            fail(path, number, "a token, a tab and a tag", line)
        elif tokens:
            rows.append({"tokens": tokens, "tags": tags})
            tokens, tags = [], []
    return rows


def labelled(text: str, label: str) -> Row:
    """A text with its label; the case stays, spaces become single ones."""
    return {"text": " ".join(text.split()), "label": label}


def with_validation(train: list[Row], test: list[Row]) -> Parts:
    """The official split, with a tenth of the training data for validation."""
    shuffled = random.Random(SEED).sample(train, len(train))
    size = len(train) * 9 // 10
    return {"train": shuffled[:size], "validation": shuffled[size:], "test": test}


def split(rows: list[Row]) -> Parts:
    """Data without an official split: a tenth each for validation and test."""
    shuffled = random.Random(SEED).sample(rows, len(rows))
    tenth = len(rows) // 10
    return {
        "train": shuffled[2 * tenth :],
        "validation": shuffled[:tenth],
        "test": shuffled[tenth : 2 * tenth],
    }


def lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    numbered = enumerate(text_of(path).split("\n"), 1)
    return [(number, line) for number, line in numbered if line.strip()]


def text_of(path: Path) -> str:
    """A file's text: UTF-8, or Latin-1 where it is not that; also gzipped."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.translate(CONTROLS)


def first_of(folder: Path, *names: str) -> Path:
    """The first of the files that is there, plain or gzipped."""
    for name in names:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.exists():
                return path
    sys.exit(f"{folder}: expected {' or '.join(names)}, also .gz, found neither")


def fail(path: Path, number: int, expected: str, found: object) -> NoReturn:
    """Stop at a line that is not as expected."""
    sys.exit(f"{path}:{number}: expected {expected}, found {found!r:.60}")


def prepare(source: Path, out: Path, names: list[str]) -> dict[str, dict[str, int]]:
    """Write the named sets; returns how many sequences each part has."""
    counts = {}
    for name in names:
        try:
            parts = SETS[name](source / name)
        except FileNotFoundError as error:
            sys.exit(f"{error.filename}: no such file, needed for {name}")
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for part, rows in parts.items():
            text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            (folder / f"{part}.jsonl").write_text(text, "utf-8", newline="\n")
        counts[name] = {part: len(rows) for part, rows in parts.items()}
    return counts


def main() -> None:
    """Prepare what is named, or all that is there."""
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= SETS.keys():
        sys.exit(f"usage: python prepare.py SOURCE OUT [{' | '.join(SETS)} ...]")
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    names = sys.argv[3:] or [name for name in SETS if (source / name).is_dir()]
    if not names:
        sys.exit(f"{source}: expected folders {', '.join(SETS)}, found none of them")
    for name, counts in prepare(source, out, names).items():
        print(f"{name}: " + ", ".join(f"{n:,} {part}" for part, n in counts.items()))


if __name__ == "__main__":
    main()
