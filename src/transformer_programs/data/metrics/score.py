"""Precision, recall and F1 of things that are found, right or not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Score:
    """How well things of one kind are found. A share of nothing is 0.

    Attributes:
        right: how many are both predicted and there.
        predicted: how many are predicted.
        there: how many there are.
    """

    right: int
    predicted: int
    there: int

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right,
            self.predicted + other.predicted,
            self.there + other.there,
        )

    @property
    def precision(self) -> float:
        """Of what is predicted, the share that is right; 0..1."""
        return self.right / max(self.predicted, 1)

    @property
    def recall(self) -> float:
        """Of what is there, the share that is predicted; 0..1."""
        return self.right / max(self.there, 1)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0..1."""
        return 2 * self.right / max(self.predicted + self.there, 1)

    def numbers(self) -> dict[str, float]:
        """Everything, for scripts."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "right": self.right,
            "predicted": self.predicted,
            "there": self.there,
        }
