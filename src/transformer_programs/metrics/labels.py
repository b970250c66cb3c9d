"""Which labels are taken for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from transformer_programs.metrics.score import Score

Pairs = Iterable[tuple[str, str]]
"""The label that is wanted and the one that is predicted, for every answer."""


def confusion(pairs: Pairs) -> dict[tuple[str, str], int]:
    """How often a label (first) is predicted as another (second), in their order.

    Pairs that do not occur are left out.
    """
    return dict(sorted(Counter(pairs).items()))


def label_scores(pairs: Pairs) -> dict[str, Score]:
    """Precision, recall and F1 of every label that is wanted or predicted, in order."""
    right, predicted, there = Counter[str](), Counter[str](), Counter[str]()
    for wanted, guess in pairs:
        there[wanted] += 1
        predicted[guess] += 1
        right[wanted] += wanted == guess
    return {
        label: Score(right[label], predicted[label], there[label])
        for label in sorted(predicted.keys() | there.keys())
    }
