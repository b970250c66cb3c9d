"""Scores of predicted labels and entities (``docs/reference/metrics.md``).

Entities are scored strictly, as seqeval does with ``mode="strict"``: nothing is mended.
A tag that does not stand where its scheme lets it stand belongs to no entity, in the
data and in predictions alike. An entity is right if type, start and end are. Where a
tag is not known, entities beside it are left out, in the data and in predictions:
nothing says where they begin or end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.dataset import NO_LABEL, Dataset, Encoded, Examples
from transformer_programs.data.tags import (
    BIO as BIO,
    NOTHING,
    Part,
    TagFormat,
    Tags,
    find_format as find_format,
    spans,
)

MAJORITY = "always the most frequent label"
"""The baseline that knows nothing of the input."""


@dataclass(frozen=True, slots=True)
class Score:
    """How well things of one kind are found. A share of nothing is 0.

    Attributes:
        right: How many are both predicted and there.
        predicted: How many are predicted.
        there: How many there are.
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
        """Share of the predicted ones that are right; 0..1."""
        return self.right / max(self.predicted, 1)

    @property
    def recall(self) -> float:
        """Share of those that are there that are predicted; 0..1."""
        return self.right / max(self.there, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 0..1."""
        return 2 * self.right / max(self.predicted + self.there, 1)

    def numbers(self) -> dict[str, float]:
        """Return everything, for scripts."""
        names = ("precision", "recall", "f1", "right", "predicted", "there")
        return {name: getattr(self, name) for name in names}


def _scores(
    right: Counter[str], predicted: Counter[str], there: Counter[str]
) -> dict[str, Score]:
    return {
        kind: Score(right[kind], predicted[kind], there[kind])
        for kind in sorted(predicted.keys() | there.keys())
    }


class Measure(StrEnum):
    """The number by which the best model is chosen: accuracy, or strict F1."""

    ACCURACY = "accuracy"
    ENTITY_F1 = "entity F1"

    @classmethod
    def suited(cls, tags: TagFormat | None) -> Measure:
        """Return the measure for data whose labels write entities, or do not."""
        return cls.ACCURACY if tags is None else cls.ENTITY_F1


@dataclass(frozen=True, slots=True)
class Quality:
    """How right a model is on some data.

    Attributes:
        accuracy: Share of labels that are right; 0..1.
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
        """Return everything in words."""
        labels = f"{self.accuracy:.2%} of labels"
        if self.entity_f1 is None:
            return labels
        return f"{labels}, entity F1 {self.entity_f1:.2%}"

    def numbers(self) -> dict[str, float]:
        """Return everything, for scripts."""
        more = {} if self.entity_f1 is None else {"entity_f1": self.entity_f1}
        return {"accuracy": self.accuracy} | more


Confusion = Mapping[tuple[str, str], int]
"""How often a label (first) is predicted as another, or itself (second)."""


def confusion(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Count pairs of a wanted and a predicted label, in their order."""
    return dict(sorted(Counter(pairs).items()))


def label_scores(confused: Confusion) -> dict[str, Score]:
    """Score every label that is wanted or predicted, in alphabetical order."""
    right, predicted, there = Counter[str](), Counter[str](), Counter[str]()
    for (wanted, guess), count in confused.items():
        there[wanted] += count
        predicted[guess] += count
        right[wanted] += count * (wanted == guess)
    return _scores(right, predicted, there)


def taken_for(confused: Confusion, label: str) -> dict[str, int]:
    """Count what is predicted instead of a label, the most frequent first."""
    wrong = Counter(
        {guess: n for (asked, guess), n in confused.items() if asked == label != guess}
    )
    return dict(wrong.most_common())


class Entity(NamedTuple):
    """An entity: its type, its first position, and the position after its last."""

    type: str
    start: int
    end: int


def entities(tags: Tags, form: TagFormat = BIO) -> list[Entity]:
    """Return the entities of a sequence, in their order."""
    return [Entity(*span) for span in spans(tags, form)]


def scored_entities(tags: Tags, wanted: Tags, form: TagFormat = BIO) -> set[Entity]:
    """Return the entities of wanted or predicted tags, none beside an unknown tag."""
    unknown = {position for position, tag in enumerate(wanted) if tag is None}
    pairs = zip(wanted, tags, strict=True)
    known = [None if asked is None else tag for asked, tag in pairs]
    found = entities(known, form)
    return {one for one in found if unknown.isdisjoint((one.start - 1, one.end))}


def entity_scores(
    wanted: Iterable[Tags], predicted: Iterable[Tags], form: TagFormat = BIO
) -> dict[str, Score]:
    """Score the entities of every type, types in alphabetical order.

    Args:
        wanted: The tags of every sequence.
        predicted: As many, of the same lengths. What is predicted where the tag is
            unknown does not count, nor do entities that touch such a place.
        form: How they are written.

    Raises:
        ValueError: If the lengths differ.
    """
    counts = right, said, there = Counter[str](), Counter[str](), Counter[str]()
    for tags, guess in zip(wanted, predicted, strict=True):
        ours, theirs = (scored_entities(row, tags, form) for row in (guess, tags))
        for count, found in zip(counts, (ours & theirs, ours, theirs), strict=True):
            count.update(entity.type for entity in found)
    return _scores(right, said, there)


def total(scores: dict[str, Score]) -> Score:
    """Add up all types (the micro average)."""
    return sum(scores.values(), Score(0, 0, 0))


@dataclass(frozen=True, slots=True)
class TagArrays:
    """The meaning of tags by their ids, to score arrays of them fast.

    The last id is that of O, for places without a token; -1 stands for an unknown tag.

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
        """Make them for labels in the order of their ids; others are read as O."""
        parts = [*form.parts(labels), NOTHING]
        kinds = sorted({part.type for part in parts if part != NOTHING})
        ids = {kind: number for number, kind in enumerate(kinds)}
        # Every kind of tag once: labels may be many, their letters are few.
        distinct = list(dict.fromkeys(parts))
        which = np.array([distinct.index(part) for part in parts])

        def table(holds: Callable[[Part, Part], bool]) -> NDArray[np.bool_]:
            small = np.array([[holds(a, b) for b in distinct] for a in distinct])
            found: NDArray[np.bool_] = small[which[:, None], which]  # (tags, tags)
            return found

        return cls(
            table(form.starts),
            table(form.goes_on),
            table(form.ends),
            np.array([ids.get(part.type, -1) for part in parts], dtype=np.int64),
        )

    def score(self, wanted: NDArray[np.int64], predicted: NDArray[np.int64]) -> Score:
        """Score all types together: the numbers of ``total(entity_scores(...))``.

        Args:
            wanted: (sequences, length) ids; -1 where the tag is unknown, the last id
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
        """Count the entities of (sequences, length) ids that can be scored."""
        return int((self._scored(tags, tags < 0) > 0).sum())

    def _scored(
        self, ids: NDArray[np.int64], unknown: NDArray[np.bool_]
    ) -> NDArray[np.int64]:
        """Return ``_ends`` without entities beside an unknown tag."""
        found = self._ends(ids)
        if unknown.any():
            edges = np.pad(unknown, ((0, 0), (1, 1)))
            before, after = edges[:, :-2], np.take_along_axis(edges, found + 1, axis=1)
            found[before | after] = 0
        return found

    def _ends(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the entity that begins at each position ends; 0 for none."""
        count, length = ids.shape
        found = np.zeros((count, length), dtype=np.int64)
        rows, outside = np.arange(count), np.full(count, -1)
        start, before = outside, outside
        # All sequences together, one position after the other.
        for position in range(length + 1):
            tag = ids[:, position] if position < length else outside
            stays = (start >= 0) & self.goes_on[before, tag]
            ended = (start >= 0) & ~stays & self.ends[before, tag]
            found[rows[ended], start[ended]] = position
            begins = ~stays & self.starts[before, tag]
            start = np.where(stays, start, np.where(begins, position, -1))
            before = tag
        return found


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
