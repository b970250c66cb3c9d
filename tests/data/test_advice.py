"""Notes on data that were probably meant otherwise."""

from __future__ import annotations

import random

import pytest

import transformer_programs as tp

RNG = random.Random(0)
DNA = ["".join(RNG.choices("ACGT", k=20)) for _ in range(60)]
LABELS = ["x" if i % 2 else "y" for i in range(60)]


def advice(data: tp.Dataset) -> list[str]:
    return [note for note in data.notes if "did you mean" in note]


def test_texts_of_one_token_each_were_hardly_meant() -> None:
    (note,) = advice(tp.labelled_sequences(DNA, LABELS))
    assert note.startswith("every text is a single token, and 48 of 48 tokens in the")
    assert "did you mean split='characters' (--split characters)?" in note
    assert not advice(tp.labelled_sequences(DNA, LABELS, split="characters"))
    assert not advice(tp.labelled_sequences(DNA, LABELS, surfaces="suffix"))


def test_tokens_that_nearly_all_occur_once_were_hardly_meant() -> None:
    texts = [f"{one},{one[::-1]} {one[:9]}-{one}" for one in DNA]
    (note,) = advice(tp.labelled_sequences(texts, LABELS))
    assert note.startswith("96 of 96 tokens in the training data occur once (such as")
    assert "--split characters) or split='words' (--split words)?" in note


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        ([f"w{i} is" for i in range(60)], 60),  # half of the tokens repeat
        (DNA[:20], 20),  # too few to say
        ([str(i % 9) for i in range(60)], 60),  # one token each, of a few
    ],
)
def test_nothing_is_said_of_others(texts: list[str], count: int) -> None:
    assert not advice(tp.labelled_sequences(texts, LABELS[:count]))


def test_labels_that_look_alike() -> None:
    labels = ["Pos", "pos", "neg", "neg"] * 10
    texts = [f"w{i % 7} w{i}" for i in range(40)]
    notes = tp.labelled_sequences(texts, labels).notes
    assert notes[-1] == (
        "labels that differ in upper case, white space or the form of characters alone "
        "are different labels: 'Pos' and 'pos'"
    )
    tags = [[label, f"{label} "] for label in labels]
    notes = tp.labelled_sequences(texts, tags).notes
    assert "'Pos' and 'Pos ' and 'pos' and 'pos ', and 1 more such groups" in notes[-1]


def test_labels_that_are_nearly_all_different() -> None:
    texts = [f"a{i % 7} b{i % 11}" for i in range(60)]
    numbers = [f"{i / 7:.3f}" for i in range(60)]
    notes = " ".join(tp.labelled_sequences(texts, numbers).notes)
    assert (
        "48 different labels in 48 training sequences: is the label that is to" in notes
    )
    assert "set label_column (--label-column)" in notes
    tags = [["x", number] for number in numbers]
    assert "another column" not in " ".join(tp.labelled_sequences(texts, tags).notes)


def test_names_that_come_again_are_single_tokens_too() -> None:
    names = [f"name{i % 90}" for i in range(300)]
    pairs = [(name, f"c{len(name) % 2}{i % 2}") for i, name in enumerate(names)]
    notes = tp.labelled_sequences(pairs).notes
    assert any("every text is a single token, of " in note for note in notes)
    few = [(f"kind{i % 5}", f"c{i % 5 % 2}") for i in range(300)]
    assert not any("single token" in note for note in tp.labelled_sequences(few).notes)
