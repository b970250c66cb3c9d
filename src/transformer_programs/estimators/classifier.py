"""A class for every sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from transformer_programs.estimators.base import SequenceEstimator, documented
from transformer_programs.estimators.inputs import Tokens, classes_of, names_of

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
        the classes of one sequence and are no probabilities: there is no
        ``predict_proba``.

        Raises:
            NotFittedError, ValueError: If not fitted, or X is not accepted.
        """
        return np.stack(self._scores(X))

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
