"""Which shallow methods suit some data, and how right they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from transformer_programs.data import (
    Dataset,
    Quality,
    majority_baseline,
    most_frequent_label_per_token,
    naive_bayes_over_positions,
)
from transformer_programs.errors import SettingsError
from transformer_programs.lab.shallow import linear

Method = tuple[str, Callable[[], Quality]]
"""What a method is called, and what fits and measures it."""


class Kind(StrEnum):
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


@dataclass(frozen=True, slots=True)
class Measured:
    """A method, fitted and measured.

    Attributes:
        kind: of the method.
        name: what it is.
        test: how right it is on the test data.
        seconds: to fit and to measure it.
    """

    kind: Kind
    name: str
    test: Quality
    seconds: float

    def numbers(self) -> dict[str, Any]:
        """All but the name, for scripts."""
        seconds = round(self.seconds, 1)
        return self.test.numbers() | {"kind": str(self.kind), "seconds": seconds}


_OF_TAGGING = (Kind.MAJORITY, Kind.TOKEN, Kind.LOGISTIC)

_OF_CLASSES = (Kind.MAJORITY, Kind.POSITIONS, Kind.NAIVE_BAYES, Kind.LOGISTIC)


def kinds_for(dataset: Dataset) -> tuple[Kind, ...]:
    """The kinds that suit a data set."""
    return _OF_TAGGING if dataset.tagging else _OF_CLASSES


def measured(dataset: Dataset, kinds: Iterable[Kind]) -> Iterator[Measured]:
    """Fit methods on training data and measure them on test data, one by one.

    Args:
        dataset: the data; validation data are not looked at.
        kinds: of the methods.

    Raises:
        SettingsError: for a kind that does not suit the data, where the test data have
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
    if not any(map(_has_label, dataset.test.targets)):
        raise SettingsError(f"{dataset.name}: the test data have no label to compare")
    if {Kind.NAIVE_BAYES, Kind.LOGISTIC} & set(chosen):
        linear.check_installed()
    for kind in chosen:
        for name, method in _methods(kind, dataset):
            started = time.perf_counter()
            quality = method()
            yield Measured(kind, name, quality, time.perf_counter() - started)


def _has_label(target: object) -> bool:
    return not isinstance(target, tuple) or any(tag is not None for tag in target)


def _methods(kind: Kind, dataset: Dataset) -> Iterator[Method]:
    match kind:
        case Kind.MAJORITY:
            yield "the most frequent label", lambda: majority_baseline(dataset)
        case Kind.TOKEN:
            yield (
                "the most frequent label per token",
                lambda: most_frequent_label_per_token(dataset),
            )
        case Kind.POSITIONS:
            yield (
                "naive Bayes over positions",
                lambda: naive_bayes_over_positions(dataset),
            )
        case Kind.NAIVE_BAYES:
            yield from linear.naive_bayes(dataset)
        case Kind.LOGISTIC:
            yield from linear.logistic(dataset)
