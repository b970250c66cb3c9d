"""Copying heads whose predicate is read off the positions that have the label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from transformer_programs.program import Kind, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches
from transformer_programs.search.grammar import SCOPES, SIDES
from transformer_programs.search.sample import Mask, Sample
from transformer_programs.search.score import HitCounts, HitScores

MOST_CELLS = 50_000
"""The most pairs of values of a query and a key whose predicate is learned."""


class _Lead(NamedTuple):
    # A query, a key and a scope; the bits that they tell about hit or miss, and the
    # pairs of the closed form that tells most.
    gain: float
    closed: Mask
    query: Candidate
    key: Candidate
    scope: Scope
    counts: HitCounts


class Copying:
    """Proposals of copying heads, which try every variable as a key once.

    Args:
        sample: Sequences that heads are computed on.
        hits: Scores of queries and keys.
        queries: Variables that are tried as queries.
        widest: Widest scope of a head.
    """

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
        """Propose the heads of the most informative queries and keys.

        Each gives two: a closed form, ``key == query + c`` or ``key == c - query``, and
        the learned set of pairs that always hit, which pays for its entries.
        """
        leads = sorted(self._leads(keys), key=lambda lead: -lead.gain)
        for lead in leads[:most]:
            occupied = int(np.count_nonzero(lead.counts.cells.sum(axis=-1)))
            learned = lead.counts.certain(), 1.2 + 0.02 * occupied
            for predicate, price in ((lead.closed, 1.0), learned):
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
