"""Shallow methods on the data of a program: counts and linear models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from transformer_programs.data import (
    Dataset,
    Quality,
    majority_baseline,
    most_frequent_label_per_token,
    naive_bayes_over_positions,
)
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines import linear


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
    """A method, fitted and measured.

    Attributes:
        kind: the kind of the method.
        name: its name.
        test: its quality on the test data.
        seconds: the time to fit and to measure it.
    """

    kind: BaselineKind
    name: str
    test: Quality
    seconds: float

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
        SettingsError: For a kind that does not suit the data, where the test data have
            no label, or if scikit-learn is needed and not installed.
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
        linear.check_installed()
    for kind in chosen:
        for name, method in _methods(kind, dataset):
            started = time.perf_counter()
            quality = method()
            yield BaselineResult(kind, name, quality, time.perf_counter() - started)


def _methods(kind: BaselineKind, dataset: Dataset) -> Iterator[linear.Method]:
    if kind is BaselineKind.NAIVE_BAYES:
        yield from linear.naive_bayes(dataset)
    elif kind is BaselineKind.LOGISTIC:
        yield from linear.logistic(dataset)
    else:
        name, method = _COUNTS[kind]
        yield name, partial(method, dataset)
