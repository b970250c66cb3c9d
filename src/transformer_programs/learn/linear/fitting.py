"""Weights of features: logistic regression on scaled features, and naive Bayes.

A label's score is a sum over the features of a sequence, so its size grows with the
sequence, and the label with the largest score does not depend on the size. Features are
therefore scaled to unit length, sequence by sequence, while weights are learned, and
there is no intercept, but a feature that every sequence has once. The penalty on a
feature falls with how much it tells about the labels, or with its rarity: two classic
weightings of texts, log-count ratios and inverse document frequencies. Naive Bayes, the
same kind of sum fitted in another way, is mixed in as far as it helps. Held-out folds
choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from scipy.sparse import csr_array, diags_array

from transformer_programs.learn.linear.grams import Ids
from transformer_programs.system import Floats, Work, descend, log_losses

SCALES = ("ratios", "rarity", "both")
"""What features are multiplied by before they are penalised alike."""

STRENGTHS = (1.0, 3.0, 10.0, 30.0)
"""Of the data against the penalty, weakest first."""

SHARES = (0.0, 0.3, 0.6)
"""Of naive Bayes in the weights."""

SMOOTHING = (0.3, 1.0)
"""Occurrences that naive Bayes adds to those of every feature."""

FOLDS = 5
ENOUGH = 2_000
"""Held-out sequences that choose settings."""

MOST_WEIGHTS = 2_000_000
"""Weights, of all features and labels, that are fitted many times."""

_MOST = 20_000
"""Sequences that settings are chosen by."""

_STEPS = 100
_TEMPERATURES = np.geomspace(0.1, 100, 31)


@dataclass(frozen=True, slots=True)
class LabelledCounts:
    """Sequences as features.

    Attributes:
        counts: (sequences, features) how often each occurs; the last occurs once in
            every sequence.
        labels: (sequences,) ids.
        label_count: Number of labels.
        groups: (sequences,) numbers; of those with the same, all are held out or none.
        given: (sequences,) how much each counts; None where all count the same.
    """

    counts: csr_array
    labels: Ids
    label_count: int
    groups: Ids
    given: Floats | None = None

    @property
    def weights(self) -> Floats:
        """(sequences,) how much each counts."""
        return np.ones(len(self)) if self.given is None else self.given

    @property
    def is_large(self) -> bool:
        """Whether there are too many weights to fit them many times."""
        return bool(self.counts.shape[1] * self.label_count > MOST_WEIGHTS)

    def rows(self, chosen: Ids) -> LabelledCounts:
        """Return some of the sequences."""
        return replace(
            self,
            counts=self.counts[chosen],
            labels=self.labels[chosen],
            groups=self.groups[chosen],
            given=None if self.given is None else self.given[chosen],
        )

    def columns(self, chosen: Ids) -> LabelledCounts:
        """Return some of the features."""
        return replace(self, counts=self.counts[:, chosen])

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Penalty:
    """Settings that held-out data choose.

    Attributes:
        scale: One of ``SCALES``.
        strength: One of ``STRENGTHS``.
        share: One of ``SHARES``.
        smoothing: One of ``SMOOTHING``.
    """

    scale: str = "ratios"
    strength: float = 10.0
    share: float = 0.0
    smoothing: float = 1.0


def fit(labelled: LabelledCounts, penalty: Penalty, work: Work) -> Floats:
    """Return (features, labels) weights."""
    regression = _Regression(labelled, penalty.scale, work)
    return _Mixture(labelled).mixed(regression.fit(penalty.strength), penalty)


def choose(labelled: LabelledCounts, work: Work) -> tuple[Penalty, float]:
    """Return the settings of the smallest mean loss on held-out folds, and the loss.

    Of too many weights, the settings are the default ones.
    """
    if labelled.is_large:
        return Penalty(), np.inf
    losses: dict[Penalty, float] = {}
    judged = 0
    every = -(-len(labelled) // _MOST)
    some = labelled.rows(np.flatnonzero(labelled.groups % every == 0))
    some = replace(some, groups=some.groups // every)
    for inside, outside in folds(some):
        judged += len(outside)
        mixture = _Mixture(inside)
        for scale in SCALES:
            regression = _Regression(inside, scale, work)
            for strength in STRENGTHS:
                weights = regression.fit(strength)
                for share, smoothing in product(SHARES, SMOOTHING):
                    if share == 0 and smoothing != SMOOTHING[-1]:
                        continue
                    penalty = Penalty(scale, strength, share, smoothing)
                    mixed = mixture.mixed(weights, penalty)
                    scores = outside.counts @ mixed  # (sequences, labels)
                    work.spend(outside.counts.nnz * labelled.label_count)
                    loss = loss_of(scores, outside.labels, outside.weights)
                    losses[penalty] = losses.get(penalty, 0.0) + loss
    best = min(losses, key=lambda penalty: losses[penalty])
    return best, losses[best] / max(judged, 1)


def loss_of(scores: Floats, labels: Ids, weights: Floats) -> float:
    """Return the cross-entropy of labels at the best temperature, in nats."""
    scores = scores / (float(scores.std()) or 1.0)
    losses = [(weights * log_losses(scores * t, labels)).sum() for t in _TEMPERATURES]
    return float(min(losses))


def folds(labelled: LabelledCounts) -> Iterator[tuple[LabelledCounts, LabelledCounts]]:
    """Yield what is learned from and what is held out; few folds of many sequences."""
    held_out = 0
    for number in range(FOLDS):
        fold = labelled.groups % FOLDS == number
        yield (
            labelled.rows(np.flatnonzero(~fold)),
            labelled.rows(np.flatnonzero(fold)),
        )
        held_out += int(fold.sum())
        if held_out >= ENOUGH:
            return


class _Mixture:
    """Naive Bayes on some sequences, which is mixed into other weights."""

    def __init__(self, labelled: LabelledCounts) -> None:
        self._labelled = labelled
        # By smoothing: its weights, and their spread over the sequences.
        self._bayes: dict[float, tuple[Floats, float]] = {}

    def mixed(self, weights: Floats, penalty: Penalty) -> Floats:
        """Return the mixture, to which both parts are brought with the same spread."""
        share, smoothing = penalty.share, penalty.smoothing
        if share == 0:
            return weights
        if smoothing not in self._bayes:
            bayes = naive_bayes(self._labelled, smoothing)
            self._bayes[smoothing] = bayes, self._spread(bayes)
        bayes, spread = self._bayes[smoothing]
        factor = self._spread(weights) / spread if spread > 0 else 0.0
        found: Floats = (1 - share) * weights + share * factor * bayes
        return found

    def _spread(self, weights: Floats) -> float:
        return float((self._labelled.counts @ weights).std())


def naive_bayes(labelled: LabelledCounts, smoothing: float) -> Floats:
    """Return the (features, labels) weights of multinomial naive Bayes, centred."""
    occurrences = _occurrences(labelled) + smoothing  # (features, labels)
    # The last feature, which all sequences have, is the prior.
    shares = np.log(occurrences / occurrences[:-1].sum(axis=0))
    shares[-1] = np.log(occurrences[-1])
    centred: Floats = shares - shares.mean(axis=1, keepdims=True)
    return centred


def _occurrences(labelled: LabelledCounts) -> Floats:
    # (features, labels) sequences of each label that have each feature.
    there = (labelled.counts > 0).astype(np.float64)
    wanted = np.eye(labelled.label_count)[labelled.labels]
    wanted *= labelled.weights[:, None]
    found: Floats = there.T @ wanted
    return found


class _Regression:
    """Regressions on one scale, from the weakest on, each begun with the last."""

    def __init__(self, labelled: LabelledCounts, scale: str, work: Work) -> None:
        self._labelled, self._work = labelled, work
        self.scale = _scale(labelled, scale)  # (features,)
        scaled = (labelled.counts @ diags_array(self.scale)).tocsr()
        length = np.sqrt((scaled * scaled).sum(axis=1))
        scaled = (diags_array(1 / np.maximum(length, 1e-12)) @ scaled).tocsr()
        self._features, self._across = scaled, scaled.T.tocsr()
        self._point = np.zeros((scaled.shape[1], labelled.label_count))

    def fit(self, strength: float) -> Floats:
        """Return (features, labels) weights of unscaled features."""
        labels, work = self._labelled.labels, self._work
        weights = self._labelled.weights
        features, across = self._features, self._across
        rows = np.arange(len(labels))

        def loss(point: Floats) -> tuple[float, Floats]:
            work.spend(4 * features.nnz * point.shape[1] + 4 * point.size)
            scores = features @ point  # (sequences, labels)
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            total = odds.sum(axis=1)
            losses = weights * (np.log(total) - scores[rows, labels])
            value = strength * float(losses.sum())
            value += float(np.vdot(point, point)) / 2
            odds /= total[:, None]
            odds[rows, labels] -= 1
            odds *= weights[:, None]
            gradient: Floats = strength * (across @ odds) + point
            return value, gradient

        least = 1e-3 * strength * np.sqrt(len(labels))

        def ended(value: float, gradient: Floats) -> bool:
            return bool(np.linalg.norm(gradient) < least)

        self._point = descend(loss, self._point, ended, _STEPS)
        found = self.scale[:, None] * self._point
        centred: Floats = found - found.mean(axis=1, keepdims=True)
        return centred


def _scale(labelled: LabelledCounts, name: str) -> Floats:
    there = _occurrences(labelled)  # (features, labels)
    rarity = np.log((1 + labelled.weights.sum()) / (1 + there.sum(axis=1))) + 1
    shares = (there + 1) / (there + 1).sum(axis=0)
    others = shares  # of a single label, which nothing tells apart
    if labelled.label_count > 1:
        others = (shares.sum(axis=1, keepdims=True) - shares) / (shares.shape[1] - 1)
    ratios = np.abs(np.log(shares / others)).max(axis=1)
    scales = {"ratios": ratios, "rarity": rarity, "both": ratios * rarity}
    scale: Floats = scales[name]
    # What all sequences have tells nothing by itself, but shifts the others.
    scale[-1] = scale[:-1].mean() if len(scale) > 1 else 1.0
    return scale
