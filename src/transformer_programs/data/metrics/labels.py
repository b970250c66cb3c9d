"""Which labels are taken for which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from transformer_programs.data.metrics.score import Score

Confusion = Mapping[tuple[str, str], int]
"""How often a label (first) is predicted as another, or itself (second)."""


def confusion(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The confusion table of the labels that are wanted and predicted, in their order.

    Pairs that do not occur are left out.
    """
    return dict(sorted(Counter(pairs).items()))


def label_scores(confused: Confusion) -> dict[str, Score]:
    """Precision, recall and F1 of every label that is wanted or predicted, in order."""
    right, predicted, there = Counter[str](), Counter[str](), Counter[str]()
    for (wanted, guess), count in confused.items():
        there[wanted] += count
        predicted[guess] += count
        right[wanted] += count * (wanted == guess)
    return {
        label: Score(right[label], predicted[label], there[label])
        for label in sorted(predicted.keys() | there.keys())
    }


def taken_for(confused: Confusion, label: str) -> dict[str, int]:
    """What other labels are predicted where one is wanted, the most frequent first."""
    wrong = {
        guess: count
        for (wanted, guess), count in confused.items()
        if wanted == label != guess
    }
    return dict(sorted(wrong.items(), key=lambda item: -item[1]))
