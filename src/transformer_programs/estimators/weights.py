"""How much samples and classes count, as data to learn from say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Dataset, Examples, Target, labels_of, shown
from transformer_programs.errors import DataError, SettingsError
from transformer_programs.estimators.inputs import Tokens, names_of
from transformer_programs.settings import Learner

Floats = NDArray[np.float64]

BALANCED = "balanced"
"""Classes count inversely to how frequent they are."""


def of_samples(sample_weight: Any, count: int) -> Floats | None:
    """Return the weight of each sample; None if they count alike."""
    if sample_weight is None:
        return None
    try:
        found = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.full(1, np.nan)
    if found.shape != (count,):
        raise DataError(
            f"sample_weight: expected one number per sample, shape ({count},), found "
            f"shape {found.shape}"
        )
    if not (np.isfinite(found).all() and (found >= 0).all() and found.any()):
        raise DataError(
            "sample_weight: expected finite numbers that are not negative, and not all "
            f"zero, found {shown(sample_weight)}"
        )
    return found


def by_class(
    class_weight: Any, classes: NDArray[Any], labels: Sequence[str]
) -> Floats | None:
    """Return the weight of each class; None if they count alike.

    Args:
        class_weight: The parameter: ``balanced``, numbers by class, or None.
        classes: The classes.
        labels: The labels to learn from, as a program names them.
    """
    if class_weight is None:
        return None
    names = names_of(classes)
    counts = np.array([labels.count(name) for name in names])
    if isinstance(class_weight, str) and class_weight == BALANCED:
        balanced: Floats = len(labels) / (len(names) * np.maximum(counts, 1))
        return balanced
    if not isinstance(class_weight, Mapping):
        raise SettingsError(
            f"class_weight: expected {BALANCED!r}, a dict with numbers by class, or "
            f"None, got {shown(class_weight)}"
        )
    known = classes.tolist()
    for name, value in class_weight.items():
        if name not in known:
            raise SettingsError(
                f"class_weight: expected classes of y, {shown(known)}, got {name!r}"
            )
        if not (_is_number(value) and 0 < value < np.inf):
            raise SettingsError(
                f"class_weight: expected finite numbers above 0, got {value!r} for "
                f"{name!r}"
            )
    return np.array([float(class_weight.get(name, 1)) for name in known])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def learner_for_weights(learner: str | None) -> str:
    """Return the learner that takes weights.

    Raises:
        SettingsError: If another one was asked for.
    """
    if learner not in (None, Learner.LINEAR):
        raise SettingsError(
            f"sample_weight and class_weight are for learner 'linear', got '{learner}' "
            "(chosen, or implied by other parameters): fit without weights, or with "
            "learner='linear'"
        )
    return Learner.LINEAR.value


def weighed(
    dataset: Dataset,
    rows: tuple[Sequence[Tokens], Sequence[Target]],
    by_sample: Floats | None,
    classes: Floats | None,
) -> Dataset:
    """Return data with weights, whose mean is 1: only their ratios matter.

    Samples of equal tokens and targets share the sum of theirs, which comes to the
    same.

    Args:
        dataset: The data, split.
        rows: The sequences and targets before they were split.
        by_sample: The weight of each of them.
        classes: The weight of each label of the data.
    """
    if by_sample is not None:
        found: dict[tuple[Tokens, Target], list[float]] = {}
        for row, weight in zip(
            zip(*rows, strict=True), by_sample / by_sample.mean(), strict=True
        ):
            found.setdefault(row, []).append(float(weight))
        means = {row: sum(weights) / len(weights) for row, weights in found.items()}

        def part(examples: Examples) -> Examples:
            pairs = zip(examples.sequences, examples.targets, strict=True)
            return replace(examples, weights=tuple(means[pair] for pair in pairs))

        train, validation = part(dataset.train), part(dataset.validation)
        dataset = replace(dataset, train=train, validation=validation)
    if classes is not None:
        index = {label: i for i, label in enumerate(dataset.labels)}
        there = [index[label] for label in labels_of(rows[1])]
        scaled = classes / classes[there].mean()
        dataset = replace(dataset, label_weights=tuple(scaled.tolist()))
    return dataset
