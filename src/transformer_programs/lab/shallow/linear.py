"""Naive Bayes and logistic regression, by scikit-learn (the extra ``sklearn``)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Examples, Quality, Yardstick
from transformer_programs.errors import SettingsError
from transformer_programs.lab.shallow.features import Seen, bag, beginnings, window

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEAKNESS = 10.0
"""Of the penalty on squared weights (C)."""

TOLERANCE = 1e-5
"""The largest part of the gradient at which L-BFGS ends."""

MOST_STEPS = 300
"""Steps of L-BFGS, at most."""

Document = tuple[tuple[str, ...], int]
"""A sequence, and the place of the token that is looked at; 0 for all of it."""

Features = Callable[[Document], list[str]]


def check_installed() -> None:
    """Say what to install.

    Raises:
        SettingsError: if scikit-learn is not there.
    """
    if find_spec("sklearn") is None:
        raise SettingsError(
            "naive Bayes and logistic regression need scikit-learn, which is not "
            "installed: pip install 'transformer-programs[sklearn]'"
        )


def naive_bayes(dataset: Dataset) -> Iterator[tuple[str, Callable[[], Quality]]]:
    """Multinomial naive Bayes on bags of words, for classification."""
    for name, features in _bags(dataset):
        if not name.endswith("beginnings"):
            yield f"naive Bayes, {name}", _NaiveBayes(dataset, features).quality


def logistic(dataset: Dataset) -> Iterator[tuple[str, Callable[[], Quality]]]:
    """Logistic regression on bags of words, or on a window around every token."""
    for name, features in _windows(dataset) if dataset.tagging else _bags(dataset):
        yield f"logistic regression, {name}", _Logistic(dataset, features).quality


def _words(dataset: Dataset, tokens: tuple[str, ...]) -> list[str]:
    """The tokens as a program looks them up: folded, or the unknown one."""
    form = dataset.input
    codes = form.encode(tokens)[form.offset : form.offset + len(tokens)]
    ids = form.word_ids(np.array(codes, dtype=np.int64))
    return [form.vocabulary.tokens[index] for index in ids]


def _bags(dataset: Dataset) -> Iterator[tuple[str, Features]]:
    def words(document: Document) -> list[str]:
        return bag(_words(dataset, document[0]), pairs=False)

    def pairs(document: Document) -> list[str]:
        return bag(_words(dataset, document[0]), pairs=True)

    def first(document: Document) -> list[str]:
        return pairs(document) + beginnings(_words(dataset, document[0]))

    yield "words", words
    yield "words and pairs", pairs
    yield "words, pairs and beginnings", first


def _windows(dataset: Dataset) -> Iterator[tuple[str, Features]]:
    words = cache(partial(_words, dataset))

    def seeing(seen: Seen) -> Features:
        def features(document: Document) -> list[str]:
            tokens, place = document
            return window(tokens, words(tokens), place, seen)

        return features

    for seen in Seen:
        yield f"{seen} of 5 tokens", seeing(seen)


class _Fitted:
    """A model of scikit-learn between a data set and predicted label ids."""

    def __init__(self, dataset: Dataset, features: Features) -> None:
        self.dataset, self.features = dataset, features

    def quality(self) -> Quality:
        """How right it is on the test data."""
        raise NotImplementedError

    def counted(self) -> tuple[Any, Any, NDArray[np.int64]]:
        """What counts features, and the counts and label ids of the training data."""
        from sklearn.feature_extraction.text import CountVectorizer

        train = self.dataset.train
        places = _places(self.dataset, train)
        targets = self.dataset.encode(train).targets[places]
        asked = targets != NO_LABEL
        documents = _documents(self.dataset, train)
        counter = CountVectorizer(analyzer=self.features, dtype=np.float64)
        kept = [document for document, use in zip(documents, asked, strict=True) if use]
        return counter, counter.fit_transform(kept), targets[asked]

    def measured(self, model: Any, counter: Any) -> Quality:
        examples = self.dataset.test
        yardstick = Yardstick.of(self.dataset, examples)
        found = model.predict(counter.transform(_documents(self.dataset, examples)))
        predicted = np.zeros_like(yardstick.data.targets)
        predicted[_places(self.dataset, examples)] = found
        return yardstick.quality(predicted)


class _NaiveBayes(_Fitted):
    def quality(self) -> Quality:
        from sklearn.naive_bayes import MultinomialNB

        counter, counts, targets = self.counted()
        model = MultinomialNB().fit(counts, targets)
        return self.measured(model, counter)


class _Logistic(_Fitted):
    def quality(self) -> Quality:
        from sklearn.dummy import DummyClassifier
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        counter, counts, targets = self.counted()
        if len(np.unique(targets)) == 1:  # which LogisticRegression refuses
            constant = DummyClassifier(strategy="most_frequent")
            return self.measured(constant.fit(counts, targets), counter)
        model = LogisticRegression(C=WEAKNESS, tol=TOLERANCE, max_iter=MOST_STEPS)
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(counts, targets)
        return self.measured(model, counter)


def _documents(dataset: Dataset, examples: Examples) -> list[Document]:
    """What a label is given to: all sequences, or all their tokens."""
    if not dataset.tagging:
        return [(tokens, 0) for tokens in examples.sequences]
    return [(s, place) for s in examples.sequences for place in range(len(s))]


def _places(dataset: Dataset, examples: Examples) -> Any:
    """Where the documents stand in arrays of targets."""
    if not dataset.tagging:
        return slice(None)
    lengths = [len(tokens) for tokens in examples.sequences]
    rows = np.repeat(np.arange(len(lengths)), lengths)
    columns = [dataset.input.offset + place for n in lengths for place in range(n)]
    return rows, np.array(columns, dtype=np.int64)
