"""Shallow methods on the data of a program: counts and linear models.

Naive Bayes and logistic regression are those of scikit-learn (the extra ``sklearn``).
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache, partial
from importlib.util import find_spec
from itertools import compress, pairwise
from typing import Any

import numpy as np

from transformer_programs.data import (
    NO_LABEL,
    Dataset,
    Examples,
    Quality,
    Scorer,
    majority_baseline,
    most_frequent_label_per_token,
    naive_bayes_over_positions,
)
from transformer_programs.errors import SettingsError
from transformer_programs.program import SurfaceKind, computed

WEAKNESS = 10.0
"""The inverse of the strength of the L2 penalty (C)."""

TOLERANCE = 1e-5
"""The largest part of the gradient at which L-BFGS ends."""

MOST_STEPS = 300
"""Steps of L-BFGS, at most."""

REACH = 2
"""Tokens to either side of a token that are features."""

AFFIX = 4
"""The longest prefix and suffix that are features, of a token and its neighbours."""

_ALL_FEATURES = "words, pairs and beginnings"

_EDGE = "\n"
"""Stands before the first token and after the last, where tokens have no newline."""

Document = tuple[tuple[str, ...], int]
"""A sequence, and the place of the token that is labelled; 0 for the whole sequence."""

Features = Callable[[Document], list[str]]

Method = tuple[str, Callable[[], Quality]]
"""The name of a method, and what fits and measures it."""


class Seen(StrEnum):
    """The features of the tokens around a place; each has all before it too."""

    WORDS = "words"
    SHAPES = "words and shapes"
    AFFIXES = "words, shapes and affixes"


class BaselineKind(StrEnum):
    """A kind of shallow methods."""

    MAJORITY = "majority"
    """Always the most frequent label."""
    TOKEN = "token"
    """The most frequent label per token, for tagging."""
    POSITIONS = "positions"
    """Naive Bayes with a token distribution per position, for classification."""
    NAIVE_BAYES = "naive-bayes"
    """Multinomial naive Bayes on bags of words, for classification."""
    LOGISTIC = "logistic"
    """Logistic regression: on bags of words, or on a window around every token."""


_COUNTS: dict[BaselineKind, tuple[str, Callable[[Dataset], Quality]]] = {
    BaselineKind.MAJORITY: ("the most frequent label", majority_baseline),
    BaselineKind.TOKEN: (
        "the most frequent label per token",
        most_frequent_label_per_token,
    ),
    BaselineKind.POSITIONS: ("naive Bayes over positions", naive_bayes_over_positions),
}


@dataclass(frozen=True, slots=True)
class BaselineResult:
    """A method, fitted and measured."""

    kind: BaselineKind
    name: str
    test: Quality  # on the test data
    seconds: float  # to fit and to measure it

    def numbers(self) -> dict[str, Any]:
        """Return all but the name, for scripts."""
        seconds = round(self.seconds, 1)
        return self.test.numbers() | {"kind": str(self.kind), "seconds": seconds}


def kinds_for(dataset: Dataset) -> tuple[BaselineKind, ...]:
    """Return the kinds that suit a data set."""
    unsuited: set[BaselineKind] = {BaselineKind.TOKEN}
    if dataset.tagging:
        unsuited = {BaselineKind.POSITIONS, BaselineKind.NAIVE_BAYES}
    return tuple(kind for kind in BaselineKind if kind not in unsuited)


def measure_baselines(
    dataset: Dataset, kinds: Iterable[BaselineKind]
) -> Iterator[BaselineResult]:
    """Fit methods on training data and measure them on test data, one by one.

    Raises:
        SettingsError: If a kind does not suit the data, or scikit-learn is missing.
    """
    chosen, suited = list(kinds), kinds_for(dataset)
    for kind in chosen:
        if kind not in suited:
            what = "a label per token" if dataset.tagging else "one label per sequence"
            raise SettingsError(
                f"{dataset.name} has {what}: expected a kind of "
                f"{', '.join(suited)}, got {kind}"
            )
    if not any(
        isinstance(target, str) or any(label is not None for label in target)
        for target in dataset.test.targets
    ):
        raise SettingsError(f"{dataset.name}: the test data have no label to compare")
    if {BaselineKind.NAIVE_BAYES, BaselineKind.LOGISTIC} & set(chosen):
        _check_installed()
    for kind in chosen:
        for name, method in _methods(kind, dataset):
            started = time.perf_counter()
            quality = method()
            yield BaselineResult(kind, name, quality, time.perf_counter() - started)


def _methods(kind: BaselineKind, dataset: Dataset) -> Iterator[Method]:
    if kind in _COUNTS:
        name, method = _COUNTS[kind]
        yield name, partial(method, dataset)
        return
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import MultinomialNB

    sets, title = _bags(dataset), "logistic regression"
    model = partial(LogisticRegression, C=WEAKNESS, tol=TOLERANCE, max_iter=MOST_STEPS)
    if kind is BaselineKind.NAIVE_BAYES:
        title, model = "naive Bayes", MultinomialNB
        del sets[_ALL_FEATURES]
    elif dataset.tagging:
        sets = _windows(dataset)
    for name, features in sets.items():
        yield f"{title}, {name}", partial(_quality, dataset, features, model())


def _check_installed() -> None:
    if find_spec("sklearn") is None:
        raise SettingsError(
            "naive Bayes and logistic regression need scikit-learn, which is not "
            "installed: pip install 'transformer-programs[sklearn]'"
        )


def pairs(tokens: Sequence[str]) -> list[str]:
    """Return the pairs of neighbouring tokens, edges included."""
    return [f"{a}\n{b}" for a, b in pairwise((_EDGE, *tokens, _EDGE))]


def beginnings(tokens: Sequence[str]) -> list[str]:
    """Return the first word, the first two and the first three, as one feature each."""
    return [f"{n}\n" + "\n".join(tokens[:n]) for n in (1, 2, 3) if len(tokens) >= n]


def window(
    tokens: Sequence[str], words: Sequence[str], place: int, seen: Seen
) -> list[str]:
    """Return the features of the tokens around a place, each with its offset.

    Shapes and affixes are of the tokens; words are the same as they are looked up in
    the vocabulary, the unknown token in place of those outside.
    """
    found = []
    for offset in range(-REACH, REACH + 1):
        there = place + offset
        if not 0 <= there < len(tokens):
            found.append(f"{offset}{_EDGE}")
            continue
        token = tokens[there]
        found.append(f"{offset}w{words[there]}")
        if seen is not Seen.WORDS:
            found.append(f"{offset}s{shape(token)}")
        if seen is Seen.AFFIXES and abs(offset) < 2:
            found += (f"{offset}{affix}" for affix in _affixes(token))
    return found


@lru_cache(maxsize=100_000)
def shape(token: str) -> str:
    """Return the kinds of a token's characters, as programs may see them."""
    return computed(SurfaceKind.SHAPE, 0, token)


@lru_cache(maxsize=100_000)
def _affixes(token: str) -> tuple[str, ...]:
    return tuple(
        f"{name}{computed(kind, length, token)}"
        for length in range(1, min(AFFIX, len(token)) + 1)
        for name, kind in (("p", SurfaceKind.PREFIX), ("e", SurfaceKind.SUFFIX))
    )


def _words(dataset: Dataset, tokens: tuple[str, ...]) -> list[str]:
    # The tokens as a program looks them up: folded, or the unknown one.
    form = dataset.input
    codes = form.encode(tokens)[form.offset : form.offset + len(tokens)]
    ids = form.word_ids(np.array(codes, dtype=np.int64))
    return [form.vocabulary.tokens[index] for index in ids]


def _bags(dataset: Dataset) -> dict[str, Features]:
    def bag(*parts: Callable[[Sequence[str]], list[str]]) -> Features:
        def features(document: Document) -> list[str]:
            words = _words(dataset, document[0])
            return [feature for part in parts for feature in part(words)]

        return features

    return {
        "words": bag(list),
        "words and pairs": bag(list, pairs),
        _ALL_FEATURES: bag(list, pairs, beginnings),
    }


def _windows(dataset: Dataset) -> dict[str, Features]:
    words = cache(partial(_words, dataset))

    def features(seen: Seen, document: Document) -> list[str]:
        tokens, place = document
        return window(tokens, words(tokens), place, seen)

    return {f"{seen} of 5 tokens": partial(features, seen) for seen in Seen}


def _quality(dataset: Dataset, features: Features, model: Any) -> Quality:
    """Fit a model of scikit-learn on training data, and measure it on test data."""
    from sklearn.dummy import DummyClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.feature_extraction.text import CountVectorizer
    from threadpoolctl import threadpool_limits

    targets = dataset.encode(dataset.train).targets[_places(dataset, dataset.train)]
    asked = targets != NO_LABEL
    counter = CountVectorizer(analyzer=features, dtype=np.float64)
    counts = counter.fit_transform(compress(_documents(dataset, dataset.train), asked))
    if len(np.unique(targets[asked])) == 1:  # which LogisticRegression refuses
        model = DummyClassifier(strategy="most_frequent")
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(counts, targets[asked])
    scorer = Scorer.of(dataset, dataset.test)
    predicted = np.zeros_like(scorer.data.targets)
    found = model.predict(counter.transform(_documents(dataset, dataset.test)))
    predicted[_places(dataset, dataset.test)] = found
    return scorer.quality(predicted)


def _documents(dataset: Dataset, examples: Examples) -> list[Document]:
    # What a label is given to: all sequences, or all their tokens.
    if not dataset.tagging:
        return [(tokens, 0) for tokens in examples.sequences]
    return [(s, place) for s in examples.sequences for place in range(len(s))]


def _places(dataset: Dataset, examples: Examples) -> Any:
    # The indices of the documents in arrays of targets.
    if not dataset.tagging:
        return slice(None)
    lengths = [len(tokens) for tokens in examples.sequences]
    rows = np.repeat(np.arange(len(lengths)), lengths)
    columns = [dataset.input.offset + place for n in lengths for place in range(n)]
    return rows, np.array(columns, dtype=np.int64)
