"""The candidates of a search: distinct variables, the best of each family first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Sample


class Pool:
    """Distinct variables, the cheapest of those that agree on the sample.

    Attributes:
        compared: how many distinct variables were proposed so far.
        kept: those that later layers may read.
    """

    def __init__(self, sample: Sample, kept: Iterable[Candidate]) -> None:
        self._real = sample.real
        self._known: dict[bytes, float] = {}
        self.kept: list[Candidate] = list(kept)
        for candidate in self.kept:
            self._known[candidate.fingerprint] = candidate.total_price

    @property
    def compared(self) -> int:
        """How many distinct variables were proposed so far."""
        return len(self._known)

    def new(self, proposed: Iterable[Candidate]) -> list[Candidate]:
        """Those that are neither constant nor known at the same price or less."""
        fresh: dict[bytes, Candidate] = {}
        for candidate in proposed:
            values = candidate.values[self._real]
            if not len(values) or (values == values[0]).all():
                continue
            price, known = candidate.total_price, candidate.fingerprint
            if price < self._known.get(known, np.inf):
                self._known[known] = price
                fresh[known] = candidate
        return list(fresh.values())

    def keep(
        self, fresh: list[Candidate], score: Callable[[Candidate], float], beam: int
    ) -> list[Candidate]:
        """Keep the best of a list; returns them, the best first."""
        ranked = sorted(fresh, key=lambda c: (-score(c), c.total_price))[:beam]
        self.kept.extend(ranked)
        return ranked

    def of(self, *families: str) -> list[Candidate]:
        """What is kept of some families, in order of keeping."""
        return [c for c in self.kept if c.family in families]
