"""The data sets of the suite of real data: where their files are, how they are read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from transformer_programs.data import ReadOptions
from transformer_programs.errors import SettingsError
from transformer_programs.tasks import FileSource

PARTS = ("validation", "test")
"""Files beside ``train...`` that are the other parts, where they are there."""


@dataclass(frozen=True, slots=True)
class RealData:
    """A data set that users can get as a file.

    Attributes:
        about: What is told of what.
        seconds: About how many CPU seconds a seed takes: the program, and all simple
            methods.
        files: Where its file may be, below the folder of data; the first there is read.
        options: How it is read, beyond what is found in the file; by file.
    """

    about: str
    seconds: tuple[int, int]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def _plain(*files: str, **options: Any) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(files, options)


def _parted(name: str) -> dict[str, dict[str, Any]]:
    return _plain(f"{name}/train.jsonl", f"{name}/train.jsonl.gz")


def _small(name: str, **options: Any) -> dict[str, dict[str, Any]]:
    return _plain(f"strangers/{name}", name, **options)


_LETTERS: dict[str, Any] = {"split": "characters"}

REAL_DATA: dict[str, RealData] = {
    "tictactoe": RealData(
        "who won a game, from its last board", (13, 2), _small("tictactoe.jsonl")
    ),
    "poker": RealData(
        "what a hand of cards is called", (50, 9), _small("poker2000.jsonl")
    ),
    "power": RealData(
        "winter or summer, from a day's demand for power in letters",
        (10, 4),
        _small("sax_ItalyPowerDemand.jsonl"),
    ),
    "splice": RealData(
        "what kind of splice junction a stretch of DNA is, if any",
        (45, 14),
        _plain("splice/splice.csv", "splice.csv", **_LETTERS)
        | {"splice/splice.data": _LETTERS | {"columns": "label,name,text"}},
    ),
    "identifiers": RealData(
        "what kind of thing a name in Python is of, from its letters",
        (33, 13),
        _small("identifiers.csv", **_LETTERS),
    ),
    "comments": RealData(
        "which tokens of a line of Python are comment",
        (5, 7),
        _small("comments1500.jsonl"),
    ),
    "dates": RealData("the parts of a date", (11, 13), _small("dates.jsonl")),
    "hyphen": RealData(
        "where a word may be hyphenated", (30, 21), _small("hyphen1500.jsonl")
    ),
    "sms": RealData(
        "whether a message is spam", (25, 8), _plain("sms/sms.csv", "sms.csv")
    ),
    "trec": RealData("what a question asks for", (21, 25), _parted("trec")),
    "mr": RealData("whether a reviewer liked a film", (23, 19), _parted("mr")),
    "subj": RealData("whether a sentence is an opinion", (27, 20), _parted("subj")),
    "imdb": RealData("whether a review likes its film", (130, 51), _parted("imdb")),
    "ag_news": RealData(
        "the section of a piece of news", (90, 150), _parted("ag_news")
    ),
    "uner_ewt": RealData(
        "persons, places and organisations in sentences", (120, 70), _parted("uner_ewt")
    ),
}
"""By name, in the order of the table."""


def found_file(folder: Path, name: str) -> Path | None:
    """Return the file of a data set in a folder; None if it is not there."""
    return next((f for n in REAL_DATA[name].files if (f := folder / n).is_file()), None)


def real_source(folder: Path, name: str, seed: int) -> FileSource:
    """Return a data set, with the hashes of its files.

    Args:
        folder: Where the files are.
        name: Of the data set.
        seed: Of the split into parts, as far as there are no files of them.

    Raises:
        SettingsError: If its file is not there.
    """
    known = REAL_DATA[name].files
    file = found_file(folder, name)
    if file is None:
        raise SettingsError(
            f"{folder}: no file of {name}; expected {' or '.join(known)}"
        )
    parts: dict[str, str] = {}
    if file.name.startswith("train"):
        others = {part: file.with_name(part + file.name[5:]) for part in PARTS}
        parts = {part: str(other) for part, other in others.items() if other.is_file()}
    options = known[file.relative_to(folder).as_posix()] | parts
    # Of official parts no seed chooses anything.
    drawn = seed if len(parts) < len(PARTS) else 0
    return FileSource(str(file), ReadOptions(**options, seed=drawn)).stamped()


def without_folder(folder: Path, name: str, source: FileSource) -> FileSource:
    """Return a data set as a record has it: its files by name and hash."""
    file = found_file(folder, name)
    assert file is not None
    base = file.relative_to(folder)  # links are not followed
    found = {part: getattr(source.options, part) for part in PARTS}
    parts: dict[str, Any] = {
        part: path and base.with_name(Path(path).name).as_posix()
        for part, path in found.items()
    }
    options = replace(source.options, **parts)
    return replace(source, path=base.as_posix(), options=options)
