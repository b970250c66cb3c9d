"""Token sequences as padded arrays of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.types import InputFormat

_BLOCK = 1 << 14
"""Sequences that are encoded together: Python's numbers take much memory."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Framed sequences of different lengths.

    Attributes:
        ids: (sequences, width) codes of tokens, 0 where padded; without surfaces they
            are the ids of words.
        lengths: (sequences,) framed lengths, each at most the width.
        words: the bare sequences as they were typed, where that cannot be told from
            the codes: if the format reads characters. None for inputs of which only
            the codes are known.
    """

    ids: NDArray[np.signedinteger]
    lengths: NDArray[np.signedinteger]
    words: tuple[tuple[str, ...], ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Batch:
        words = self.words
        if words is not None:
            chosen = np.arange(len(words))[rows].tolist()
            words = tuple(words[index] for index in chosen)
        return Batch(self.ids[rows], self.lengths[rows], words)

    @property
    def real(self) -> NDArray[np.bool_]:
        """Which (position, sequence) pairs are not padding."""
        there: NDArray[np.bool_] = np.arange(self.ids.shape[1])[:, None] < self.lengths
        return there

    def cut(self) -> Batch:
        """Return the same without the columns that are padding in every row."""
        width = int(self.lengths.max(initial=1))
        return Batch(self.ids[:, :width], self.lengths, self.words)


def encode_batch(
    input_format: InputFormat,
    sequences: Sequence[Sequence[str]],
    width: int | None = None,
) -> Batch:
    """Frame and encode bare sequences.

    Args:
        input_format: what is accepted.
        sequences: bare tokens.
        width: columns of the result; by default the longest sequence's length.

    Raises:
        InputError: For the first sequence that the format does not accept.
    """
    bare = np.fromiter(map(len, sequences), np.int32, len(sequences))
    lengths = bare + np.int32(input_format.frame_size)
    if width is None:
        width = int(lengths.max(initial=1))
    ids = np.zeros((len(sequences), width), dtype=code_type(input_format))
    for start in range(0, len(sequences), _BLOCK):
        here = slice(start, start + _BLOCK)
        rows = [input_format.encode(sequence) for sequence in sequences[here]]
        real = np.arange(width) < lengths[here, None]
        ids[here][real] = list(chain.from_iterable(rows))
    words = tuple(map(tuple, sequences)) if input_format.reads_characters else None
    return Batch(ids, lengths, words)


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches of different widths as one."""
    width = max(batch.ids.shape[1] for batch in batches)
    ids = [np.pad(b.ids, ((0, 0), (0, width - b.ids.shape[1]))) for b in batches]
    lengths = np.concatenate([batch.lengths for batch in batches])
    known = [batch.words for batch in batches if batch.words is not None]
    words = None
    if len(known) == len(batches):
        words = tuple(word for part in known for word in part)
    return Batch(np.concatenate(ids), lengths, words)


def code_type(form: InputFormat) -> type[np.int32] | type[np.int64]:
    """Return the numbers that hold every code."""
    return np.int32 if form.code_count <= 1 << 31 else np.int64
