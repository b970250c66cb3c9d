"""IOB1 is converted where the user says so, and advised on where nobody does."""

from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.data import (
    ReadOptions,
    labelled_sequences,
    read_examples,
    read_sequences,
)
from transformer_programs.data.assembly import Parts, assemble
from transformer_programs.data.metrics import Measure, Scorer
from transformer_programs.data.records import Origin, Row, records_of
from transformer_programs.data.tags import BIO, Scheme, TagFormat
from transformer_programs.errors import DataError, SettingsError

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


def test_without_a_scheme_tags_stay_and_are_scored_in_theirs(file: Path) -> None:
    data = read_sequences(file, validation=file, test=file)
    assert data.train.targets[1] == ("I-LOC", "B-LOC", "I-ORG")
    assert data.tags == TagFormat(Scheme.IOB1)
    note = next(note for note in data.notes if "IOB1" in note)
    assert note.startswith("labels are read as IOB1 tags, written B-X")
    assert "--tag-scheme iob1" in note


def test_a_few_entities_that_begin_as_in_iob1(file: Path) -> None:
    pairs = [([f"{n}", "b", "c"], ["B-X", "I-X", "O"]) for n in range(10)]
    pairs.append((["x", "y", "z"], ["O", "I-X", "I-X"]))
    data = labelled_sequences(pairs)
    assert data.tags == BIO
    note = next(note for note in data.notes if "IOB1" in note)
    assert note.startswith("1 entity begins with I-, as in IOB1 (the first: 'I-X'")
    assert "at position 1 of data[10])" in note


def test_one_stray_tag_changes_no_measure() -> None:
    pairs = [([f"{n}", "b", "c"], ["B-X", "I-X", "O"]) for n in range(30)]
    assert labelled_sequences(pairs).notes == labelled_sequences(pairs[:]).notes
    pairs[7] = (["7", "b", "c"], ["B-X", "-", "O"])
    data = labelled_sequences(pairs)
    assert data.tags == BIO
    assert Scorer.of(data, data.validation).measure is Measure.ENTITY_F1
    (note,) = (note for note in data.notes if "IOB2" in note)
    assert note == (
        "1 of 90 labels is no IOB2 tag, and counts as O where entities are scored: "
        "'-' (1) (the first: '-' at position 1 of data[7])"
    )


def test_many_stray_tags_are_said_to_prevent_scores() -> None:
    pairs = [([f"{n}", "b", "c"], ["B-X", "I-X", "-"]) for n in range(30)]
    data = labelled_sequences(pairs)
    assert data.tags is None
    (note,) = (note for note in data.notes if "IOB2" in note)
    assert note.startswith("30 of 90 labels are no IOB2 tags, so entities are not sco")
    assert "'-' (30) (the first: '-' at position 2 of data[0])" in note


@pytest.mark.parametrize(
    ("tags", "name", "option"),
    [
        ("B-X I-X E-X O S-Y", "IOBES tags, written B-X", "iobes"),
        ("B-X I-X L-X O U-Y", "BILOU tags, written B-X", "bilou"),
        ("B_X I_X O O B_Y", "IOB2 tags, written B_X", "iob2"),
        ("I:X E:X O O E:Y", "IOE2 tags, written E:X", "ioe2"),
        ("B I O O B", "IOB2 tags without types", "iob2"),
    ],
)
def test_schemes_are_named(tags: str, name: str, option: str) -> None:
    pairs = [([f"{n}", *"bcde"], tags.split()) for n in range(20)]
    data = labelled_sequences(pairs)
    assert f"labels are read as {name}, and entities are scored strictly" in data.notes
    given = labelled_sequences(pairs, tag_scheme=option)  # type: ignore[arg-type]
    assert given.tags == data.tags
    assert given.train == data.train
    assert not any("labels are read" in note for note in given.notes)
    pairs[3] = (["x"], ["I" + tags.split()[0][1:]])
    if option not in ("ioe2",):
        with pytest.raises(DataError, match=rf"data\[3\]: .* tag_scheme '{option}'"):
            labelled_sequences(pairs, tag_scheme=option)  # type: ignore[arg-type]
    loose = labelled_sequences(pairs)
    assert any("(the first: 'I" in note and "data[3]" in note for note in loose.notes)


def test_iob2_is_checked(file: Path) -> None:
    with pytest.raises(DataError, match=r"iob1\.conll:3: .*'I-PER' .* is it 'iob1'"):
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
    with pytest.raises(SettingsError, match="expected tag_scheme iob1, iob2"):
        ReadOptions(tag_scheme="bmes")  # type: ignore[arg-type]


def test_validation_data_without_an_entity() -> None:
    pairs = [([f"{n}", "b"], ["B-X", "I-X"]) for n in range(9)]
    rows = (Row(n, ["b", "c"], ["B-X", "I-X"]) for n in range(9))
    train = records_of(Origin(""), rows)
    other = records_of(Origin(""), [Row(9, ["y", "z"], ["O", "O"])])
    data = assemble("tags", "tags", Parts(train, other, other), ReadOptions())
    assert "no entity in the validation data: labels alone choose" in str(data.notes)
    assert Scorer.of(data, data.validation).measure is Measure.ACCURACY
    assert not any("no entity" in note for note in labelled_sequences(pairs).notes)
