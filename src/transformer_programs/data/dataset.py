"""Labelled sequences, split and ready to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.metrics import (
    Scheme,
    TagFormat,
    find_format,
    nearest_format,
)
from transformer_programs.program import InputFormat, encode_batch

Target = str | tuple[str | None, ...]
"""A label (classification), or one per bare token, None where none is asked."""

NO_LABEL = -1
"""The label id of positions that have no label: frame, padding, None."""


@dataclass(frozen=True, slots=True, repr=False)
class Examples:
    """Sequences with their targets.

    Attributes:
        sequences: bare tokens.
        targets: one for every sequence.
    """

    sequences: tuple[tuple[str, ...], ...]
    targets: tuple[Target, ...]

    def __len__(self) -> int:
        return len(self.sequences)

    def __repr__(self) -> str:
        return f"<Examples: {len(self):,} sequences>"


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
        name: what the data are about, for titles.
        input: the token sequences that a program for the data accepts.
        labels: the labels that may be predicted, in order of their ids.
        tagging: whether there is a label per token, not one per sequence.
        train: what is learned from.
        validation: what chooses among learned models.
        test: what nothing is chosen by.
        notes: what a reader should know about how the data were made, for example
            that fewer unique inputs exist than were asked for.
        scheme: in which tags write entities; by default it is found out.

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

    def __repr__(self) -> str:
        parts = ", ".join(
            f"{len(getattr(self, part)):,} {part}"
            for part in ("train", "validation", "test")
        )
        kind = "tagging" if self.tagging else "classification"
        return (
            f"<Dataset {self.name!r}: {kind}, {parts} sequences, "
            f"{len(self.input.vocabulary):,} tokens, {len(self.labels)} labels>"
        )

    @cached_property
    def tags(self) -> TagFormat | None:
        """How the labels write entities, if they do."""
        if not self.tagging:
            return None
        rows = [target for target in self.train.targets if not isinstance(target, str)]
        if self.scheme is not None:
            return nearest_format(rows, self.labels, self.scheme)
        return find_format(rows, self.labels)

    @property
    def single_label(self) -> str | None:
        """The label, if there is only one: then every program for them is constant."""
        return self.labels[0] if len(self.labels) == 1 else None

    @cached_property
    def _label_ids(self) -> dict[str | None, int]:
        ids: dict[str | None, int] = {label: i for i, label in enumerate(self.labels)}
        return ids | {None: NO_LABEL}

    def encode(self, examples: Examples) -> Encoded:
        """Examples as arrays of full width (``input.max_length``).

        A label outside ``labels`` (possible in validation and test data) becomes
        ``len(labels)``, which no prediction equals: it counts as an error.
        """
        batch = encode_batch(self.input, examples.sequences, self.input.max_length)
        count = len(examples)
        unknown = len(self.labels)
        shape = (count, self.input.max_length) if self.tagging else (count,)
        targets = np.full(shape, NO_LABEL, dtype=np.int64)
        for row, target in enumerate(examples.targets):
            if isinstance(target, str):
                targets[row] = self._label_ids.get(target, unknown)
            else:
                start = self.input.offset
                targets[row, start : start + len(target)] = [
                    self._label_ids.get(label, unknown) for label in target
                ]
        return Encoded(
            batch.ids.astype(np.int64), batch.lengths.astype(np.int64), targets
        )

    @property
    def sequences(self) -> Sequence[tuple[str, ...]]:
        """Every bare sequence of every split."""
        return self.train.sequences + self.validation.sequences + self.test.sequences
