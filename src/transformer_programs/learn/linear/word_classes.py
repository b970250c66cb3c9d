"""Classes of words: clusters of word vectors, named after their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Domain
from transformer_programs.learn.linear.grams import Ids
from transformer_programs.learn.linear.writing import unique
from transformer_programs.system import Floats, Work

CLASSES = (64, 256, 1024)
"""Numbers of clusters, as far as there are words for them."""

_WORDS = 4
"""Words that a cluster has on average, at least."""

_FITTED = 20_000
"""Words, the first of the vocabulary, that decide where clusters are."""

_ROUNDS = 10
_NAMED = 3
"""Words that a cluster is named after."""

_BLOCK = 4_096
"""Words that are compared with all clusters at once."""

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class WordClasses:
    """A class of every word.

    Attributes:
        ids: (vocabulary,) the class of each word; that of words without one is 0.
        domain: The names of the classes.
    """

    ids: Ids
    domain: Domain


def word_classes(
    vectors: Floats, words: Sequence[str], work: Work
) -> dict[str, WordClasses]:
    """Return classes of several sizes by the names of their variables, coarsest first.

    Args:
        vectors: (vocabulary, features) word vectors; those of other words are not
            finite.
        words: The vocabulary, the most frequent first.
        work: Account of what is computed.
    """
    known = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    points = vectors[known].astype(np.float32)
    found = {}
    for size in CLASSES:
        if size * _WORDS > len(points):
            break
        nearest = clusters(points, size, work)
        ids = np.zeros(len(vectors), np.int64)
        ids[known] = nearest + 1
        members: list[list[str]] = [[] for _ in range(size)]
        for place, cluster in zip(known.tolist(), nearest.tolist(), strict=True):
            if len(members[cluster]) < _NAMED:
                members[cluster].append(words[place])
        names = Domain.of_tokens(unique(" ".join(some) or "none" for some in members))
        found[f"class_{size}"] = WordClasses(ids, names)
    return found


def clusters(points: Points, size: int, work: Work) -> Ids:
    """Return the cluster of every point (Lloyd's algorithm)."""
    some = points[:_FITTED]
    random = np.random.default_rng(0)
    centres = some[np.sort(random.permutation(len(some))[:size])]
    for _ in range(_ROUNDS):
        nearest = _nearest(some, centres, work)
        times = np.bincount(nearest, minlength=size)
        order = np.argsort(nearest, kind="stable")
        starts = np.cumsum(times) - times
        sums = np.add.reduceat(some[order], np.minimum(starts, len(some) - 1), axis=0)
        means = sums / np.maximum(times, 1)[:, None]
        centres = np.where(times[:, None] > 0, means, centres).astype(np.float32)
    return _nearest(points, centres, work)


def _nearest(points: Points, centres: Points, work: Work) -> Ids:
    squares = (centres**2).sum(axis=1)
    work.spend(2 * len(points) * centres.size)
    parts = [
        (squares - 2 * points[start : start + _BLOCK] @ centres.T).argmin(axis=1)
        for start in range(0, len(points), _BLOCK)
    ]
    return np.concatenate([np.zeros(0, np.int64), *parts])
