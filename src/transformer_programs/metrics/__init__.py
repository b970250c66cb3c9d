"""How right predictions are: pure functions of labels (``docs/metrics.md``)."""

from transformer_programs.metrics.entities import (
    Entity,
    TagArrays,
    entities,
    entity_scores,
    total,
)
from transformer_programs.metrics.labels import confusion, label_scores, taken_for
from transformer_programs.metrics.measure import Measure, Quality
from transformer_programs.metrics.score import Score
from transformer_programs.metrics.tags import (
    are_bio,
    iob2_from_iob1,
    is_bio,
    opens_inside,
)

__all__ = [
    "Entity",
    "Measure",
    "Quality",
    "Score",
    "TagArrays",
    "are_bio",
    "confusion",
    "entities",
    "entity_scores",
    "iob2_from_iob1",
    "is_bio",
    "label_scores",
    "opens_inside",
    "taken_for",
    "total",
]
