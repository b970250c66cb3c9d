"""Simple methods on the data of a program: counts, linear models, trees and CRFs.

They need the extra ``baselines``, except for the counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from importlib.util import find_spec
from typing import Any

from transformer_programs.data import (
    Dataset,
    Examples,
    Quality,
    majority_baseline,
    most_frequent_label_per_token,
    naive_bayes_over_positions,
)
from transformer_programs.errors import SettingsError


class BaselineKind(StrEnum):
    """A simple method."""

    MAJORITY = "majority"
    """Always the most frequent label."""
    TOKEN = "token"
    """The most frequent label per token, for tagging."""
    POSITIONS = "positions"
    """Naive Bayes with a token distribution per position, for classification."""
    NAIVE_BAYES = "naive-bayes"
    """Multinomial naive Bayes on counts of n-grams, for classification."""
    LOGISTIC = "logistic"
    """Logistic regression: on n-grams, or on the tokens around every token."""
    SVM = "svm"
    """A linear support vector machine on n-grams, for classification."""
    TREE = "tree"
    """A decision tree on tokens by place or on n-grams, for classification."""
    CRF = "crf"
    """A conditional random field, for tagging."""


_FOR_TAGS = {BaselineKind.TOKEN, BaselineKind.CRF}

_FOR_BOTH = {BaselineKind.MAJORITY, BaselineKind.LOGISTIC}

_COUNTS: dict[BaselineKind, Callable[[Dataset], Quality]] = {
    BaselineKind.MAJORITY: majority_baseline,
    BaselineKind.TOKEN: most_frequent_label_per_token,
    BaselineKind.POSITIONS: naive_bayes_over_positions,
}

TITLES = {
    BaselineKind.MAJORITY: "the most frequent label",
    BaselineKind.TOKEN: "the most frequent label per token",
    BaselineKind.POSITIONS: "naive Bayes over positions",
    BaselineKind.NAIVE_BAYES: "naive Bayes",
    BaselineKind.LOGISTIC: "logistic regression",
    BaselineKind.SVM: "linear SVM",
    BaselineKind.TREE: "decision tree",
    BaselineKind.CRF: "CRF",
}
"""The name of every method."""

EXTRA = "pip install 'transformer-programs[baselines]'"


@dataclass(frozen=True, slots=True)
class BaselineResult:
    """A method, fitted and measured.

    Attributes:
        kind: The method; "program" and "transformer" for what is measured beside.
        name: Its name.
        validation: On validation data, which chose among its settings.
        test: On test data.
        seconds: CPU seconds to choose, to fit and to measure it.
        chosen: What validation data chose; "" if there was no choice.
        size: How large it is, counted in ``unit``; None for counts.
        unit: What its size counts.
    """

    kind: str
    name: str
    validation: Quality
    test: Quality
    seconds: float
    chosen: str = ""
    size: int | None = None
    unit: str = ""

    def numbers(self) -> dict[str, Any]:
        """Return all but the name, for scripts; the accuracy is that on test data."""
        found = {
            "kind": str(self.kind),
            "validation": self.validation.numbers(),
            "seconds": round(self.seconds, 2),
        }
        if self.size is not None:
            found |= {"size": self.size, "unit": self.unit}
        if self.chosen:
            found["chosen"] = self.chosen
        return self.test.numbers() | found


def kinds_for(dataset: Dataset) -> tuple[BaselineKind, ...]:
    """Return the kinds that suit a data set."""
    return tuple(
        kind
        for kind in BaselineKind
        if kind in _FOR_BOTH or (kind in _FOR_TAGS) == dataset.tagging
    )


def missing_package(kind: BaselineKind) -> str | None:
    """Return the package that a method needs, if it is not installed."""
    if kind in _COUNTS:
        return None
    if kind is BaselineKind.CRF:
        return None if find_spec("pycrfsuite") else "python-crfsuite"
    return None if find_spec("sklearn") else "scikit-learn"


def measure_baselines(
    dataset: Dataset,
    kinds: Iterable[BaselineKind],
    begin: Callable[[str], None] = lambda name: None,
) -> Iterator[BaselineResult]:
    """Fit methods on training data and measure them on test data, one by one.

    Settings of a method, such as its penalty, are chosen on validation data. Nothing
    else is learned from them.

    Args:
        dataset: The data, in their parts.
        kinds: The methods.
        begin: Called with the name of every method before it is fitted.

    Raises:
        SettingsError: If a kind does not suit the data, or a package is missing.
    """
    chosen, suited = list(kinds), kinds_for(dataset)
    for kind in chosen:
        if kind not in suited:
            what = "a label per token" if dataset.tagging else "one label per sequence"
            raise SettingsError(
                f"{dataset.name} has {what}: expected a kind of "
                f"{', '.join(suited)}, got {kind}"
            )
    if not _has_labels(dataset.test):
        raise SettingsError(f"{dataset.name}: the test data have no label to compare")
    for kind in chosen:
        if package := missing_package(kind):
            raise SettingsError(
                f"{kind} needs {package}, which is not installed: {EXTRA}"
            )
    for kind in chosen:
        begin(TITLES[kind])
        yield _measure(dataset, kind)


def _measure(dataset: Dataset, kind: BaselineKind) -> BaselineResult:
    started = time.process_time()
    result = partial(BaselineResult, str(kind), TITLES[kind])
    if count := _COUNTS.get(kind):
        validation = count(replace(dataset, test=dataset.validation))
        return result(validation, count(dataset), time.process_time() - started)
    from transformer_programs.lab.baselines.fitted import quality

    fitted = _method(kind)(dataset)
    validation = quality(dataset, dataset.validation, fitted)
    test = quality(dataset, dataset.test, fitted)
    seconds = time.process_time() - started
    more = (fitted.chosen, fitted.size, fitted.unit)
    return result(validation, test, seconds, *more)


def _method(kind: BaselineKind) -> Callable[[Dataset], Any]:
    if kind is BaselineKind.CRF:
        from transformer_programs.lab.baselines.crf import random_field

        return random_field
    from transformer_programs.lab.baselines import classifiers

    return {
        BaselineKind.NAIVE_BAYES: classifiers.naive_bayes,
        BaselineKind.LOGISTIC: classifiers.logistic_regression,
        BaselineKind.SVM: classifiers.support_vectors,
        BaselineKind.TREE: classifiers.decision_tree,
    }[kind]


def _has_labels(examples: Examples) -> bool:
    return any(
        isinstance(target, str) or any(label is not None for label in target)
        for target in examples.targets
    )
