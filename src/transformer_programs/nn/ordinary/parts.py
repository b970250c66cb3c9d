"""Heads and units as linear maps of the residual stream."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from transformer_programs.nn.ordinary.units import Ids, Matrix


@dataclass(slots=True)
class LinearReading:
    """A linear map from the residual stream.

    Attributes:
        parts: dimensions, and the rows of a matrix for them.
        bias: what is added.
    """

    bias: Matrix
    parts: list[tuple[Ids, Matrix]] = field(default_factory=list)

    @property
    def width(self) -> int:
        """The dimensions that it maps to."""
        return len(self.bias)

    def dense(self, width: int) -> Matrix:
        """Return the matrix, (width, columns)."""
        matrix = np.zeros((width, self.width))
        for dims, rows in self.parts:
            matrix[dims] += rows
        return matrix


@dataclass(frozen=True, slots=True)
class HeadWeights:
    """An attention head; the bilinear form of queries and keys is a sum of several.

    Attributes:
        name: the variable that it computes.
        layer: its layer.
        pairs: queries and keys that are multiplied.
        values: what is read, the dimensions that it is written to, and a matrix.
    """

    name: str
    layer: int
    pairs: list[tuple[LinearReading, LinearReading]]
    values: list[tuple[LinearReading, Ids, Matrix]]

    @property
    def width(self) -> int:
        """The dimensions of a head that it needs."""
        keys = sum(query.width for query, _ in self.pairs)
        return max(keys, sum(reading.width for reading, *_ in self.values))


@dataclass(frozen=True, slots=True)
class UnitWeights:
    """Units of a feed-forward layer that compute a variable.

    Attributes:
        name: the variable.
        layer: their layer.
        reads: what they read.
        outputs: the dimensions that they write.
        writes: (units, outputs).
    """

    name: str
    layer: int
    reads: LinearReading
    outputs: Ids
    writes: Matrix
