"""Linear models, naive Bayes and trees of scikit-learn, chosen on validation data."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from itertools import compress
from typing import Any

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Examples
from transformer_programs.lab.baselines.features import (
    FeatureSet,
    by_places,
    counted,
    of_places,
    of_sequences,
)
from transformer_programs.lab.baselines.fitted import (
    BaselineTrial,
    FittedBaseline,
    Labels,
    cases_of,
    choose,
    targets_of,
)

PENALTIES = (1.0, 10.0, 0.1, 100.0)
"""The inverse strengths of the L2 penalty (C) of logistic regression."""

MARGINS = (1.0, 0.1, 0.3, 3.0, 0.03, 0.01)
"""Those of the support vector machine."""

SMOOTHING = (1.0, 0.3, 0.1)
"""What naive Bayes adds to every count."""

LEAVES = (1, 2, 5, 10, 20)
"""The fewest training cases in a leaf of a tree."""

TREE_FEATURES = 1000
"""Features that a tree may ask for, those that say most by the chi-squared test."""

MANY_COUNTS = 4_000_000
"""Counts of training data above which the first penalty alone is fitted."""

TOLERANCE = 1e-4
"""The largest part of the gradient at which L-BFGS ends."""

MOST_STEPS = 200
"""Steps of L-BFGS, at most."""

Model = Callable[[], Any]
"""Makes a model of scikit-learn."""


def logistic_regression(dataset: Dataset) -> FittedBaseline:
    """Fit logistic regression to n-grams, or to the tokens around each place."""
    from sklearn.linear_model import LogisticRegression

    settings = {"tol": TOLERANCE, "max_iter": MOST_STEPS, "random_state": 0}
    models = {
        f"C = {c:g}": partial(LogisticRegression, C=c, **settings) for c in PENALTIES
    }
    sets = [of_places(dataset)] if dataset.tagging else of_sequences(dataset)
    return choose(dataset, _linear(dataset, sets, models))


def support_vectors(dataset: Dataset) -> FittedBaseline:
    """Fit a linear support vector machine to n-grams."""
    from sklearn.svm import LinearSVC

    models = {f"C = {c:g}": partial(LinearSVC, C=c, random_state=0) for c in MARGINS}
    return choose(dataset, _linear(dataset, of_sequences(dataset), models))


def naive_bayes(dataset: Dataset) -> FittedBaseline:
    """Fit multinomial naive Bayes to counts of n-grams."""
    from sklearn.naive_bayes import MultinomialNB

    def trials() -> Iterator[BaselineTrial]:
        for features in counted(dataset):
            table = _FeatureCounts(dataset, features, weighted=False)
            for alpha in SMOOTHING:
                title = f"{features.name}, alpha = {alpha:g}"
                model = partial(MultinomialNB, alpha=alpha)
                yield BaselineTrial(
                    title, partial(table.fitted, title, model, _frequencies)
                )

    return choose(dataset, trials())


def decision_tree(dataset: Dataset) -> FittedBaseline:
    """Fit a tree to what stands where, if sequences are aligned, else to n-grams."""
    from sklearn.tree import DecisionTreeClassifier

    sets = [*by_places(dataset)][:1] or [next(of_sequences(dataset))]

    def trials() -> Iterator[BaselineTrial]:
        for features in sets:
            table = _FeatureCounts(
                dataset, features, weighted=False, most=TREE_FEATURES
            )
            for least in LEAVES:
                title = f"{features.name}, leaves of {least} or more"
                model = partial(
                    DecisionTreeClassifier, min_samples_leaf=least, random_state=0
                )
                yield BaselineTrial(title, partial(table.fitted, title, model, _nodes))

    return choose(dataset, trials())


def _linear(
    dataset: Dataset, sets: Iterable[FeatureSet], models: Mapping[str, Model]
) -> Iterator[BaselineTrial]:
    for features in sets:
        table = _FeatureCounts(dataset, features, weighted=features.weighted)
        for number, (setting, model) in enumerate(models.items()):
            if number and table.train.nnz > MANY_COUNTS:
                break
            title = f"{features.name}, {setting}"
            yield BaselineTrial(title, partial(table.fitted, title, model, _weights))


def _weights(model: Any) -> tuple[int, str]:
    return int(np.count_nonzero(model.coef_)), "weights"


def _frequencies(model: Any) -> tuple[int, str]:
    return int(model.feature_log_prob_.size), "frequencies"


def _nodes(model: Any) -> tuple[int, str]:
    return int(model.tree_.node_count), "nodes"


class _FeatureCounts:
    """The counts of features in a data set, made when they are first asked for."""

    def __init__(
        self,
        dataset: Dataset,
        features: FeatureSet,
        *,
        weighted: bool,
        most: int | None = None,
    ) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        self.dataset, self.most, self.weighted = dataset, most, weighted
        # Without any feature scikit-learn fails: all cases have one.
        self.counter = CountVectorizer(
            analyzer=lambda case: ["\r", *features.of(case)], dtype=np.float64
        )
        self.steps: list[Any] = []
        self.known: dict[int, Any] = {}

    @cached_property
    def targets(self) -> Labels:
        return targets_of(self.dataset, self.dataset.train)

    @cached_property
    def train(self) -> Any:
        from sklearn.feature_extraction.text import TfidfTransformer
        from sklearn.feature_selection import SelectKBest, chi2

        asked = self.targets != NO_LABEL
        cases = compress(cases_of(self.dataset, self.dataset.train), asked)
        counts = self.counter.fit_transform(cases)
        if self.weighted:
            self.steps.append(TfidfTransformer(sublinear_tf=True))
        if self.most is not None and counts.shape[1] > self.most:
            self.steps.append(SelectKBest(chi2, k=self.most))
        for step in self.steps:
            counts = step.fit_transform(counts, self.targets[asked])
        return counts

    def counts(self, examples: Examples) -> Any:
        if id(examples) not in self.known:
            found = self.counter.transform(cases_of(self.dataset, examples))
            for step in self.steps:
                found = step.transform(found)
            self.known[id(examples)] = found
        return self.known[id(examples)]

    def fitted(
        self, title: str, model: Model, sized: Callable[[Any], tuple[int, str]]
    ) -> FittedBaseline:
        from sklearn.dummy import DummyClassifier
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits

        train, targets = self.train, self.targets[self.targets != NO_LABEL]
        one_label = len(np.unique(targets)) == 1  # which linear models refuse
        found = DummyClassifier(strategy="most_frequent") if one_label else model()
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            found.fit(train, targets)

        def labels(examples: Examples) -> Labels:
            return np.asarray(found.predict(self.counts(examples)), dtype=np.int64)

        return FittedBaseline(
            labels, title, *((0, "weights") if one_label else sized(found))
        )
