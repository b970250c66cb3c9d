"""Scores of candidates, and the pool of those that later layers may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import Kind, Scope
from transformer_programs.search import kernels
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Sample
from transformer_programs.search.score import HitScores, LabelScores
from transformer_programs.system import Team, Work

SHARED = 8
"""The number of scores from which on processes share them."""


class Pool:
    """Distinct variables, the cheapest of those that agree on the sample.

    Attributes:
        kept: Variables that later layers may read, in order of keeping.
    """

    def __init__(self, sample: Sample, kept: Iterable[Candidate]) -> None:
        self._real = sample.real
        self.kept = [*kept]
        self._prices = {c.fingerprint: c.total_price for c in self.kept}

    @property
    def compared(self) -> int:
        """How many distinct variables were proposed so far."""
        return len(self._prices)

    def new(self, proposed: Iterable[Candidate]) -> list[Candidate]:
        """Return those that are neither constant nor known at that price or less."""
        fresh: dict[bytes, Candidate] = {}
        is_constant = kernels.current().is_constant
        for candidate in proposed:
            if is_constant(candidate.values, self._real):
                continue
            price, known = candidate.total_price, candidate.fingerprint
            if price < self._prices.get(known, np.inf):
                self._prices[known] = price
                fresh[known] = candidate  # a cheaper one takes the place of the first
        return list(fresh.values())

    def keep(
        self, fresh: list[Candidate], score: Callable[[Candidate], float], beam: int
    ) -> list[Candidate]:
        """Keep the best of a list, and return them, the best first."""
        ranked = sorted(fresh, key=lambda c: (-score(c), c.total_price))[:beam]
        self.kept.extend(ranked)
        return ranked

    def of(self, *families: str) -> list[Candidate]:
        """Return what is kept of some families, in order of keeping."""
        return [c for c in self.kept if c.family in families]


class Ranking:
    """Scores of candidates on a sample, in bits, each computed once.

    Attributes:
        labels: Information of variables about labels.
        wanted: (labels,) id of the token that says each label, -1 if none does.
        hits: Information of variables about where labels can be copied from; None if
            no label is a token.
    """

    def __init__(
        self,
        sample: Sample,
        dataset: Dataset,
        inputs: tuple[Candidate, Candidate, Candidate],
        work: Work,
        widest: Scope = Scope.ALL,
        team: Team | None = None,
    ) -> None:
        self._widest, self._team = widest, team or Team(work)
        tokens, self._positions, _ = inputs
        self.labels = LabelScores(sample, work)
        ids = dataset.input.vocabulary.ids
        wanted = np.array([ids.get(label, -1) for label in dataset.labels])  # (labels,)
        self.wanted, copied = wanted, (wanted >= 0).any()
        self.hits = HitScores(sample, tokens, wanted, work) if copied else None
        self._by_label: dict[bytes, float] = {}
        self._by_hit: dict[bytes, float] = {}
        self._beside = [
            (other, max(0.0, self.labels.gain(other)))
            for other in (tokens, self._positions)
        ]

    def label_score(self, candidate: Candidate) -> float:
        """Return bits about the label, alone or beside the token or the position."""
        known = self._by_label.get(candidate.fingerprint)
        if known is None:
            known = self._by_label[candidate.fingerprint] = self._told(candidate)
        return known

    def _told(self, candidate: Candidate) -> float:
        others = [(), *((other,) for other, _ in self._beside)]
        bases = 0.0, *(base for _, base in self._beside)
        gains = zip(self.labels.gains(candidate, others), bases, strict=True)
        return max(gain - base for gain, base in gains)

    def hit_score(self, candidate: Candidate) -> float:
        """Return the bits, as a key, about where the label can be copied from."""
        if self.hits is None:
            return 0.0
        known = self._by_hit.get(candidate.fingerprint)
        if known is None:
            known = self._by_hit[candidate.fingerprint] = self._found(candidate)
        return known

    def _found(self, candidate: Candidate) -> float:
        assert self.hits is not None
        counts = self.hits.count(self._positions, candidate, self._widest)
        line = counts.line_gain(candidate.domain.kind is not Kind.TOKEN)
        return max(counts.gain, line)

    def score(self, candidates: Iterable[Candidate], *, hits: bool = False) -> None:
        """Score candidates, as labels or as hits, that are about to be compared.

        Scores are the same without it, in whatever process they are computed.
        """
        if self._team.size == 1 or (hits and self.hits is None):
            return
        known, compute = self._by_label, self._told
        if hits:
            known, compute = self._by_hit, self._found
        new: dict[bytes, Candidate] = {}
        for candidate in candidates:
            if candidate.fingerprint not in known:
                new.setdefault(candidate.fingerprint, candidate)
        fresh = list(new.values())
        scores = self._team.share(compute, fresh, list(new), SHARED)
        known.update(zip(new, scores, strict=True))

    def best(self, candidates: Iterable[Candidate], count: int) -> list[Candidate]:
        """Return the best ones, half of them as readers of labels and half as keys."""
        pool = list(candidates)
        self.score(pool)
        by_label = sorted(pool, key=lambda c: -self.label_score(c))
        if self.hits is None:
            return by_label[:count]
        self.score(pool, hits=True)
        by_hit = sorted(pool, key=lambda c: -self.hit_score(c))
        half = count // 2
        return distinct([*by_label[:half], *by_hit[: count - half]])


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return each candidate once, in the order of its first appearance."""
    return list({id(candidate): candidate for candidate in candidates}.values())
