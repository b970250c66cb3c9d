"""The input space of a task: every bare sequence that it asks about."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputSpace:
    """All sequences of some lengths whose tokens come from given alphabets.

    Attributes:
        alphabets: the tokens allowed at each position, used in turn and from the start
            again: one alphabet means the same tokens everywhere, two alternate.
        lengths: the allowed numbers of bare tokens, rising.
    """

    alphabets: tuple[tuple[str, ...], ...]
    lengths: range

    def alphabets_of(self, length: int) -> tuple[tuple[str, ...], ...]:
        """The alphabet of every position of a sequence of this length."""
        return tuple(itertools.islice(itertools.cycle(self.alphabets), length))

    def sizes_of(self, length: int) -> tuple[int, ...]:
        """How many tokens are allowed at every position."""
        return tuple(map(len, self.alphabets_of(length)))

    def count(self, length: int) -> int:
        """How many sequences of this length exist."""
        return math.prod(self.sizes_of(length))

    @property
    def size(self) -> int:
        """How many sequences exist (often too many for ``len``)."""
        lengths = self.lengths
        tokens = len(self.alphabets[0])
        if len(self.alphabets) > 1 or tokens == 1 or lengths.step != 1:
            return sum(map(self.count, lengths))
        # The sum of tokens ** length, of which there may be very many.
        return int((tokens**lengths.stop - tokens**lengths.start) // (tokens - 1))

    def enumerate(self) -> Iterator[tuple[str, ...]]:
        """Every sequence once: shorter ones first, the last position fastest."""
        for length in self.lengths:
            yield from itertools.product(*self.alphabets_of(length))

    def decode(self, rows: Iterable[tuple[int, ...]]) -> Iterator[tuple[str, ...]]:
        """The sequences that rows of alphabet indices stand for."""
        alphabets = self.alphabets_of(max(self.lengths))
        for row in rows:
            yield tuple(
                alphabet[index] for alphabet, index in zip(alphabets, row, strict=False)
            )
