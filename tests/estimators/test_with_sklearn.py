"""Inside what scikit-learn does with estimators, and its own checks of them."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import SkipTestWarning
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator

from estimators.learned import CLASSES, TAGS, TEXTS, TOKENS, classifier, tagger
from estimators.of_numbers import OfNumbers

X_KINDS = {
    "texts": TEXTS,
    "lists of tokens": [list(tokens) for tokens in TOKENS],
    "an array": np.array(TEXTS, dtype=object),
    "a Series": pd.Series(TEXTS, index=[f"row {i}" for i in range(len(TEXTS))]),
}


@pytest.mark.parametrize("kind", X_KINDS)
def test_cross_validation(kind: str) -> None:
    estimator = classifier(read__max_length=3)
    scores = cross_val_score(estimator, X_KINDS[kind], CLASSES, cv=3)
    assert scores.shape == (3,)
    assert scores.min() > 0.8


def test_cross_validation_by_other_measures() -> None:
    measures = ["roc_auc", "f1_macro", "average_precision"]
    y = [int(name == "with") for name in CLASSES]
    found = cross_validate(
        classifier(read__max_length=3), TEXTS, y, cv=2, scoring=measures
    )
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in measures)


@pytest.mark.parametrize("kind", X_KINDS)
def test_taggers_are_cross_validated(kind: str) -> None:
    estimator = tagger(read__max_length=3)
    assert not is_classifier(estimator)
    assert cross_val_score(estimator, X_KINDS[kind], TAGS, cv=2).min() > 0.8
    predicted = cross_val_predict(estimator, X_KINDS[kind], TAGS, cv=2)
    assert [len(row) for row in predicted] == [len(row) for row in TAGS]


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_a_pipeline_in_a_grid_search() -> None:
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = make_pipeline(lower, classifier(read__max_length=3))
    step = "transformerprogramclassifier__"
    grid = {
        f"{step}search__max_statements": [1, 4],
        f"{step}read__max_vocabulary": np.array([2, 4]),
    }
    search = GridSearchCV(pipeline, grid, cv=2)
    search.fit([text.upper() for text in TEXTS], CLASSES)
    assert search.score(TEXTS, CLASSES) > 0.8
    learned = search.best_estimator_[-1]
    assert "LABELS" in learned.program_.source
    assert set(learned.classes_) == {"with", "without"}


def test_a_grid_of_settings() -> None:
    grid = {"training__steps": [2, 3], "model__layers": [None, 1], "search": [None]}
    few = {"learner": "gradient", "training": {"restarts": 1}, "shorten": False}
    search = GridSearchCV(classifier(**few, read__max_length=3), grid, cv=2)
    search.fit(TEXTS, CLASSES)
    assert search.best_params_.keys() == grid.keys()
    best = search.best_estimator_
    assert best.training.keys() == {"restarts", "steps"}
    assert best.training["steps"] in (2, 3)
    assert best.report_["origin"].startswith("gradient: restart 0, step ")


def test_a_grid_search_for_taggers() -> None:
    search = GridSearchCV(tagger(read__max_length=3), {"random_state": [0, 1]}, cv=2)
    assert search.fit(pd.Series(TEXTS), TAGS).score(TEXTS, TAGS) > 0.8


def test_probabilities_by_calibration() -> None:
    calibrated = CalibratedClassifierCV(classifier(read__max_length=3), cv=2)
    shares = calibrated.fit(TEXTS, CLASSES).predict_proba(TEXTS)
    assert shares.shape == (len(TEXTS), 2)
    assert shares.sum(axis=1) == pytest.approx(1)


def test_clones_and_parameters() -> None:
    estimator = classifier(training__steps=7, read={"split": "characters"})
    copied = clone(estimator)
    assert copied.get_params() == estimator.get_params()
    assert copied.set_params(training__steps=8).training == {"steps": 8}
    assert estimator.get_params()["training__steps"] == 7
    assert copied.get_params()["training__restarts"] is None
    assert copied.set_params(read=None).get_params()["read__split"] is None
    assert repr(tagger(training__steps=7)).startswith("TransformerProgramTagger(")
    assert not hasattr(clone(classifier().fit(TEXTS, CLASSES)), "program_")
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        estimator.set_params(depth=3)


def test_scikit_learn_passes_numbers_alone_so_it_checks_nothing() -> None:
    for estimator in (classifier(), tagger()):
        with pytest.warns(SkipTestWarning, match="Can't test estimator"):
            done = check_estimator(estimator)
        assert [check["check_name"] for check in done] == ["check_estimator_cloneable"]


# Of numbers made tokens, they can be checked after all. What a search with one
# statement cannot tell apart, gradient descent does in few steps.
SEARCHED: dict[str, Any] = {
    "learner": "search",
    "search": {"layers": 1, "beam": 2, "sample": 20, "max_statements": 1},
}
TRAINED: dict[str, Any] = {
    "learner": "gradient",
    "training": {"steps": 40, "restarts": 1, "evaluations": 1, "learning_rate": 0.1},
    "shorten": False,
}
WEIGHED: dict[str, Any] = {"learner": "linear"}
EQUIVALENCE = (
    "data are split by sequences and held-out folds are of rows, so that settings are "
    "chosen by other ones if a row is repeated"
)
LEFT_OUT = {
    "check_array_api_input": "sequences of tokens are in no library of arrays",
    "check_sample_weight_equivalence_on_dense_data": EQUIVALENCE,
}
CHECKS = list(estimator_checks_generator(OfNumbers()))


def name_of(check: Any) -> str:
    function = check.func if isinstance(check, partial) else check
    return str(function.__name__)


@pytest.mark.parametrize("check", [check for _, check in CHECKS], ids=name_of)
def test_the_checks_of_scikit_learn(check: Any) -> None:
    name = name_of(check)
    if name in LEFT_OUT:
        pytest.skip(LEFT_OUT[name])
    parameters = SEARCHED
    if name == "check_classifiers_train":
        parameters = TRAINED
    elif "weight" in name:
        parameters = WEIGHED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(OfNumbers(**parameters))
