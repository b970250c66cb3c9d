"""Labelled sequences from Python, as users of numpy, pandas and scikit-learn have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import transformer_programs as tp
from transformer_programs.errors import DataError

TEXTS = [f"w{i} is here" for i in range(12)]
LISTS = [text.split() for text in TEXTS]
LABELS = ["yes" if i % 2 else "no" for i in range(12)]
TAGS = [["A" if i % 2 else "B", "O", "O"] for i in range(12)]


def as_tuples(rows: list[Any]) -> list[Any]:
    return [tuple(row) if isinstance(row, list) else row for row in rows]


def as_array(rows: list[Any]) -> Any:
    return np.array(rows)


def as_objects(rows: list[Any]) -> Any:
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def as_series(rows: list[Any]) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.Series(rows, index=range(100, 100 + len(rows)))


@pytest.mark.parametrize("made", [list, as_tuples, as_array, as_objects, as_series])
@pytest.mark.parametrize("sequences", [TEXTS, LISTS])
@pytest.mark.parametrize("labels", [LABELS, TAGS])
def test_sequences_and_labels_apart_are_the_same_as_pairs(
    made: Any, sequences: list[Any], labels: list[Any]
) -> None:
    pairs = list(zip(sequences, labels, strict=True))
    apart = tp.labelled_sequences(made(sequences), made(labels), seed=3)
    assert apart == tp.labelled_sequences(pairs, seed=3)
    assert apart == tp.labelled_sequences(pairs, tp.ReadOptions(seed=3))
    assert apart == tp.labelled_sequences(sequences, labels, tp.ReadOptions(seed=3))
    assert all(type(token) is str for tokens in apart.sequences for token in tokens)


def test_texts_are_split_as_options_say() -> None:
    texts, numbers = ["GATTACA", "ACGT", "ACT", "TTT", "A", "C"], [1, 2] * 3
    assert tp.labelled_sequences(texts, numbers).input.max_length == 1
    split = tp.labelled_sequences(texts, numbers, split="characters")
    assert tuple("GATTACA") in split.sequences
    assert split.labels == ("1", "2")
    assert split.input.split == "characters"
    pairs = tp.labelled_sequences(
        [("GATTACA", "a"), ("ACGT", "b"), ("A", "a"), ("C", "b")], split="characters"
    )
    assert tuple("GATTACA") in pairs.sequences


def test_integers_are_read_as_strings_with_a_note_where_both_are_there() -> None:
    rows = [[i, str(i), "x"] for i in range(4)]
    data = tp.labelled_sequences(rows, [1, "1", np.int64(2), 2])
    assert data.labels == ("1", "2")
    assert data.notes[:2] == (
        "token '0' and 3 more: written as a number and as a text, read as the same "
        "token",
        "label '1': written as a number and as a text, read as the same label",
    )


@pytest.mark.parametrize(
    ("sequences", "labels", "message"),
    [
        (TEXTS, LABELS[:9], "data: expected as many labels as sequences, found 12 seq"),
        (
            "a text",
            LABELS,
            "data: expected a list of texts or lists of tokens, found 'a",
        ),
        (
            TEXTS,
            "yes",
            "data: expected a list of labels, or lists of tags, found 'yes'",
        ),
        (
            {"a": 1},
            LABELS,
            "data: expected a list of texts or lists of tokens, found {",
        ),
        (3, LABELS, "data: expected a list of texts or lists of tokens, found 3"),
        (np.zeros((2, 2, 2)), LABELS, "found 3 dimensions"),
        (
            TEXTS,
            [None] * 12,
            "data: expected training sequences, found none; 12 of 12 sequences have no "
            "label and are left out (the first: data[0])",
        ),
        (TEXTS, [1.0] * 12, "data[0]: expected a string or an integer as label, found"),
        (TEXTS, [True] * 12, "found True; write it as a string, such as 'true'"),
        (TEXTS, [["A", "B"]] * 12, "data[0]: expected one tag per token, found 3 tok"),
        ([3] * 12, LABELS, "data[0]: expected a text or a list of tokens, found 3"),
        (["a", ""] * 6, LABELS, "data[1]: expected at least one token, found none"),
        (
            TEXTS,
            None,
            "data[0]: expected a pair of tokens and labels, found 'w0 is her",
        ),
        (LISTS, None, "or give sequences and labels apart, labelled_sequences(X, y)"),
        (
            [["a", "b"]] * 9,
            None,
            "data[0]: expected a pair of tokens and labels, found",
        ),
    ],
)
def test_what_is_no_sequences_with_labels(
    sequences: Any, labels: Any, message: str
) -> None:
    with pytest.raises(DataError) as caught:
        tp.labelled_sequences(sequences, labels)
    assert message in str(caught.value)
    assert str(caught.value).startswith("data")


def test_a_table_of_pandas_is_no_list() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"text": TEXTS, "label": LABELS})
    with pytest.raises(DataError, match=r"found a table of type DataFrame; choose one"):
        tp.labelled_sequences(frame, LABELS)
    data = tp.labelled_sequences(frame["text"], frame["label"])
    assert data == tp.labelled_sequences(TEXTS, LABELS)
