"""Copying heads whose predicate is read off the hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.program import Kind, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches
from transformer_programs.search.grammar import SCOPES, SIDES
from transformer_programs.search.sample import Mask, Sample
from transformer_programs.search.score import HitCounts, HitScores

MOST_CELLS = 50_000
"""Pairs of a query's and a key's values beyond which no predicate is learned."""


@dataclass(frozen=True, slots=True)
class _Lead:
    """A query, a key and a scope, and what they tell.

    Attributes:
        gain: bits about hit or miss.
        closed: the pairs of the closed form that tells most.
    """

    gain: float
    closed: Mask
    query: Candidate
    key: Candidate
    scope: Scope
    counts: HitCounts


class Copying:
    """Tries every variable as a key once."""

    def __init__(
        self,
        sample: Sample,
        hits: HitScores,
        queries: tuple[Candidate, ...],
        widest: Scope = Scope.ALL,
    ) -> None:
        self._scopes = [widest, *(s for s in SCOPES[widest] if s in SIDES)]
        self._sample, self._hits, self._queries = sample, hits, queries
        self._tried: set[bytes] = set()

    def heads(self, keys: Sequence[Candidate], most: int) -> Iterator[Candidate]:
        """The heads of the most informative queries and keys.

        Each gives two: a closed form, ``key == query + c`` or ``key == c - query``, and
        the learned set of pairs that always hit, which pays for its entries.
        """
        leads = sorted(self._leads(keys), key=lambda lead: -lead.gain)
        for lead in leads[:most]:
            occupied = int(np.count_nonzero(lead.counts.cells.sum(axis=-1)))
            for predicate, price in (
                (lead.closed, 1.0),
                (lead.counts.certain(), 1.2 + 0.02 * occupied),
            ):
                matches = Matches(self._sample, lead.query, lead.key, predicate)
                value = [self._hits.value]
                yield from matches.attend("copy", value, lead.scope, price)

    def _leads(self, keys: Sequence[Candidate]) -> Iterator[_Lead]:
        for key in keys:
            if key.fingerprint in self._tried:
                continue
            self._tried.add(key.fingerprint)
            token = key.domain.kind is Kind.TOKEN
            scopes = self._scopes if token else self._scopes[:1]
            for query in self._queries:
                if not forms.comparable(query, key):
                    continue
                if query.domain.size * key.domain.size > MOST_CELLS:
                    continue
                for scope in scopes:
                    counts = self._hits.count(query, key, scope)
                    told, closed = counts.best_line(shifts=not token)
                    gain = max(told, counts.gain)
                    yield _Lead(gain, closed, query, key, scope, counts)
