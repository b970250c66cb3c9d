"""The linear learner in estimators: its settings, weights, and probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.sparse import csr_array
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.multioutput import MultiOutputClassifier

from estimators.learned import CLASSES, TAGS, TEXTS, TOKENS, classifier, tagger
from transformer_programs.data import read_vectors
from transformer_programs.errors import DataError, SettingsError
from transformer_programs.estimators.calibration import (
    RANGE,
    fitted_temperature,
    probabilities,
)
from transformer_programs.estimators.predictors import TransformerProgramClassifier
from transformer_programs.estimators.weights import by_class

RNG = np.random.default_rng(0)
COUNT = 200
WORDS = RNG.choice([*"abcd"], size=(COUNT, 3))
NOISY = (WORDS == "a").sum(axis=1) + RNG.normal(size=COUNT) / 2 > 0.75
SENTENCES = [" ".join(row) for row in WORDS]


def linear(**parameters: Any) -> TransformerProgramClassifier:
    plain = {"learner": "linear", "evidence": {"longest": 1}}
    return classifier(**plain | parameters)


def test_the_settings_of_the_linear_learner() -> None:
    learned = linear(evidence__longest=1, evidence__size="short").fit(SENTENCES, NOISY)
    assert learned.report_["learner"] == "linear"
    assert learned.get_params()["evidence__longest"] == 1
    assert not learned.program_.statements or learned.score(SENTENCES, NOISY) > 0.7
    assert "gram_2" not in {s.output for s in learned.program_.statements}
    implied = TransformerProgramClassifier(evidence={"longest": 1})
    assert implied.fit(TEXTS, CLASSES).report_["learner"] == "linear"
    grid = GridSearchCV(linear(), {"evidence__longest": [1, 2]}, cv=2)
    assert grid.fit(SENTENCES, NOISY).best_score_ > 0.7
    with pytest.raises(SettingsError, match="expected evidence__size accurate, short"):
        linear(evidence__size="big").fit(TEXTS, CLASSES)
    with pytest.raises(SettingsError, match="evidence__depth: no such setting"):
        linear(evidence__depth=1)


# Weights


def test_samples_of_no_weight_are_not_there() -> None:
    weights = np.where(np.arange(COUNT) < 150, 2.0, 0.0)
    one = linear().fit(SENTENCES, NOISY, sample_weight=weights)
    other = linear().fit(SENTENCES[:150], NOISY[:150])
    assert one.program_ == other.program_
    assert one.temperature_ == other.temperature_


def test_only_the_ratios_of_weights_matter() -> None:
    weights = RNG.integers(1, 4, size=COUNT)
    one, other = (
        linear().fit(SENTENCES, NOISY, sample_weight=weights * factor)
        for factor in (1, 2**40)
    )
    assert one.program_ == other.program_
    alike = linear().fit(SENTENCES, NOISY, sample_weight=[8] * COUNT)
    assert alike.program_ == linear().fit(SENTENCES, NOISY).program_


def test_classes_that_count_more_are_predicted_more() -> None:
    rare = [i for i in range(COUNT) if not NOISY[i] or i % 8 == 0]
    texts, y = [SENTENCES[i] for i in rare], NOISY[rare]
    found = {
        str(weight): linear(class_weight=weight).fit(texts, y).predict(texts).mean()
        for weight in (None, "balanced", {True: 1e3}, {False: 1e3})
    }
    assert found["{False: 1000.0}"] < 0.02
    assert found["None"] < found["balanced"] < found["{True: 1000.0}"]


def test_weights_of_samples_and_classes_multiply() -> None:
    by_sample = np.where(NOISY, 3.0, 1.0)
    one = linear().fit(SENTENCES, NOISY, sample_weight=by_sample)
    other = linear(class_weight={True: 3}).fit(SENTENCES, NOISY)
    assert (one.predict(SENTENCES) == other.predict(SENTENCES)).mean() > 0.99


def test_taggers_take_weights() -> None:
    # Each token has each of both tags.
    tokens = [*TOKENS, *TOKENS]
    tags = [["x"] * len(t) for t in TOKENS] + [["y"] * len(t) for t in TOKENS]
    first = np.repeat([5.0, 1.0], len(TOKENS))
    for wanted, weights in (("x", first), ("y", first[::-1])):
        learned = tagger(learner="linear").fit(tokens, tags, sample_weight=weights)
        assert learned.predict(TOKENS[:1])[0] == [wanted]
        learned = tagger(class_weight={wanted: 5.0}, learner="linear").fit(tokens, tags)
        assert learned.predict(TOKENS[:1])[0] == [wanted]
    assert learned.score(tokens, tags, first[::-1]) == pytest.approx(5 / 6)


def test_balanced_classes_by_hand() -> None:
    found = by_class("balanced", np.array([2, 10, 30]), ["2", "2", "10", "2"])
    assert found is not None
    assert found.tolist() == [4 / 9, 4 / 3, 4 / 3]


@pytest.mark.parametrize("learner", ["search", "auto", "gradient"])
def test_other_learners_take_no_weights(learner: str) -> None:
    with pytest.raises(
        SettingsError, match=f"are for learner 'linear', got '{learner}"
    ):
        classifier(learner=learner).fit(TEXTS, CLASSES, [1.0] * len(TEXTS))
    with pytest.raises(SettingsError, match="fit without weights, or with learner='l"):
        tagger(learner=learner, class_weight="balanced").fit(TOKENS, TAGS)


def test_weights_choose_their_learner() -> None:
    learned = TransformerProgramClassifier(class_weight="balanced").fit(TEXTS, CLASSES)
    assert learned.report_["learner"] == "linear"
    with pytest.raises(SettingsError, match=r"got 'gradient' \(chosen, or im"):
        TransformerProgramClassifier(class_weight="balanced", training__steps=2).fit(
            TEXTS, CLASSES
        )


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"one number per sample, shape \(39,\), found shape \(1,\)"),
        (2.0, r"found shape \(\)"),
        ([[1.0]] * 39, r"found shape \(39, 1\)"),
        (["x"] * 39, "sample_weight: expected one number per sample"),
        ([-1.0] * 39, "that are not negative, and not all zero"),
        ([0.0] * 39, "not all zero"),
        ([float("nan")] * 39, "expected finite numbers"),
    ],
)
def test_weights_of_samples_that_are_none(weights: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        linear().fit(TEXTS, CLASSES, sample_weight=weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("even", "class_weight: expected 'balanced', a dict .* got 'even'"),
        ([1, 2], "class_weight: expected 'balanced', a dict"),
        ({"other": 1}, r"expected classes of y, \['with', 'without'\], got 'other'"),
        ({"with": 0}, "expected finite numbers above 0, got 0 for 'with'"),
        ({"with": "2"}, "expected finite numbers above 0, got '2'"),
    ],
)
def test_weights_of_classes_that_are_none(weights: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        linear(class_weight=weights).fit(TEXTS, CLASSES)


# Probabilities


def test_probabilities_are_those_of_the_scores() -> None:
    learned = linear().fit(SENTENCES, NOISY)
    found = learned.predict_proba(SENTENCES)
    scores = learned.predict_scores(SENTENCES)
    assert scores.dtype.kind == "i"
    odds = np.exp((scores[:, 1] - scores[:, 0]) / learned.temperature_)
    assert found[:, 1] == pytest.approx(odds / (1 + odds))
    predicted = learned.classes_[found.argmax(axis=1)]
    assert (predicted == learned.predict(SENTENCES)).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_probabilities_are_calibrated_on_new_data() -> None:
    shares = cross_val_predict(linear(), SENTENCES, NOISY, cv=4, method="predict_proba")
    constant = np.full(COUNT, NOISY.mean())
    assert log_loss(NOISY, shares[:, 1]) < 0.9 * log_loss(NOISY, constant)
    assert shares[:, 1].mean() == pytest.approx(NOISY.mean(), abs=0.05)


def test_a_program_that_is_right_on_few_examples_is_not_certain() -> None:
    learned = classifier().fit(TEXTS, CLASSES)  # 4 of them validate
    assert learned.score(TEXTS, CLASSES) == 1
    assert learned.predict_proba(TEXTS).max() == pytest.approx(5 / 6, abs=1e-5)


def test_taggers_have_probabilities_of_every_token() -> None:
    learned = tagger(learner="linear").fit(TOKENS, TAGS)
    found = learned.predict_proba(TOKENS)
    assert [row.shape for row in found] == [(len(t), 3) for t in TOKENS]
    predicted = [[*learned.classes_[row.argmax(axis=1)]] for row in found]
    assert predicted == TAGS


def test_one_class_is_certain() -> None:
    learned = linear().fit(TEXTS, ["one"] * len(TEXTS))
    assert (learned.predict_proba(["a"]) == 1).all()


@given(
    st.integers(2, 5).flatmap(
        lambda classes: st.lists(
            st.tuples(
                st.lists(
                    st.integers(-(10**6), 10**6), min_size=classes, max_size=classes
                ),
                st.integers(0, classes - 1),
                st.floats(0.1, 10),
            ),
            min_size=1,
            max_size=20,
        )
    )
)
def test_the_temperature_minimises_the_smoothed_loss(
    rows: list[tuple[list[int], int, float]],
) -> None:
    scores = np.array([row for row, _, _ in rows])
    wanted = [label for _, label, _ in rows]
    weights = np.array([weight for _, _, weight in rows])
    best = fitted_temperature(scores, wanted, weights)
    assert 0 < best < np.inf
    total = weights.sum()

    def loss(temperature: float) -> float:
        found = probabilities(scores, temperature).clip(1e-300)
        right = (weights * np.log(found[np.arange(len(rows)), wanted])).sum()
        every = (weights[:, None] * np.log(found)).sum()
        return -float(total * right + every)

    spread = (scores - scores.mean(axis=1, keepdims=True)).std()
    if spread:
        for other in (best / 1.5, min(best * 1.5, spread * RANGE)):
            assert loss(best) <= loss(other) * (1 + 1e-6) + 1e-6


# Several labels


@pytest.mark.parametrize(
    "y",
    [
        np.eye(len(TEXTS), 2, dtype=int),
        csr_array(np.eye(len(TEXTS), 2, dtype=int)),
        [["x"], ["y", "z"]] * 19 + [[]],
        [{"x", "y"}] * len(TEXTS),
    ],
    ids=["matrix", "sparse", "lists", "sets"],
)
def test_several_labels_are_refused(y: Any) -> None:
    message = r"one class per sequence, got one .*\(multi-label\) fit a classifier for"
    with pytest.raises(DataError, match=message):
        linear().fit(TEXTS, y)


def test_several_labels_by_a_classifier_each() -> None:
    y = np.array(
        [[name == "with", "b" in t] for name, t in zip(CLASSES, TOKENS, strict=True)]
    )
    found = MultiOutputClassifier(linear()).fit(np.array(TEXTS, object), y)
    assert (found.predict(np.array(TEXTS, object)) == y).mean() > 0.9


# Vectors, frames


def test_word_vectors(tmp_path: Path) -> None:
    file = tmp_path / "vectors.txt"
    file.write_text("".join(f"{c} {i} {-i} 1\n" for i, c in enumerate("abc")))
    few: dict[str, Any] = {
        "training": {"steps": 2, "restarts": 1},
        "model": {"word_classes": 2, "cardinality": 3},
    }
    for vectors in (file, str(file), read_vectors(file)):
        learned = TransformerProgramClassifier(vectors=vectors, shorten=False, **few)
        learned.fit(TEXTS, CLASSES)
        assert learned.report_["learner"] == "gradient"
    with pytest.raises(SettingsError, match="are for the gradient learner"):
        linear(vectors=file).fit(TEXTS, CLASSES)


def test_framed_programs_take_empty_texts() -> None:
    learned = linear(read__frame=True).fit(TEXTS, CLASSES)
    assert learned.predict(["", "a"]).tolist()[1] == "with"
    assert learned.program_.input.begin == "<s>"
    with pytest.raises(DataError, match=r"X\[1\]: expected at least one token"):
        linear(read__frame=True).fit(["a", ""], ["x", "y"])
