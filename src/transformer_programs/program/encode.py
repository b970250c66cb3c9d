"""Token sequences as padded arrays of ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.types import InputFormat


@dataclass(frozen=True, slots=True)
class Batch:
    """Framed sequences of different lengths.

    Attributes:
        ids: (sequences, width) token ids, 0 where padded.
        lengths: (sequences,) framed lengths, each at most the width.
    """

    ids: NDArray[np.int32]
    lengths: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> Batch:
        return Batch(self.ids[rows], self.lengths[rows])


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
        InputError: for the first sequence that the format does not accept.
    """
    rows = [input_format.encode(sequence) for sequence in sequences]
    lengths = np.array([len(row) for row in rows], dtype=np.int32)
    if width is None:
        width = int(lengths.max(initial=1))
    ids = np.zeros((len(rows), width), dtype=np.int32)
    ids[np.arange(width) < lengths[:, None]] = [i for row in rows for i in row]
    return Batch(ids, lengths)
