"""Entities of BIO tags, scored strictly: as seqeval does with ``mode="strict"``, IOB2.

An entity of type X is a B-X with all I-X that follow it directly. An I-X after
anything else belongs to no entity. One is right if type, start and end are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transformer_programs.metrics.score import Score
from transformer_programs.metrics.tags import BEGIN, INSIDE, OUTSIDE

Tags = Sequence[str | None]
"""A tag for every token; None, where no label is asked, is read as O."""


class Entity(NamedTuple):
    """An entity of one sequence.

    Attributes:
        type: what follows B-.
        start: its first position.
        end: the position after its last.
    """

    type: str
    start: int
    end: int


def entities(tags: Tags) -> list[Entity]:
    """The entities of a sequence, in their order."""
    found = []
    for start, tag in enumerate(tags):
        if tag is not None and tag.startswith(BEGIN):
            kind, end = tag[2:], start + 1
            while end < len(tags) and tags[end] == f"{INSIDE}{kind}":
                end += 1
            found.append(Entity(kind, start, end))
    return found


def entity_scores(
    wanted: Iterable[Tags], predicted: Iterable[Tags]
) -> dict[str, Score]:
    """How well the entities of every type are found, types in alphabetical order.

    Args:
        wanted: the tags of every sequence.
        predicted: as many, of the same lengths. What is predicted where no label is
            asked does not count.

    Raises:
        ValueError: if the lengths differ.
    """
    right, said, there = Counter[str](), Counter[str](), Counter[str]()
    for tags, guess in zip(wanted, predicted, strict=True):
        pairs = zip(tags, guess, strict=True)
        masked = [None if tag is None else g for tag, g in pairs]
        ours, theirs = {*entities(masked)}, {*entities(tags)}
        right.update(entity.type for entity in ours & theirs)
        said.update(entity.type for entity in ours)
        there.update(entity.type for entity in theirs)
    return {
        kind: Score(right[kind], said[kind], there[kind])
        for kind in sorted(said.keys() | there.keys())
    }


def total(scores: dict[str, Score]) -> Score:
    """All types together (the micro average)."""
    return sum(scores.values(), Score(0, 0, 0))


@dataclass(frozen=True, slots=True)
class TagArrays:
    """The meaning of tags by their ids, to score arrays of them fast.

    Attributes:
        begins: whether a tag begins an entity.
        inside: whether it goes on with one.
        types: the id of its type; -1 for O.
    """

    begins: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    types: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Sequence[str]) -> TagArrays:
        """Of labels in the order of their ids; what is not BIO is read as O."""
        kinds = sorted({label[2:] for label in labels if label[:2] in (BEGIN, INSIDE)})
        ids = {kind: number for number, kind in enumerate(kinds)}
        # One more, O: the id -1, where no label is asked, finds it at the end.
        given = [*labels, OUTSIDE]
        return cls(
            np.array([label.startswith(BEGIN) for label in given]),
            np.array([label.startswith(INSIDE) for label in given]),
            np.array(
                [ids[x[2:]] if x[:2] in (BEGIN, INSIDE) else -1 for x in given],
                dtype=np.int64,
            ),
        )

    def score(self, wanted: NDArray[np.int64], predicted: NDArray[np.int64]) -> Score:
        """All types together; the same numbers as ``total(entity_scores(...))``.

        Args:
            wanted: (sequences, length) ids; -1 where no label is asked.
            predicted: (sequences, length) ids.
        """
        ours = self._ends(np.where(wanted < 0, -1, predicted))
        theirs = self._ends(wanted)
        same = (ours == theirs) & (theirs > 0)
        types = self.types[predicted] == self.types[wanted]
        return Score(
            int((same & types).sum()), int((ours > 0).sum()), int((theirs > 0).sum())
        )

    def _ends(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the entity that begins at a position ends; 0 where none begins."""
        count, length = ids.shape
        types = self.types[ids]
        going = np.zeros((count, length + 1), dtype=np.bool_)
        going[:, 1:length] = self.inside[ids[:, 1:]] & (types[:, 1:] == types[:, :-1])
        stops = np.where(going, length, np.arange(length + 1))
        next_stop = np.minimum.accumulate(stops[:, ::-1], axis=1)[:, ::-1]
        return np.where(self.begins[ids], next_stop[:, 1:], 0)
