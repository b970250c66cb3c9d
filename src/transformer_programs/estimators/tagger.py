"""A tag for every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import DataError, SettingName, SettingsError
from transformer_programs.estimators import options
from transformer_programs.estimators.base import SequenceEstimator, documented
from transformer_programs.estimators.inputs import (
    Tokens,
    checked_tags,
    names_of,
    tags_of,
)

if TYPE_CHECKING:
    from transformer_programs.data import Target


@documented
class TransformerProgramTagger(SequenceEstimator):
    """Learns a program that gives every token a tag; predicts by running it.

    >>> texts = [["a", "film"], ["the", "film"], ["a", "bore"]] * 10
    >>> tags = [["DET", "NOUN"]] * 30
    >>> tagger = tp.TransformerProgramTagger().fit(texts, tags)
    >>> tagger.predict([["a", "bore"]])[0]
    ['DET', 'NOUN']
    """

    _NAME = "tagger"

    def _targets(
        self, sequences: Sequence[Tokens], y: Any
    ) -> tuple[NDArray[Any], list[Target]]:
        classes, indices = tags_of(sequences, y)
        names = names_of(classes)
        return classes, [
            tuple(None if i is None else names[i] for i in row) for row in indices
        ]

    def _truncates(self, parameters: options.Parameters) -> bool:
        if options.truncates(parameters):
            raise SettingsError(
                SettingName("truncate"),
                " is for classifiers: a tagger owes every token a tag; fit with a ",
                *(SettingName("max_length"), " that is large enough"),
            )
        return False

    def predict(self, X: Any) -> NDArray[np.object_]:
        """Return the tags of each sequence: (sequences,) lists of the kind of y.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        labels = self._labels(X)
        tag_of = dict(zip(names_of(self.classes_), self.classes_.tolist(), strict=True))
        return _column([[tag_of[name] for name in row] for row in labels])

    def predict_scores(self, X: Any) -> NDArray[np.object_]:
        """Return the integer scores of the program: (sequences,) arrays (tokens, tags).

        The tag with the largest one is predicted, the first on a tie. They order the
        tags of one token and are no probabilities: there is no ``predict_proba``.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        return _column(self._scores(X))

    def score(self, X: Any, y: Any) -> float:
        """Return the accuracy: the fraction of known tags that are right.

        Raises:
            NotFittedError, ValueError: If not fitted, X is not accepted, or no tag of
                y is known.
        """
        sequences = self._sequences(X)
        pairs = zip(self.predict(sequences), checked_tags(sequences, y), strict=True)
        right = [
            tag == wanted
            for predicted, tags in pairs
            for tag, wanted in zip(predicted, tags, strict=True)
            if wanted is not None
        ]
        if not right:
            raise DataError("y: expected at least one tag that is known, found none")
        return float(np.mean(right))


def _column(items: list[Any]) -> NDArray[np.object_]:
    # An array of objects, whatever their lengths.
    column = np.empty(len(items), dtype=object)
    column[:] = items
    return column
