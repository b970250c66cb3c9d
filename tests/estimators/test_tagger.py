from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from estimators.learned import TAGS, TEXTS, TOKENS, tagger
from transformer_programs.errors import InputError, SettingsError

FITTED = tagger().fit(TOKENS, TAGS)


def test_fits_and_predicts() -> None:
    assert list(FITTED.classes_) == ["A", "B", "C"]
    predicted = FITTED.predict(TEXTS)
    assert predicted.shape == (len(TEXTS),)
    assert list(predicted) == TAGS
    assert FITTED.score(TEXTS, TAGS) == 1.0
    assert FITTED.program_(["b", "a"]) == ["B", "A"]


def test_scores_choose_the_tag() -> None:
    scores = FITTED.predict_scores(TOKENS)
    for array, tags in zip(scores, TAGS, strict=True):
        assert array.shape == (len(tags), 3)
        assert list(FITTED.classes_[array.argmax(axis=1)]) == tags


def test_sequences_of_one_length_give_a_column_too() -> None:
    rows = np.array([tokens for tokens in TOKENS if len(tokens) == 2])
    assert FITTED.predict(rows).shape == (9,)
    assert FITTED.predict_scores(rows).shape == (9,)
    assert FITTED.score(rows, np.char.upper(rows)) == 1.0


@pytest.mark.parametrize(
    "tags",
    [
        [tuple(row) for row in TAGS],
        pd.Series(TAGS),
        [np.array(row) for row in TAGS],
        [["ABC".index(tag) * 10 for tag in row] for row in TAGS],
        [[np.int64("ABC".index(tag)) for tag in row] for row in TAGS],
        [[tag == "A" for tag in row] for row in TAGS],
    ],
    ids=["tuples", "Series", "arrays", "int", "int64", "bool"],
)
def test_kinds_of_tags(tags: Any) -> None:
    learned = tagger().fit(TOKENS, tags)
    assert [list(row) for row in learned.predict(TOKENS)] == list(map(list, tags))
    assert learned.score(TOKENS, tags) == 1.0


def test_tags_that_are_not_known_do_not_count() -> None:
    tags = [[None, *row[1:]] for row in TAGS]
    learned = tagger().fit(TOKENS, tags)
    assert list(learned.classes_) == ["A", "B", "C"]
    wrong = [["C", *row[1:]] for row in TAGS]
    assert learned.score(TOKENS, wrong) < learned.score(TOKENS, tags) == 1.0
    with pytest.raises(ValueError, match="expected at least one tag that is known"):
        learned.score(["a"], [[None]])


def test_entities_are_reported_where_tags_are_of_bio() -> None:
    tags = [["B-X" if token == "a" else "O" for token in tokens] for tokens in TOKENS]
    learned = tagger().fit(TOKENS, tags)
    assert learned.report_["validation"]["entities"]["f1"] == 1.0


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([["x"]], "inconsistent numbers of samples"),
        ([["x"], ["y"]], r"y\[1\]: .*found 2 tokens and 1 tags"),
        ([[None], [None, None]], "each a tag, found none"),
        ([["x"], "x y"], r"y\[1\]: expected a list of tags, found 'x y'"),
        ([["x"], 3], r"y\[1\]: expected a list of tags"),
        ([["x"], ["y", float("nan")]], r"y\[1\]: expected tags that are str"),
        ([["x"], ["y", 0.5]], r"y\[1\]: expected tags that are str"),
        ([["x"], ["y", 3]], "expected labels of one kind .* found number, str"),
        ([[True], [1, False]], "expected labels of one kind .* found bool, number"),
        ([["x"], ["y", ""]], "expected classes that are different texts"),
        (None, "requires y to be passed"),
        ("xy", "y: expected a list of lists of tags"),
    ],
)
def test_tags_that_cannot_be_fitted(y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tagger().fit(["a", "a b"], y)


def test_longer_sequences_are_never_cut() -> None:
    with pytest.raises(InputError, match=r"X\[0\]: expected at most 3 tokens"):
        FITTED.predict(["a a a a"])
    with pytest.raises(SettingsError, match="read__truncate is for classifiers"):
        tagger(read__truncate=True).fit(TOKENS, TAGS)
    with pytest.raises(SettingsError, match="pooling must be 'none', got 'mean'"):
        tagger(model__pooling="mean").fit(TOKENS, TAGS)
    with pytest.raises(InputError, match="expected at most 2 tokens"):
        tagger(read__max_length=2).fit(TOKENS, TAGS)


def test_unfitted() -> None:
    for method in ("predict", "predict_scores"):
        with pytest.raises(NotFittedError):
            getattr(tagger(), method)(TEXTS)
    with pytest.raises(NotFittedError):
        tagger().score(TEXTS, TAGS)


def test_one_tag() -> None:
    learned = tagger().fit(TEXTS, [["x"] * len(tokens) for tokens in TOKENS])
    assert [*learned.predict(["a b"])] == [["x", "x"]]
    assert not learned.program_.statements
