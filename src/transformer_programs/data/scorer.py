"""Scorer of predictions on some labelled data, by the measure that suits them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.dataset import NO_LABEL, Dataset, Encoded, Examples
from transformer_programs.data.metrics import Measure, Quality, TagArrays


@dataclass(frozen=True, slots=True)
class Scorer:
    """Labelled data, to score the predictions of models.

    Attributes:
        data: Sequences and targets as arrays.
        measure: The measure by which the best model is chosen.
        tags: Meaning of the tags, where labels write entities.
        wanted: Ids of the targets in ``tags``, which tell labels that training does not
            have apart, and places without a token from unknown tags.
    """

    data: Encoded
    measure: Measure
    tags: TagArrays | None = None
    wanted: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, dataset: Dataset, examples: Examples) -> Scorer:
        """Make the scorer of some examples of a data set."""
        data = dataset.encode(examples)
        measure = Measure.suited(dataset.tags)
        if dataset.tags is None:
            return cls(data, measure)
        more = {label for tags in examples.targets for label in tags if label}
        labels = (*dataset.labels, *sorted(more - set(dataset.labels)))
        ids: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
        ids[None] = NO_LABEL
        wanted = np.full_like(data.targets, len(labels))
        start = dataset.input.offset
        for row, tags in enumerate(examples.targets):
            wanted[row, start : start + len(tags)] = [ids[label] for label in tags]
        arrays = TagArrays.of(labels, dataset.tags)
        if not arrays.count(wanted):
            # F1 would be 0 whatever is predicted.
            return cls(data, Measure.ACCURACY)
        return cls(data, measure, arrays, wanted)

    def quality(self, predicted: NDArray[np.int64]) -> Quality:
        """Score label ids in the shape of the data's targets."""
        asked = self.data.targets != NO_LABEL
        right = int((predicted == self.data.targets)[asked].sum())
        accuracy = right / max(int(asked.sum()), 1)
        if self.tags is None or self.wanted is None:
            return Quality(accuracy)
        return Quality(accuracy, self.tags.score(self.wanted, predicted).f1)
