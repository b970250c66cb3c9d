"""A tag for every token."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import DataError, SettingsError
from transformer_programs.estimators import options
from transformer_programs.estimators.base import SequenceEstimator, documented
from transformer_programs.estimators.inputs import (
    are_texts,
    checked_tags,
    fitting,
    names_of,
    sequences_of,
    tags_of,
)


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

    def fit(self, X: Any, y: Any) -> Self:
        """Learn a program.

        Args:
            X: texts, or lists of tokens: a list, an array or a pandas Series of them.
            y: for each a list with one tag per token, None where none is known.

        Raises:
            ValueError: for anything else, or parameters that contradict it; the
                subclasses are those of ``errors.py``.
            TrainingError: if training cannot go on, and nothing was learned.
        """
        parameters = self.get_params(deep=False)
        if options.is_true("truncate", parameters):
            raise SettingsError(
                "truncate is for classifiers: a tagger owes every token a tag; fit "
                "with a max_length that is large enough"
            )
        read = options.read_options(parameters, options.seed_of(self.random_state))
        sequences = sequences_of(X, read)
        classes, indices = tags_of(sequences, y)
        names = names_of(classes)
        if read.max_length is not None:
            sequences = fitting(sequences, read.max_length, truncate=False)
        targets = [
            tuple(None if i is None else names[i] for i in row) for row in indices
        ]
        self._learn(read, sequences, targets, names, classes, from_text=are_texts(X))
        return self

    def predict(self, X: Any) -> NDArray[np.object_]:
        """The tags of each sequence: (sequences,) lists, of the kind of y's tags.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept.
        """
        labels = self._fitted_program().batch(self._sequences(X))
        tag_of = dict(zip(names_of(self.classes_), self.classes_.tolist(), strict=True))
        return _column([[tag_of[name] for name in row] for row in labels])

    def predict_scores(self, X: Any) -> NDArray[np.object_]:
        """The integer scores of the program: (sequences,) arrays (tokens, tags).

        The tag with the largest one is predicted, the first on a tie. They order the
        tags of one token and are no probabilities: there is no ``predict_proba``.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept.
        """
        scores = self._fitted_program().scores(self._sequences(X))
        columns = self._columns
        return _column([array[:, columns] for array in scores])

    def score(self, X: Any, y: Any) -> float:
        """The share of tags that are right, where one is known; 0..1.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept, and if no tag is known.
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
    """The items as an array of objects, whatever their lengths."""
    column = np.empty(len(items), dtype=object)
    column[:] = items
    return column
