"""What candidates are worth: the order in which they are kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.program import Kind, Scope
from transformer_programs.search.candidate import Candidate
from transformer_programs.search.sample import Sample
from transformer_programs.search.score import HitScores, LabelScores
from transformer_programs.system import Work


class Ranking:
    """Scores of candidates on a sample, in bits, each computed once.

    Attributes:
        labels: what variables tell about labels.
        hits: what they tell about where labels can be copied from; None if no label
            is a token.
    """

    def __init__(
        self,
        sample: Sample,
        dataset: Dataset,
        inputs: tuple[Candidate, Candidate, Candidate],
        work: Work,
        widest: Scope = Scope.ALL,
    ) -> None:
        self._widest = widest
        self._tokens, self._positions, _ = inputs
        self.labels = LabelScores(sample, work)
        self.hits = _hit_scores(sample, dataset, self._tokens, work)
        self._by_label: dict[bytes, float] = {}
        self._by_hit: dict[bytes, float] = {}
        self._beside = [
            (other, max(0.0, self.labels.gain(other)))
            for other in (self._tokens, self._positions)
        ]

    def label_score(self, candidate: Candidate) -> float:
        """Bits about the label, alone or added to the token's or the position's."""
        known = self._by_label.get(candidate.fingerprint)
        if known is None:
            gains = [self.labels.gain(candidate)]
            gains += [
                self.labels.gain(candidate, other) - base
                for other, base in self._beside
            ]
            known = self._by_label[candidate.fingerprint] = max(gains)
        return known

    def hit_score(self, candidate: Candidate) -> float:
        """Bits as a key about where the label can be copied from."""
        if self.hits is None:
            return 0.0
        known = self._by_hit.get(candidate.fingerprint)
        if known is None:
            counts = self.hits.count(self._positions, candidate, self._widest)
            line, _ = counts.best_line(candidate.domain.kind is not Kind.TOKEN)
            known = self._by_hit[candidate.fingerprint] = max(counts.gain, line)
        return known

    def best(self, candidates: Iterable[Candidate], count: int) -> list[Candidate]:
        """The best ones, half of them as readers of labels and half as keys."""
        pool = list(candidates)
        by_label = sorted(pool, key=lambda c: -self.label_score(c))
        if self.hits is None:
            return by_label[:count]
        by_hit = sorted(pool, key=lambda c: -self.hit_score(c))
        half = count // 2
        return distinct([*by_label[:half], *by_hit[: count - half]])


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each candidate once, in the order of its first appearance."""
    return list({id(candidate): candidate for candidate in candidates}.values())


def _hit_scores(
    sample: Sample, dataset: Dataset, tokens: Candidate, work: Work
) -> HitScores | None:
    ids = dataset.input.vocabulary.ids
    wanted = np.array([ids.get(label, -1) for label in dataset.labels])
    return None if (wanted < 0).all() else HitScores(sample, tokens, wanted, work)
