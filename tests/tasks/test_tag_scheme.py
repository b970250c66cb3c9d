"""IOB1 is converted where the user says so, and advised on where nobody does."""

from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.errors import DataError, SettingsError
from transformer_programs.tasks import (
    ReadOptions,
    labelled_sequences,
    read_examples,
    read_sequences,
)

IOB1 = """-DOCSTART- -X- -X- O

Ada NNP B-NP I-PER
Lovelace NNP I-NP I-PER
met VBD B-VP O
Charles NNP B-NP I-PER

Paris NNP B-NP I-LOC
London NNP I-NP B-LOC
Acme NNP I-NP I-ORG

"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "iob1.conll"
    path.write_text(IOB1, encoding="utf-8")
    return path


def test_iob1_becomes_iob2(file: Path) -> None:
    found = read_examples(file, ReadOptions(tag_scheme="iob1"))
    assert found.targets == (
        ("B-PER", "I-PER", "O", "B-PER"),
        ("B-LOC", "B-LOC", "B-ORG"),
    )
    options = ReadOptions(
        tag_scheme="iob1", validation=str(file), test=str(file), max_length=4
    )
    data = read_sequences(file, options)
    assert data.train == data.validation == data.test == found
    assert "B-ORG" in data.labels
    assert not any("IOB1" in note for note in data.notes)


def test_without_a_scheme_tags_stay_and_a_note_says_so(file: Path) -> None:
    data = read_sequences(file, validation=file, test=file)
    assert data.train.targets[1] == ("I-LOC", "B-LOC", "I-ORG")
    note = next(note for note in data.notes if "IOB1" in note)
    assert note.startswith("12 entities begin with I-, as in IOB1 (the first: 'I-PER'")
    assert f"at position 0 of {file}:3)" in note
    assert "--tag-scheme iob1" in note


def test_iob2_is_checked(file: Path) -> None:
    with pytest.raises(DataError, match=r"iob1\.conll:3: expected B-X .* is it 'iob1'"):
        read_examples(file, ReadOptions(tag_scheme="iob2"))


def test_iob2_has_no_note() -> None:
    pairs = [([f"{n}", "b", "c"], ["B-X", "I-X", "O"]) for n in range(10)]
    for scheme in (None, "iob1", "iob2"):
        data = labelled_sequences(pairs, ReadOptions(tag_scheme=scheme))  # type: ignore[arg-type]
        assert data.labels == ("B-X", "I-X", "O")
        assert not any("IOB1" in note for note in data.notes)


def test_other_tags_have_no_scheme() -> None:
    pairs = [([f"{n}", "b"], ["I-X", "noun"]) for n in range(10)]
    assert not any("IOB1" in note for note in labelled_sequences(pairs).notes)
    with pytest.raises(DataError, match=r"data\[0\]: .*'iob1' says, found 'noun'"):
        labelled_sequences(pairs, tag_scheme="iob1")
    classes = [([f"{n}"], "AB"[n % 2]) for n in range(10)]
    with pytest.raises(DataError, match="a single label; omit tag_scheme"):
        labelled_sequences(classes, tag_scheme="iob2")
    with pytest.raises(SettingsError, match="expected tag_scheme 'iob1', 'iob2' or"):
        ReadOptions(tag_scheme="bilou")  # type: ignore[arg-type]
