"""Sequences that candidates are counted on, and which positions see which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import NO_LABEL, Dataset, Encoded
from transformer_programs.language import Scope

Ids = NDArray[np.int64]
"""Ids of one variable, (sequences, length)."""

Values = NDArray[np.int32]
"""Ids of one variable on a sample, which many of are kept, (sequences, length)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sample:
    """Some training sequences as arrays.

    Attributes:
        tokens: (sequences, length) token ids, 0 where padded.
        real: (sequences, length) which positions are not padding.
        labels: (sequences, length) label ids, ``NO_LABEL`` where none is asked. The
            label of a classified sequence stands at each of its positions, so that
            what is known anywhere about it counts.
        judged: (sequences, length) where a program must be right: every labelled
            position, or position 0 of a classified sequence.
        label_count: Number of labels.
    """

    tokens: Ids
    real: Mask
    labels: Ids
    judged: Mask
    label_count: int

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sequences, and length."""
        sequences, length = self.tokens.shape
        return sequences, length

    @cached_property
    def labelled(self) -> Mask:
        """Which positions have a label: (sequences, length)."""
        labelled: Mask = self.labels != NO_LABEL
        return labelled

    @cached_property
    def visible(self) -> dict[Scope, Mask]:
        """By scope, which positions look at which: (sequences, looking, seen)."""
        length = self.shape[1]
        pairs = self.real[:, :, None] & self.real[:, None, :]
        return {scope: pairs & in_scope(scope, length) for scope in Scope}

    @cached_property
    def nearness(self) -> NDArray[np.int16]:
        """Ranks of positions, the nearest lowest, self last: (looking, seen)."""
        index = np.arange(self.shape[1])
        distance = np.abs(index[:, None] - index)
        ranks = 2 * distance + (index > index[:, None])  # the earlier of two first
        np.fill_diagonal(ranks, 2 * len(index))
        narrow: NDArray[np.int16] = ranks.astype(np.int16)
        return narrow


def in_scope(scope: Scope, length: int) -> Mask:
    """Return the pairs of positions that a scope allows: (looking, seen)."""
    index = np.arange(length)
    looking, seen = index[:, None], index[None, :]
    match scope:
        case Scope.ALL:
            return np.ones((length, length), dtype=np.bool_)
        case Scope.BEFORE:
            return seen < looking
        case Scope.AFTER:
            return seen > looking
        case Scope.CAUSAL:
            return seen <= looking


def sample_of(dataset: Dataset, encoded: Encoded, rows: Ids) -> Sample:
    """Return the sample of some rows of encoded training data."""
    tokens = dataset.input.word_ids(encoded.ids[rows])
    lengths = encoded.lengths[rows]
    real = np.arange(tokens.shape[1]) < lengths[:, None]
    if dataset.tagging:
        labels = encoded.targets[rows]
        judged = labels != NO_LABEL
    else:
        labels = np.where(real, encoded.targets[rows][:, None], NO_LABEL)
        judged = np.zeros_like(real)
        judged[:, 0] = True
    return Sample(tokens, real, labels, judged, len(dataset.labels))
