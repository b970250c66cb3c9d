"""Texts of words are read as words, unless options say otherwise; others are not."""

from __future__ import annotations

import random
from itertools import cycle

import pytest

from transformer_programs.data import Dataset, ReadOptions, labelled_sequences

BEGINNINGS = ["pa", "to", "mi", "lu", "se", "ka", "re", "va", "no", "di", "gu", "be"]
WORDS = [
    a + b for a in BEGINNINGS for b in ["nd", "lt", "st", "rk", "mb", "zz", "sh", "ng"]
]
NOTE = "texts are read as words in lower case"
SIGNS = ("", "", "", "", "", "", ",", ".", "!", "?")


def _texts(signs: tuple[str, ...] = SIGNS) -> list[str]:
    rng = random.Random(0)
    drawn = (
        [rng.choice(WORDS) + rng.choice(signs) for _ in range(12)] for _ in range(60)
    )
    return [" ".join(words).capitalize() for words in drawn]


def _read(texts: list[str] | list[list[str]], **changes: object) -> Dataset:
    labels = [label for label, _ in zip(cycle("ab"), texts, strict=False)]
    options = ReadOptions(**changes)  # type: ignore[arg-type]
    return labelled_sequences(texts, labels, options)


def test_punctuation_is_split_off_words_and_case_does_not_count() -> None:
    data = _read(_texts())
    assert data.input.split == "words"
    assert data.input.folding is not None
    assert data.input.folding.lowercase
    for sequence in data.train.sequences:
        assert all(token.isalnum() or len(token) == 1 for token in sequence)
    assert any(NOTE in note and "--split whitespace" in note for note in data.notes)


def test_what_is_held_out_does_not_depend_on_it() -> None:
    read, plain = _read(_texts()), _read(_texts(), split="whitespace")
    assert plain.input.split == "whitespace"
    assert plain.input.folding is None
    assert not any(NOTE in note for note in plain.notes)

    def joined(data: Dataset) -> list[str]:
        rows = data.validation.sequences
        return ["".join(tokens) for tokens in rows]

    assert joined(read) == joined(plain)


def test_an_option_keeps_capital_letters() -> None:
    data = _read(_texts(), split="words")
    assert data.input.split == "words"
    assert data.input.folding is None


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(_texts(("",)), id="no punctuation"),
        pytest.param([text.split() for text in _texts()], id="lists of tokens"),
        pytest.param([text.split()[0] for text in _texts()], id="single words"),
        pytest.param(
            [" ".join(f"{i}+{j}," for j in range(9)) for i in range(60)], id="numbers"
        ),
        pytest.param([f"one, {'two! ' * i}" for i in range(3, 63)], id="few words"),
    ],
)
def test_others_are_split_at_white_space(texts: list[str] | list[list[str]]) -> None:
    data = _read(texts)
    assert data.input.split in ("whitespace", None)
    assert data.input.folding is None
    assert not any(NOTE in note for note in data.notes)


def test_tags_are_of_tokens_as_they_stand() -> None:
    texts = _texts()
    tags = [["x"] * len(text.split()) for text in texts]
    data = labelled_sequences(list(zip(texts, tags, strict=True)))
    assert data.tagging
    assert data.input.split == "whitespace"
