"""The classifier on rows of numbers, which is what scikit-learn's own checks pass."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from transformer_programs.estimators.predictors import TransformerProgramClassifier

BINS = 8
"""Of half a unit; they repeat, so that numbers of any size fall into several."""


class OfNumbers(TransformerProgramClassifier):
    """Reads the first two columns, each number as one of a few tokens."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.string = False
        return tags

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        X, y = validate_data(self, X, y)
        return super().fit(words(X), y, sample_weight)

    def predict(self, X: Any) -> NDArray[Any]:
        return super().predict(self._words(X))

    def predict_scores(self, X: Any) -> NDArray[np.int64]:
        return super().predict_scores(self._words(X))

    def _words(self, X: Any) -> list[str]:
        check_is_fitted(self)
        return words(validate_data(self, X, reset=False))


def words(rows: NDArray[Any]) -> list[str]:
    bins = np.floor(rows[:, :2] * 2).astype(int) % BINS
    return [" ".join(f"{'xy'[j]}{v}" for j, v in enumerate(row)) for row in bins]
