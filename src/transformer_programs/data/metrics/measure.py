"""By what number models are compared and chosen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transformer_programs.data.metrics.tags import TagFormat

MAJORITY = "always the most frequent label"
"""The predictor that knows nothing of the input."""


class Measure(StrEnum):
    """The number that the best model has the largest of."""

    ACCURACY = "accuracy"
    """The share of labels that are right."""
    ENTITY_F1 = "entity F1"
    """F1 of entities, strictly, where labels are tags of them."""

    @classmethod
    def suited(cls, tags: TagFormat | None) -> Measure:
        """The measure for data with entities, if their labels write some."""
        return cls.ACCURACY if tags is None else cls.ENTITY_F1


@dataclass(frozen=True, slots=True)
class Quality:
    """How right a model is on some data.

    Attributes:
        accuracy: the share of labels that are right; 0..1.
        entity_f1: F1 of entities, all types together, where labels write some; 0..1.
    """

    accuracy: float
    entity_f1: float | None = None

    def __str__(self) -> str:
        return f"{self.measure} {self.score:.2%}"

    @property
    def measure(self) -> Measure:
        """What the score is."""
        return Measure.ACCURACY if self.entity_f1 is None else Measure.ENTITY_F1

    @property
    def score(self) -> float:
        """What models are compared by: entity F1 if there is one, else accuracy."""
        return self.accuracy if self.entity_f1 is None else self.entity_f1

    def sentence(self) -> str:
        """What there is, in words."""
        labels = f"{self.accuracy:.2%} of labels"
        if self.entity_f1 is None:
            return labels
        return f"{labels}, entity F1 {self.entity_f1:.2%}"

    def numbers(self) -> dict[str, float]:
        """What there is, for scripts."""
        found = {"accuracy": self.accuracy}
        return (
            found if self.entity_f1 is None else found | {"entity_f1": self.entity_f1}
        )
