"""Models that were chosen on validation data, and the arrays they are fitted to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Dataset, Examples, Quality, Scorer
from transformer_programs.lab.baselines.features import Case

Labels = NDArray[np.int64]
"""(cases,) ids of labels."""


@dataclass(frozen=True, slots=True)
class FittedBaseline:
    """A model, fitted to training data, that labels other cases.

    Attributes:
        labels: Returns the ids of the labels of cases, given in the order of the data.
        chosen: What was chosen on validation data, in words.
        size: How large it is, counted in ``unit``.
        unit: What its size counts.
    """

    labels: Callable[[Examples], Labels]
    chosen: str
    size: int
    unit: str


@dataclass(frozen=True, slots=True)
class BaselineTrial:
    """One setting of a method: what it is, and what fits it."""

    title: str
    fit: Callable[[], FittedBaseline]


def choose(dataset: Dataset, trials: Iterable[BaselineTrial]) -> FittedBaseline:
    """Fit all, and return the best on validation data, the first of equals."""
    scorer = Scorer.of(dataset, dataset.validation)
    best, best_score = None, -1.0
    for trial in trials:
        fitted = trial.fit()
        score = quality(dataset, dataset.validation, fitted, scorer).score
        if score > best_score:
            best, best_score = fitted, score
    assert best is not None
    return best


def quality(
    dataset: Dataset,
    examples: Examples,
    fitted: FittedBaseline,
    scorer: Scorer | None = None,
) -> Quality:
    """Measure a model on examples."""
    scorer = scorer or Scorer.of(dataset, examples)
    predicted = np.zeros_like(scorer.data.targets)
    predicted[places(dataset, examples)] = fitted.labels(examples)
    return scorer.quality(predicted)


def cases_of(dataset: Dataset, examples: Examples) -> list[Case]:
    """Return what a label is given to: all sequences, or all their tokens."""
    if not dataset.tagging:
        return [(tokens, 0) for tokens in examples.sequences]
    return [(s, place) for s in examples.sequences for place in range(len(s))]


def places(
    dataset: Dataset, examples: Examples
) -> slice | tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the indices of the cases in arrays of targets."""
    if not dataset.tagging:
        return slice(None)
    lengths = [len(tokens) for tokens in examples.sequences]
    rows = np.repeat(np.arange(len(lengths)), lengths)
    columns = [dataset.input.offset + place for n in lengths for place in range(n)]
    return rows, np.array(columns, dtype=np.int64)


def targets_of(dataset: Dataset, examples: Examples) -> Labels:
    """Return the ids of the labels of all cases; ``NO_LABEL`` where there is none."""
    targets = dataset.encode(examples).targets[places(dataset, examples)]
    return np.asarray(targets, dtype=np.int64)
