"""Entities that tags write, scored strictly: as seqeval does with ``mode="strict"``.

Nothing is mended: a tag that does not stand where its scheme lets it stand belongs to
no entity, in the data and in predictions alike. An entity is right if type, start and
end are. Where a tag is not known, entities beside it are left out, in the data and in
predictions: nothing says where they begin or end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.metrics.score import Score
from transformer_programs.data.metrics.tags import BIO, NOTHING, Part, TagFormat, Tags


class Entity(NamedTuple):
    """An entity of one sequence.

    Attributes:
        type: what follows the letter of its tags.
        start: its first position.
        end: the position after its last.
    """

    type: str
    start: int
    end: int


def entities(tags: Tags, form: TagFormat = BIO) -> list[Entity]:
    """The entities of a sequence, in their order."""
    found = []
    start: int | None = None
    before = NOTHING
    for position, part in enumerate([*form.parts(tags), NOTHING]):
        if start is not None and not form.goes_on(before, part):
            if form.ends(before, part):
                found.append(Entity(before.type, start, position))
            start = None
        if start is None and form.starts(before, part):
            start = position
        before = part
    return found


def scored_entities(tags: Tags, wanted: Tags, form: TagFormat = BIO) -> set[Entity]:
    """The entities of a sequence, without those beside a tag that is not known.

    Args:
        tags: the wanted ones, or as many that are predicted.
        wanted: None where none is known.
        form: how they are written.

    Raises:
        ValueError: if the lengths differ.
    """
    pairs = zip(wanted, tags, strict=True)
    known = [None if asked is None else tag for asked, tag in pairs]
    unknown = {position for position, tag in enumerate(wanted) if tag is None}
    return {
        entity
        for entity in entities(known, form)
        if unknown.isdisjoint((entity.start - 1, entity.end))
    }


def entity_scores(
    wanted: Iterable[Tags], predicted: Iterable[Tags], form: TagFormat = BIO
) -> dict[str, Score]:
    """How well the entities of every type are found, types in alphabetical order.

    Args:
        wanted: the tags of every sequence.
        predicted: as many, of the same lengths. What is predicted where no tag is
            known does not count, nor do entities that touch such a place.
        form: how they are written.

    Raises:
        ValueError: if the lengths differ.
    """
    right, said, there = Counter[str](), Counter[str](), Counter[str]()
    for tags, guess in zip(wanted, predicted, strict=True):
        ours, theirs = (scored_entities(row, tags, form) for row in (guess, tags))
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

    The last id is that of O, for places without a token. -1 stands for a tag that is
    not known.

    Attributes:
        starts: (tags, tags) whether an entity begins with the second, after the first.
        goes_on: (tags, tags) whether it goes on with the second.
        ends: (tags, tags) whether it may end with the first.
        types: (tags,) the id of its type; -1 for O.
    """

    starts: NDArray[np.bool_]
    goes_on: NDArray[np.bool_]
    ends: NDArray[np.bool_]
    types: NDArray[np.int64]

    @classmethod
    def of(cls, labels: Sequence[str], form: TagFormat = BIO) -> TagArrays:
        """Of labels in the order of their ids; what is no tag is read as O."""
        parts = [*form.parts(labels), NOTHING]
        kinds = sorted({part.type for part in parts if part != NOTHING})
        ids = {kind: number for number, kind in enumerate(kinds)}
        # Every kind of tag once: labels may be many, their letters are few.
        distinct = list(dict.fromkeys(parts))
        which = np.array([distinct.index(part) for part in parts])

        def table(holds: Callable[[Part, Part], bool]) -> NDArray[np.bool_]:
            small = np.array([[holds(a, b) for b in distinct] for a in distinct])
            found: NDArray[np.bool_] = small[which[:, None], which]
            return found

        return cls(
            table(form.starts),
            table(form.goes_on),
            table(form.ends),
            np.array([ids.get(part.type, -1) for part in parts], dtype=np.int64),
        )

    def score(self, wanted: NDArray[np.int64], predicted: NDArray[np.int64]) -> Score:
        """All types together; the same numbers as ``total(entity_scores(...))``.

        Args:
            wanted: (sequences, length) ids; -1 where no tag is known, the last id
                where there is no token.
            predicted: (sequences, length) ids.
        """
        outside = len(self.types) - 1
        token = (wanted >= 0) & (wanted < outside)
        ours = self._scored(np.where(token, predicted, outside), wanted < 0)
        theirs = self._scored(wanted, wanted < 0)
        same = (ours == theirs) & (theirs > 0)
        types = self.types[predicted] == self.types[wanted]
        return Score(
            int((same & types).sum()), int((ours > 0).sum()), int((theirs > 0).sum())
        )

    def count(self, tags: NDArray[np.int64]) -> int:
        """How many entities (sequences, length) ids write that can be scored."""
        return int((self._scored(tags, tags < 0) > 0).sum())

    def _scored(
        self, ids: NDArray[np.int64], unknown: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """As ``_ends``, without entities beside a tag that is not known."""
        found = self._ends(ids)
        if unknown.any():
            edges = np.pad(unknown, ((0, 0), (1, 1)))
            before, after = edges[:, :-2], np.take_along_axis(edges, found + 1, axis=1)
            found[before | after] = 0
        return found

    def _ends(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the entity that begins at a position ends; 0 where none begins."""
        count, length = ids.shape
        found = np.zeros((count, length), dtype=np.int64)
        rows, outside = np.arange(count), np.full(count, -1)
        start, before = outside, outside
        for position in range(length + 1):
            tag = ids[:, position] if position < length else outside
            stays = (start >= 0) & self.goes_on[before, tag]
            ended = (start >= 0) & ~stays & self.ends[before, tag]
            found[rows[ended], start[ended]] = position
            begins = ~stays & self.starts[before, tag]
            start = np.where(stays, start, np.where(begins, position, -1))
            before = tag
        return found
