"""How right predictions are: pure functions of labels (``docs/metrics.md``)."""

from transformer_programs.data.metrics.entities import (
    Entity,
    TagArrays,
    entities,
    entity_scores,
    scored_entities,
    total,
)
from transformer_programs.data.metrics.labels import confusion, label_scores, taken_for
from transformer_programs.data.metrics.measure import MAJORITY, Measure, Quality
from transformer_programs.data.metrics.schemes import find_format, nearest_format
from transformer_programs.data.metrics.score import Score
from transformer_programs.data.metrics.tags import (
    BIO,
    Scheme,
    TagFormat,
    iob2_from_iob1,
    neighbours,
    opens_inside,
    unattached,
)

__all__ = [
    "BIO",
    "MAJORITY",
    "Entity",
    "Measure",
    "Quality",
    "Scheme",
    "Score",
    "TagArrays",
    "TagFormat",
    "confusion",
    "entities",
    "entity_scores",
    "find_format",
    "iob2_from_iob1",
    "label_scores",
    "nearest_format",
    "neighbours",
    "opens_inside",
    "scored_entities",
    "taken_for",
    "total",
    "unattached",
]
