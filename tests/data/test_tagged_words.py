"""Tagged words are read with their characters, unless options say otherwise."""

from __future__ import annotations

import random

import pytest

from transformer_programs.data import Dataset, ReadOptions, labelled_sequences

SYLLABLES = ["pa", "to", "mi", "lu", "se", "ka", "re", "va", "no", "di"]
WORDS = [(a + b + "n").capitalize() for a in SYLLABLES for b in SYLLABLES]
NOTE = "tags of words: words are looked up in lower case"


def _read(words: list[str], rare: str = "Rare", **changes: object) -> Dataset:
    rng = random.Random(0)
    rows = [[rng.choice(words) for _ in range(8)] for _ in range(60)]
    rows[0][0] = rare
    tags = [["B" if token[0] < "N" else "O" for token in row] for row in rows]
    options = ReadOptions(**changes)  # type: ignore[arg-type]
    return labelled_sequences(rows, tags, options)


def test_words_have_character_features_and_a_frame() -> None:
    form = _read(WORDS).input
    assert form.folding is not None
    assert form.frame == ("<s>", "</s>")
    names = [surface.name for surface in form.surfaces]
    assert names == ["shape", "prefix", "suffix2", "suffix", "suffix4"]
    assert form.knows("PATON")


def test_a_word_that_occurs_once_is_unknown() -> None:
    assert not _read(WORDS).input.knows("Rare")


def test_there_is_a_note() -> None:
    assert any(NOTE in note for note in _read(WORDS).notes)


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        (WORDS, {"lowercase": True}),
        (WORDS, {"surfaces": "shape"}),
        (WORDS, {"closed_vocabulary": True}),
        (WORDS[:20], {}),
        ([str(number) for number in range(100)], {}),
    ],
)
def test_what_is_chosen_stays(words: list[str], changes: dict[str, object]) -> None:
    data = _read(words, words[0], **changes)
    assert not data.input.frame
    assert not any(NOTE in note for note in data.notes)
