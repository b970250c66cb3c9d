"""Measures of predictions: pure functions of labels (``docs/metrics.md``)."""

from transformer_programs.data.metrics.scores import (
    MAJORITY as MAJORITY,
    Entity as Entity,
    Measure as Measure,
    Quality as Quality,
    Score as Score,
    TagArrays as TagArrays,
    confusion as confusion,
    entities as entities,
    entity_scores as entity_scores,
    label_scores as label_scores,
    scored_entities as scored_entities,
    taken_for as taken_for,
    total as total,
)
from transformer_programs.data.metrics.tags import (
    BIO as BIO,
    Scheme as Scheme,
    TagFormat as TagFormat,
    find_format as find_format,
    iob2_from_iob1 as iob2_from_iob1,
    nearest_format as nearest_format,
    neighbours as neighbours,
    opens_inside as opens_inside,
    unattached as unattached,
)
