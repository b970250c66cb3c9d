import math
from collections import Counter
from pathlib import Path

import pytest

from transformer_programs.data import Dataset, Examples, read_sequences
from transformer_programs.data.majority import (
    baselines,
    majority_baseline,
    most_frequent_label_per_token,
    naive_bayes_over_positions,
)
from transformer_programs.errors import TaskError
from transformer_programs.language.types import InputFormat, Vocabulary

SPLICE = Path(__file__).parents[2] / "examples" / "splice" / "splice.csv"


def data_set(train, test, labels):
    def examples(pairs):
        return Examples(*zip(*((tuple(s), t) for s, t in pairs), strict=True))

    return Dataset(
        name="tiny",
        input=InputFormat(Vocabulary(("?", "a", "b", "c"), unknown="?"), 3),
        labels=labels,
        tagging=not isinstance(train[0][1], str),
        train=examples(train),
        validation=examples(train),
        test=examples(test),
    )


TAGS = data_set(
    [("aab", ("X", "X", "Y")), ("ab", ("Y", None)), ("b", ("Y",))],
    [("ab", ("X", "Y")), ("bc", ("Y", "Y")), ("z", ("Y",)), ("aa", (None, "Y"))],
    ("X", "Y"),
)
CLASSES = data_set(
    [("ab", "P"), ("ac", "P"), ("ba", "Q"), ("bcc", "Q"), ("bb", "Q")],
    [("aa", "P"), ("ab", "Q"), ("bz", "Q"), ("b", "R")],
    ("P", "Q"),
)


def test_majority():
    assert majority_baseline(TAGS).accuracy == pytest.approx(5 / 6)
    assert majority_baseline(CLASSES).accuracy == pytest.approx(2 / 4)


def test_most_frequent_label_per_token():
    # a is X, b is Y; the unseen c and z get Y, the most frequent of all.
    assert most_frequent_label_per_token(TAGS).accuracy == pytest.approx(5 / 6)


def test_naive_bayes_by_hand():
    # The first position decides: a is P, b is Q. The label R is never given.
    assert naive_bayes_over_positions(CLASSES).accuracy == pytest.approx(2 / 4)


def slow_naive_bayes(data):
    classes = Counter(data.train.targets)
    known = len(data.input.vocabulary)
    ids = data.input.vocabulary.ids

    def score(label, sequence):
        total = math.log(classes[label] + 1)
        for p, token in enumerate(sequence):
            here = [
                ids.get(s[p], 0)
                for s, t in zip(data.train.sequences, data.train.targets, strict=True)
                if t == label and p < len(s)
            ]
            count = here.count(ids.get(token, 0))
            total += math.log((count + 1) / (len(here) + known))
        return total

    predicted = [
        max(data.labels, key=lambda c: score(c, s)) for s in data.test.sequences
    ]
    right = sum(p == t for p, t in zip(predicted, data.test.targets, strict=True))
    return right / len(predicted)


def test_naive_bayes_is_what_its_formula_says():
    data = read_sequences(
        SPLICE,
        split="characters",
        test_fraction=0.02,
        validation_fraction=0.88,
        max_length=25,
        truncate=True,
    )
    found = naive_bayes_over_positions(data).accuracy
    assert found == pytest.approx(slow_naive_bayes(data))
    assert naive_bayes_over_positions(CLASSES).accuracy == slow_naive_bayes(CLASSES)


def test_baselines_refuse_data_of_the_other_kind():
    with pytest.raises(TaskError, match="needs tagging data"):
        most_frequent_label_per_token(CLASSES)
    with pytest.raises(TaskError, match="needs classification data"):
        naive_bayes_over_positions(TAGS)


def test_a_label_that_training_never_has():
    data = data_set([("ab", "P"), ("b", "P")], [("ab", "P"), ("b", "Q")], ("P", "Q"))
    assert naive_bayes_over_positions(data).accuracy == pytest.approx(1 / 2)
    assert len(baselines(data)) == 2


def test_without_test_labels_there_is_nothing_to_measure():
    train = [("ab", ("X", "Y"))]
    assert baselines(data_set(train, [("a", (None,))], ("X", "Y"))) == {}
    assert len(baselines(data_set(train, train, ("X", "Y")))) == 2
