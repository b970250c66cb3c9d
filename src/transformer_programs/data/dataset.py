"""Labelled sequences, split and ready to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.tags import Scheme, TagFormat, find_format
from transformer_programs.language import InputFormat, encode_batch

Target = str | tuple[str | None, ...]
"""A label (classification), or one per bare token, None where there is none."""

NO_LABEL = -1
"""The id of positions without a label: frame, padding, None."""


@dataclass(frozen=True, slots=True, repr=False)
class Examples:
    """Sequences of bare tokens, each with its target.

    Attributes:
        sequences: The tokens of each.
        targets: The label or tags of each.
        weights: How much each counts for the linear learner; none if all count alike.
    """

    sequences: tuple[tuple[str, ...], ...]
    targets: tuple[Target, ...]
    weights: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        return f"<Examples: {len(self):,} sequences>"

    def rows(self, rows: Iterable[int]) -> Examples:
        """Return those of some rows."""
        kept = [*rows]
        return Examples(
            tuple(self.sequences[row] for row in kept),
            tuple(self.targets[row] for row in kept),
            tuple(self.weights[row] for row in kept) if self.weights else (),
        )


def labels_of(targets: Iterable[Target]) -> list[str]:
    """Return the known labels of all targets, one after the other."""
    return [
        label
        for target in targets
        for label in ((target,) if isinstance(target, str) else target)
        if label is not None
    ]


def tags_of(examples: Examples) -> list[tuple[str | None, ...]]:
    """Return the tags of every sequence that has a label per token."""
    return [target for target in examples.targets if not isinstance(target, str)]


def find_tags(
    examples: Examples, labels: Sequence[str] = (), scheme: Scheme | None = None
) -> TagFormat | None:
    """Return how the labels of examples write entities, if they do.

    The other arguments are those of ``find_format``.
    """
    rows = tags_of(examples)
    return find_format(rows, labels, scheme) if rows else None


@dataclass(frozen=True, slots=True)
class Encoded:
    """Examples as arrays.

    Attributes:
        ids: (examples, length) framed token ids, 0 where padded.
        lengths: (examples,) framed lengths.
        targets: label ids, (examples, length) for tagging and (examples,) for
            classification; ``NO_LABEL`` where there is none.
    """

    ids: NDArray[np.int64]
    lengths: NDArray[np.int64]
    targets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, repr=False)
class Dataset:
    """A labelled data set with its split.

    Attributes:
        name: Name of the data, for titles.
        input: Token sequences that a program for the data accepts.
        labels: Labels that may be predicted, in order of their ids.
        tagging: Whether there is a label per token, not one per sequence.
        train: Examples to learn from.
        validation: Examples to choose among learned models.
        test: Examples that nothing is chosen by.
        notes: What a reader should know about how the data were made.
        scheme: Scheme in which tags write entities; inferred by default.
        label_weights: How much each label counts for the linear learner; none if all
            count alike.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> data = task.dataset()
    >>> len(data.train), len(data.test)
    (31, 4)
    """

    name: str
    input: InputFormat
    labels: tuple[str, ...]
    tagging: bool
    train: Examples
    validation: Examples
    test: Examples
    notes: tuple[str, ...] = ()
    scheme: Scheme | None = None
    label_weights: tuple[float, ...] = ()

    def __repr__(self) -> str:
        kind = "tagging" if self.tagging else "classification"
        return (
            f"<Dataset {self.name!r}: {kind}, {len(self.train):,} train, "
            f"{len(self.validation):,} validation, {len(self.test):,} test sequences, "
            f"{len(self.input.vocabulary):,} tokens, {len(self.labels)} labels>"
        )

    @cached_property
    def tags(self) -> TagFormat | None:
        """How labels write entities, if they do."""
        return find_tags(self.train, self.labels, self.scheme) if self.tagging else None

    @property
    def single_label(self) -> str | None:
        """The label, if there is only one: every program for the data is constant."""
        return self.labels[0] if len(self.labels) == 1 else None

    def encode(self, examples: Examples) -> Encoded:
        """Return examples as arrays of full width (``input.max_length``).

        A label outside ``labels`` (possible in validation and test data) becomes
        ``len(labels)``, which no prediction equals: it counts as an error.
        """
        batch = encode_batch(self.input, examples.sequences, self.input.max_length)
        ids: dict[str | None, int] = {label: i for i, label in enumerate(self.labels)}
        ids[None] = NO_LABEL
        unknown, start = len(self.labels), self.input.offset
        width = (self.input.max_length,) if self.tagging else ()
        targets = np.full((len(examples), *width), NO_LABEL, dtype=np.int64)
        for row, target in enumerate(examples.targets):
            if isinstance(target, str):
                targets[row] = ids.get(target, unknown)
            else:
                found = [ids.get(label, unknown) for label in target]
                targets[row, start : start + len(target)] = found
        return Encoded(
            batch.ids.astype(np.int64), batch.lengths.astype(np.int64), targets
        )

    @property
    def sequences(self) -> Sequence[tuple[str, ...]]:
        """All bare sequences, of every part of the split."""
        return self.train.sequences + self.validation.sequences + self.test.sequences
