from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError

import transformer_programs as tp
from estimators.learned import CLASSES, SMALL, TEXTS, TOKENS, classifier
from transformer_programs import runs as experiment
from transformer_programs.errors import DataError, InputError, SettingsError

FITTED = classifier().fit(TEXTS, CLASSES)


def test_fits_and_predicts() -> None:
    assert list(FITTED.classes_) == ["with", "without"]
    assert list(FITTED.predict(TEXTS)) == CLASSES
    assert FITTED.score(TEXTS, CLASSES) == 1.0
    assert FITTED.program_(["b", "a"]) == "with"
    assert "def run(" in FITTED.program_.source
    assert not hasattr(FITTED, "n_features_in_")
    assert not hasattr(FITTED, "feature_names_in_")  # nor has a sequence columns


def test_reports_what_is_known_and_no_test() -> None:
    report = FITTED.report_
    assert report["validation"]["per_label"] == 1.0
    assert report["learner"] == "search"
    assert type(report["learner"]) is str
    assert "test" not in report
    # Each of 3 tokens, or an unknown one, at 1 to 3 positions.
    assert all("all 84 valid inputs" in text for text in report["agreement"])


def test_scores_choose_the_class() -> None:
    scores = FITTED.predict_scores(TEXTS)
    assert scores.shape == (len(TEXTS), 2)
    assert scores.dtype.kind == "i"
    assert list(FITTED.classes_[scores.argmax(axis=1)]) == CLASSES
    decision = FITTED.decision_function(TEXTS)
    assert (decision == scores[:, 1] - scores[:, 0]).all()
    assert (FITTED.classes_[(decision > 0).astype(int)] == CLASSES).all()


KINDS: dict[str, Callable[[], Any]] = {
    "texts": lambda: TEXTS,
    "a tuple": lambda: tuple(TEXTS),
    "lists of tokens": lambda: [list(tokens) for tokens in TOKENS],
    "tuples of tokens": lambda: TOKENS,
    "an array of texts": lambda: np.array(TEXTS),
    "an array of objects": lambda: np.array(TEXTS, dtype=object),
    "a Series": lambda: pd.Series(TEXTS, index=range(5, 5 + len(TEXTS))),
    "a Series of lists": lambda: pd.Series([list(tokens) for tokens in TOKENS]),
    "arrays of tokens": lambda: [np.array(tokens) for tokens in TOKENS],
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_of_sequences(kind: str) -> None:
    data = KINDS[kind]()
    assert list(FITTED.predict(data)) == CLASSES
    again = classifier().fit(data, CLASSES)
    program = again.program_
    assert program.input.split == (
        None if "tokens" in kind or "lists" in kind else "whitespace"
    )
    form = replace(program.input, split="whitespace")
    assert replace(program, input=form) == FITTED.program_


def test_the_program_splits_texts_as_fit_did() -> None:
    text = TEXTS[0]
    assert FITTED.program_(text) == FITTED.program_(text.split()) == CLASSES[0]
    texts = ["".join(tokens) for tokens in TOKENS]
    learned = classifier(read__split="characters").fit(texts, CLASSES)
    assert learned.program_.batch(texts) == CLASSES
    assert "tokens = split_characters(tokens)" in learned.program_.source
    of_lists = classifier().fit(TOKENS, CLASSES)
    with pytest.raises(InputError, match="expected a list of tokens, such as"):
        of_lists.program_(text)


def test_a_table_of_tokens_has_a_sequence_in_each_row() -> None:
    rows = [tokens for tokens in TOKENS if len(tokens) == 3]
    for table in (np.array(rows), np.array(rows, dtype=object)):
        assert table.ndim == 2
        assert list(FITTED.predict(table)) == list(FITTED.predict(rows))


def test_characters() -> None:
    texts = ["".join(tokens) for tokens in TOKENS]
    learned = classifier(read__split="characters").fit(texts, CLASSES)
    assert list(learned.predict(texts)) == CLASSES


def test_words() -> None:
    texts = [", ".join(tokens) + "!" for tokens in TOKENS]
    learned = classifier(read__split="words").fit(texts, CLASSES)
    assert learned.predict(["b,a"]) == ["with"]
    assert learned.program_.input.max_length == 6


@pytest.mark.parametrize(
    "y",
    [
        np.array([10 * (name == "without") + 2 for name in CLASSES]),
        [name == "with" for name in CLASSES],
        pd.Series(CLASSES, dtype="category"),
        pd.Series(CLASSES),
        np.array(CLASSES, dtype=object),
        [float(name == "with") for name in CLASSES],
    ],
    ids=["int", "bool", "categories", "Series", "objects", "whole floats"],
)
def test_kinds_of_classes(y: Any) -> None:
    learned = classifier().fit(TEXTS, y)
    predicted = learned.predict(TEXTS)
    assert (predicted == np.asarray(y)).all()
    assert (learned.classes_ == np.unique(np.asarray(y))).all()
    assert predicted.dtype == learned.classes_.dtype
    assert learned.score(TEXTS, y) == 1.0


def test_classes_are_in_order_of_numbers_not_of_texts() -> None:
    y = [[2, 10, 30][TOKENS.index(tokens) % 3] for tokens in TOKENS]
    learned = classifier().fit(TEXTS, y)
    assert learned.program_.readout.labels == ("2", "10", "30")
    assert learned.decision_function(TEXTS).shape == (len(TEXTS), 3)


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_a_class_that_training_never_saw_has_a_score() -> None:
    # Three texts, of which one is held out, and no other can be held out instead.
    learned = classifier(search__max_statements=1).fit([*"abc"] * 2, [*"xyz"] * 2)
    assert learned.predict_scores(["a"]).shape == (1, 3)
    assert "never in the training data" in str(learned.report_["notes"])


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_a_rare_class_stays_in_training() -> None:
    for seed in range(9):
        learned = classifier(random_state=seed, search__max_statements=1)
        learned.fit([*TEXTS, "a b"], [*CLASSES, "rare"])
        assert learned.predict_scores(["a"]).shape == (1, 3)
        assert "never in the training data" not in str(learned.report_["notes"])


def test_one_class() -> None:
    learned = classifier().fit(TEXTS, ["one"] * len(TEXTS))
    assert list(learned.classes_) == ["one"]
    assert list(learned.predict(["a", "b c"])) == ["one", "one"]
    assert learned.score(TEXTS, ["one"] * len(TEXTS)) == 1
    assert not learned.program_.statements
    assert any("one label only" in note for note in learned.report_["notes"])


def test_two_texts_with_two_classes_are_too_few() -> None:
    with pytest.raises(DataError, match="2 distinct ones are few: add others"):
        classifier().fit(["a x", "b y"] * 5, ["A", "B"] * 5)


def test_unknown_tokens_are_read_as_such() -> None:
    assert list(FITTED.predict(["zebra", "zebra a"])) == ["without", "with"]


def test_the_random_state_fixes_everything() -> None:
    for state in (None, 0, np.int64(0)):
        again = classifier(random_state=state).fit(TEXTS, CLASSES)
        assert again.program_ == FITTED.program_
    one, other = (
        classifier(random_state=np.random.RandomState(3)).fit(TEXTS, CLASSES)
        for _ in range(2)
    )
    assert one.report_["notes"] == other.report_["notes"]
    assert one.report_["notes"] != FITTED.report_["notes"]


def test_unfitted() -> None:
    for method in ("predict", "predict_scores", "decision_function"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(classifier(), method)(TEXTS)
    with pytest.raises(NotFittedError):
        classifier().score(TEXTS, CLASSES)
    with pytest.raises(NotFittedError):
        classifier().save("anywhere")


NUMBERS = [[0.5, 1.5], [1.0, 2.0]]


@pytest.mark.parametrize(
    ("data", "y", "message"),
    [
        (TEXTS, CLASSES[:-1], "inconsistent numbers of samples"),
        (["a"], ["one"], "expected 2 samples or more, .*, found 1 sample"),
        (["a", None], ["x", "y"], r"X\[1\]: expected a text or .* found None"),
        (["a", float("nan")], ["x", "y"], r"X\[1\]: expected a text .* found nan"),
        (pd.Series(["a", None]), ["x", "y"], r"X\[1\]: expected a text or a list"),
        (["a", ["b", 3]], ["x", "y"], r"X\[1\]: .* numbers must be made tokens"),
        (NUMBERS, [0, 1], r"X\[0\]: expected a text or a list of tokens"),
        (np.array(NUMBERS), [0, 1], r"X\[0\]: expected a text or a list of tokens"),
        (["a", b"b"], ["x", "y"], r"X\[1\]: expected a text or a list"),
        (["a", " "], ["x", "y"], r"X\[1\]: expected at least one token"),
        (["a", []], ["x", "y"], r"X\[1\]: expected at least one token"),
        (["a", ["b", ""]], ["x", "y"], r"X\[1\]: .* none empty, found an empty one"),
        ("a b", ["x", "y"], "X: expected a list of texts or lists of tokens"),
        ({"a": "b"}, ["x"], "X: expected a list of texts"),
        ([], [], r"X: .*found 0 sample\(s\)"),
        (None, ["x"], "X: expected a list of texts"),
        (iter("ab"), ["x", "y"], "X: expected a list of texts"),
        (np.array("a"), ["x"], "found 0 dimensions"),
        (np.array([[["a"]]]), ["x"], "found 3 dimensions"),
        (pd.DataFrame({"t": ["a"]}), ["x"], "found a table of type DataFrame; choose"),
        (["a", "b"], None, "requires y to be passed, but the target y is None"),
        (["a", "b"], "xy", "y: expected one class per sequence"),
        (["a", "b"], ["x", None], r"y\[1\]: expected a class, found None"),
        (["a", "b"], [1.0, float("nan")], r"y\[1\]: expected a class, found nan"),
        (["a", "b"], pd.Series(["x", pd.NA]), r"y\[1\]: expected a class, found"),
        (["a", "b"], [b"x", b"y"], r"y\[0\]: expected a class, found b'x'"),
        (["a", "b"], [0.5, 1.5], "Unknown label type"),
        (["a", "b"], [["x"], ["y", "z"]], "."),
        (["a", "b"], np.eye(2), "y should be a 1d array"),
        (["a", "b"], ["", "x"], "expected classes that are different texts"),
        (["a", "\ud800"], ["x", "y"], r"X\[1\]: .* a lone surrogate"),
        (["a", "a"], ["x", "y"], "expected more than 1 distinct sequences"),
    ],
)
def test_what_cannot_be_fitted(data: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classifier().fit(data, y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"learner": "guess"}, "expected learner auto, search, linear, gradient"),
        ({"learner": 3}, "expected learner to be a text, got 3"),
        ({"read__split": "lines"}, "expected read__split .*whitespace"),
        ({"model__layers": 0}, "expected model__layers >= 1"),
        ({"model__layers": 1.5}, "expected model__layers to be an integer, got 1.5"),
        (
            {"training__steps": True},
            "expected training__steps to be an integer, got True",
        ),
        ({"training__dropout": "high"}, "expected training__dropout to be a number"),
        (
            {"model__set_predicates": 1},
            "expected model__set_predicates to be True or False",
        ),
        ({"read__truncate": "yes"}, "expected read__truncate to be True or False"),
        ({"shorten": None}, "expected shorten to be True or False"),
        ({"read__max_vocabulary": 1}, "expected read__max_vocabulary >= 2"),
        (
            {"read__validation_fraction": 0},
            "expected 0 < read__validation_fraction < 1, got 0",
        ),
        ({"random_state": "x"}, "expected random_state to be an integer"),
        ({"random_state": -1}, "expected 0 <= random_state"),
        ({"model__scope": "left"}, "expected model__scope all"),
        ({"model__pooling": "none"}, "pooling must be 'mean' or 'first', got 'none'"),
    ],
)
def test_parameters_that_mean_nothing(parameters: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        classifier(**parameters).fit(TEXTS, CLASSES)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": 7}, "steps: settings are nested; use training__steps"),
        ({"search_work": 7}, "use search__work"),
        ({"max_length": 7}, "use read__max_length"),
        ({"training__depth": 7}, "training__depth: no such setting; expected one of"),
        ({"training__seed": 7}, "training__seed: use random_state"),
        ({"read__format": "csv"}, "read__format: no such setting"),
        ({"depth": 7}, "Invalid parameter 'depth'"),
    ],
)
def test_names_that_are_none(parameters: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classifier(**parameters)
    with pytest.raises(ValueError, match=message):
        classifier().set_params(**parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"training": 3}, "training: expected TrainSettings, a dict"),
        ({"search": {"depth": 3}}, "search__depth: no such setting"),
        ({"model": tp.TrainSettings()}, "model: expected ModelSettings, a dict"),
    ],
)
def test_parts_that_are_none(parameters: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        classifier(**parameters).fit(TEXTS, CLASSES)


def test_settings_as_objects() -> None:
    whole = tp.SearchSettings(layers=1, beam=4)
    learned = classifier(search=whole, read=tp.ReadOptions(max_length=4))
    learned.fit(TEXTS, CLASSES)
    assert learned.program_.input.max_length == 4
    assert list(learned.predict(TEXTS)) == CLASSES
    assert learned.get_params()["search__beam"] == 4
    assert learned.set_params(search__beam=7).search == replace(whole, beam=7)
    assert learned.set_params(search__beam=None).search == replace(whole, beam=40)


def test_tokens_are_read_as_the_settings_say() -> None:
    read = {"lowercase": True, "surfaces": "prefix1"}
    learned = classifier(read=read).fit([text.upper() for text in TEXTS], CLASSES)
    assert list(learned.predict(TEXTS)) == CLASSES
    assert learned.program_.input.surfaces


def test_longer_sequences() -> None:
    with pytest.raises(InputError, match=r"X\[1\]: expected at most 3 tokens, found 4"):
        FITTED.predict(["a", "b b b a"])
    with pytest.raises(InputError, match=r"X\[\d+\]: expected at most 2 tokens"):
        classifier(read__max_length=2).fit(TEXTS, CLASSES)
    cut = classifier(read__max_length=2, read__truncate=True).fit(TEXTS, CLASSES)
    assert cut.program_.input.max_length == 2
    assert list(cut.predict(["b c a", "b c"])) == [cut.predict(["b c"])[0]] * 2
    cut = classifier(read__truncate=True).fit(TEXTS, CLASSES)
    assert list(cut.predict(["b c c a"])) == [cut.predict(["b c c"])[0]]
    assert classifier(read__max_length=5).fit(TEXTS, CLASSES).predict(["b b b a a"])


def test_gradient_descent_is_chosen_by_its_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[Any, bool]] = []

    def train(data: Any, *, shorten: bool, **options: Any) -> tp.Run:
        asked.append((options["learner"], shorten))
        return experiment_train(data, shorten=shorten, **options)

    experiment_train = experiment.train
    monkeypatch.setattr(experiment, "train", train)
    few = {"training__steps": np.int64(2), "training": {"restarts": 1}}
    quick = dict.fromkeys(SMALL) | few | {"shorten": False}
    learned = classifier(**quick).fit(TEXTS, CLASSES)
    assert learned.report_["origin"].startswith("gradient: restart 0, step ")
    classifier(**quick | {"search__layers": 1}).fit(TEXTS, CLASSES)
    two = {"search__max_statements": 2}
    classifier(**dict.fromkeys(SMALL) | two).fit(TEXTS, CLASSES)
    assert asked == [("gradient", False), ("auto", False), (None, True)]


@pytest.mark.parametrize("failure", [None, "it diverged"])
def test_what_ends_early_is_kept(
    monkeypatch: pytest.MonkeyPatch, failure: str | None
) -> None:
    def stopped(*arguments: Any, **options: Any) -> tp.Run:
        run = train(*arguments, **options)
        assert run.training is not None
        report = replace(run.training.report, interrupted=True, failure=failure)
        training = replace(run.training, report=report)
        return tp.Run(run.program, training=training)

    train = experiment.train
    monkeypatch.setattr(experiment, "train", stopped)
    learned = classifier()
    if failure is None:
        with pytest.raises(KeyboardInterrupt):
            learned.fit(TEXTS, CLASSES)
    else:
        with pytest.warns(ConvergenceWarning, match=failure):
            learned.fit(TEXTS, CLASSES)
    assert learned.score(TEXTS, CLASSES) == 1.0


def test_five_thousand_sentences_take_well_under_a_second() -> None:
    sentences = (TEXTS * 200)[:5000]
    FITTED.predict(sentences)
    started = time.process_time()
    FITTED.predict(sentences)
    FITTED.predict_scores(sentences)
    assert time.process_time() - started < 1


def test_errors_are_also_those_of_this_package() -> None:
    with pytest.raises(DataError):
        classifier().fit([1, 2], [0, 1])


@pytest.mark.parametrize(
    ("y", "found"),
    [
        ([1, "1", 2, "x"], "number, str"),
        ([True, 1, 0, False], "bool, number"),
        ([True, "True", False, False], "bool, str"),
    ],
)
def test_labels_that_numpy_would_merge_are_refused(y: list[object], found: str) -> None:
    with pytest.raises(DataError, match=f"labels of one kind .* found {found}$"):
        classifier().fit(["a b", "b a", "a a", "b b"], y)


def test_a_warm_start_goes_on_from_the_last_program() -> None:
    few = {"steps": 2, "restarts": 1, "polish": 0}
    again = classifier(warm_start=True).fit(TEXTS, CLASSES)
    assert again.report_["learner"] == "search"
    again.set_params(learner="gradient", training=few)
    again.fit(TEXTS, CLASSES)
    # Two steps alone, from random models, would not be right.
    assert again.report_["learner"] == "gradient"
    assert again.score(TEXTS, CLASSES) == 1.0
    # A search begins anew.
    again.set_params(learner="search", training=None).fit(TEXTS, CLASSES)
    assert again.program_ == FITTED.program_
    with pytest.raises(ValueError, match="warm_start"):
        classifier(warm_start="yes").fit(TEXTS, CLASSES)


def test_a_warm_start_needs_the_same_labels() -> None:
    few = {"steps": 2, "restarts": 1, "polish": 0}
    again = classifier(warm_start=True).fit(TEXTS, CLASSES)
    again.set_params(learner="gradient", training=few)
    with pytest.raises(SettingsError, match="label of the program alone: 'without'"):
        again.fit(TEXTS, ["with" if c == "with" else "other" for c in CLASSES])
