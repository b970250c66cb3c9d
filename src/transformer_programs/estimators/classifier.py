"""A class for every sequence."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from transformer_programs.estimators import options
from transformer_programs.estimators.base import SequenceEstimator, documented
from transformer_programs.estimators.inputs import (
    are_texts,
    classes_of,
    fitting,
    names_of,
    sequences_of,
)


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

    def fit(self, X: Any, y: Any) -> Self:
        """Learn a program.

        Args:
            X: texts, or lists of tokens: a list, an array or a pandas Series of them.
            y: the class of each.

        Raises:
            ValueError: for anything else, or parameters that contradict it; the
                subclasses are those of ``errors.py``.
            TrainingError: if training cannot go on, and nothing was learned.
        """
        parameters = self.get_params(deep=False)
        read = options.read_options(parameters, options.seed_of(self.random_state))
        sequences = sequences_of(X, read)
        classes, indices = classes_of(sequences, y)
        names = names_of(classes)
        truncate = options.is_true("truncate", parameters)
        if read.max_length is not None:
            sequences = fitting(sequences, read.max_length, truncate=truncate)
        self._learn(
            read,
            sequences,
            [names[i] for i in indices],
            names,
            classes,
            from_text=are_texts(X),
        )
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each sequence: (sequences,), of the kind of y.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept.
        """
        labels = self._fitted_program().batch(self._sequences(X))
        index_of = self._index_of
        chosen: NDArray[Any] = self.classes_[[index_of[str(name)] for name in labels]]
        return chosen

    def predict_scores(self, X: Any) -> NDArray[np.int64]:
        """The integer scores of the program: (sequences, classes).

        The class with the largest one is predicted, the first on a tie. They order
        the classes of one sequence and are no probabilities: there is no
        ``predict_proba``.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept.
        """
        scores = self._fitted_program().scores(self._sequences(X))
        return np.stack(scores)[:, self._columns]

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """``predict_scores``, or for two classes by how much the second one leads.

        They are whole numbers, as floats because scikit-learn computes with them.

        Returns:
            (sequences, classes), or (sequences,) for two classes; then the second is
            predicted where it is above 0.

        Raises:
            NotFittedError: before ``fit``.
            ValueError: for what the program does not accept.
        """
        scores = self.predict_scores(X).astype(np.float64)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores
