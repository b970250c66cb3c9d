"""The classifier and the tagger: a class for every sequence, a tag for every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from transformer_programs.errors import DataError, SettingName, SettingsError
from transformer_programs.estimators import options
from transformer_programs.estimators.base import SequenceEstimator, documented
from transformer_programs.estimators.calibration import probabilities
from transformer_programs.estimators.inputs import (
    Tokens,
    checked_tags,
    classes_of,
    names_of,
    tags_of,
)
from transformer_programs.estimators.weights import of_samples

if TYPE_CHECKING:
    from transformer_programs.data import Target


@documented
class TransformerProgramClassifier(ClassifierMixin, SequenceEstimator):  # type: ignore[misc]  # it has no types
    """Learns a program that gives every sequence a class; predicts by running it.

    >>> texts = [["a", "good", "film"], ["a", "bore"], ["good"], ["dull"]] * 10
    >>> labels = ["pos", "neg", "pos", "neg"] * 10
    >>> classifier = tp.TransformerProgramClassifier().fit(texts, labels)
    >>> classifier.predict([["a", "good", "bore"]]).shape
    (1,)
    """

    _NAME = "classifier"

    def _targets(
        self, sequences: Sequence[Tokens], y: Any
    ) -> tuple[NDArray[Any], list[Target]]:
        classes, indices = classes_of(sequences, y)
        names = names_of(classes)
        return classes, [names[i] for i in indices]

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class of each sequence: (sequences,), of the kind of y.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        labels = self._labels(X)
        index_of = {name: i for i, name in enumerate(names_of(self.classes_))}
        chosen: NDArray[Any] = self.classes_[[index_of[str(name)] for name in labels]]
        return chosen

    def predict_scores(self, X: Any) -> NDArray[np.int64]:
        """Return the integer scores of the program: (sequences, classes).

        The class with the largest one is predicted, the first on a tie. They order
        the classes of one sequence; ``predict_proba`` makes them probabilities.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        return np.stack(self._scores(X))

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probabilities of the classes: (sequences, classes).

        They are softmax(scores / ``temperature_``). The temperature is fitted on the
        validation data, which also chose the program.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        scores = self.predict_scores(X)
        return probabilities(scores, self._temperature())

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return ``predict_scores``, or for two classes the lead of the second one.

        They are whole numbers, as floats because scikit-learn computes with them.

        Returns:
            (sequences, classes), or (sequences,) for two classes; then the second is
            predicted where it is above 0.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        scores = self.predict_scores(X).astype(np.float64)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores


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
        tags of one token; ``predict_proba`` makes them probabilities.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        return _column(self._scores(X))

    def predict_proba(self, X: Any) -> NDArray[np.object_]:
        """Return the probabilities of tags: (sequences,) arrays (tokens, tags).

        They are softmax(scores / ``temperature_``), as for the classifier.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        scores = self._scores(X)
        temperature = self._temperature()
        return _column([probabilities(found, temperature) for found in scores])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy: the fraction of known tags that are right.

        Args:
            X: The sequences.
            y: Their tags.
            sample_weight: How much the tags of each sequence count.

        Raises:
            NotFittedError, ValueError: If not fitted, X is not accepted, or no tag of
                y is known.
        """
        sequences = self._sequences(X)
        by_sample = of_samples(sample_weight, len(sequences))
        shares = [1.0] * len(sequences) if by_sample is None else by_sample.tolist()
        rows = zip(
            self.predict(sequences), checked_tags(sequences, y), shares, strict=True
        )
        right = [
            (tag == wanted, share)
            for predicted, tags, share in rows
            for tag, wanted in zip(predicted, tags, strict=True)
            if wanted is not None and share
        ]
        if not right:
            raise DataError("y: expected at least one tag that is known, found none")
        found, counted = zip(*right, strict=True)
        return float(np.average(found, weights=counted))


def _column(items: list[Any]) -> NDArray[np.object_]:
    # An array of objects, whatever their lengths.
    column = np.empty(len(items), dtype=object)
    column[:] = items
    return column
