"""Copying heads whose predicate is read off the positions that have the label."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from transformer_programs.language import Domain, Kind, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches, tabulate
from transformer_programs.search.grammar import SCOPES, SIDES
from transformer_programs.search.sample import Ids, Mask, Sample
from transformer_programs.search.score import HitCounts, HitScores, majority
from transformer_programs.system import Work

MOST_CELLS = 1 << 16
"""The most pairs of values of a query and a key whose predicate is learned."""

MOST_PLACES = 1 << 21
"""The same of the places of two variables, by the hits of many sequences."""

FORMED = 3
"""The most tables of places, the best ones, that a closed form is looked for."""

Pair = tuple[Candidate, Candidate]


class _Lead(NamedTuple):
    # A query, a key and a scope; the bits that they tell about hit or miss, and the
    # pairs of the closed form that tells most.
    gain: float
    closed: Mask
    query: Candidate
    key: Candidate
    scope: Scope
    counts: HitCounts


@dataclass(frozen=True, eq=False, slots=True)
class _Places:
    # Variables, the bits that they tell about hit or miss; the part of the positions
    # whose place is known, the table of places, and its cells that are known.
    inputs: Pair
    gain: float
    cover: float
    table: Ids
    known: Mask


class Copying:
    """Proposals of copying heads, which try every variable as a key once.

    Args:
        sample: Sequences that heads are computed on.
        hits: Scores of queries and keys.
        queries: Variables that are tried as queries.
        widest: Widest scope of a head.
        work: Budget that closed forms are accounted to.
    """

    def __init__(
        self,
        sample: Sample,
        hits: HitScores,
        queries: tuple[Candidate, ...],
        widest: Scope,
        work: Work,
    ) -> None:
        self._work = work
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
                both = lead.query, lead.key
                yield from self._copied(*both, predicate, lead.scope, price)

    def computed(
        self, queries: Sequence[Candidate], keys: Sequence[Candidate], most: int
    ) -> Iterator[Candidate]:
        """Propose heads of a computed query, at a fixed distance from it."""
        scope, leads = self._scopes[0], []
        for query in queries:
            for key in keys:
                if query.domain.size * key.domain.size > MOST_CELLS or query is key:
                    continue
                counts = self._hits.count(query, key, scope)
                told, closed = counts.best_line(shifts=True)
                leads.append(_Lead(told, closed, query, key, scope, counts))
        for lead in sorted(leads, key=lambda lead: -lead.gain)[:most]:
            yield from self._copied(lead.query, lead.key, lead.closed)

    def places(self, groups: Sequence[Pair], most: int) -> Iterator[Candidate]:
        """Propose heads that look at a place which two variables tell.

        The first of them is the own place. Every pair of their values has a place where
        the label stands whenever it occurs: a table, which is the query.
        """
        found = [t for pair in groups if (t := self._told_places(pair, self._hits))]
        by_gain = sorted(found, key=lambda told: -told.gain)[:most]
        # Those that know most places first, as rules know all of them.
        by_cover = sorted(found, key=lambda told: -told.cover)[:FORMED]
        for told in [*by_cover, *(t for t in by_gain if t not in by_cover)]:
            yield from self._placed(told, closed=told in by_cover)

    def measured(
        self, wide: HitScores, groups: Sequence[tuple[Pair, Pair]]
    ) -> Iterator[Candidate]:
        """Propose places that follow a closed form, by the hits of more sequences.

        Long sequences have many pairs of place and length, each of which a sample has
        but a few times.

        Args:
            wide: Hits of more sequences.
            groups: Two variables on those sequences, and the same two on the sample.
        """
        for measured, inputs in groups:
            told = self._told_places(measured, wide, strict=True)
            if told is not None:
                told = replace(told, inputs=inputs)
                yield from self._placed(told, closed=True, listed=False)

    def _told_places(
        self, inputs: Pair, hits_of: HitScores, strict: bool = False
    ) -> _Places | None:
        place = inputs[0]
        shape = tuple(c.domain.size for c in inputs)
        size = math.prod(shape)
        if size * place.domain.size > (MOST_PLACES if strict else MOST_CELLS):
            return None
        entries, domain = np.arange(size).reshape(shape), Domain.of_classes(size)
        joint = tabulate("joint", inputs, entries, domain, hits_of.sample.real)
        counts = hits_of.count(joint, place, self._scopes[0])
        seen, hits = counts.cells.sum(axis=-1), counts.cells[..., 1]
        sure = np.where((seen > 1) & (hits >= 0.999 * seen), hits, 0)  # (cells, places)
        if strict:  # one place, so often that it is not by chance
            rates = hits.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)  # (places,)
            rate = min(max(float(rates.max()), 0.1), 0.9)
            pairs = int(np.count_nonzero(seen))
            sure = sure * (sure > math.log(2 * pairs) / -math.log(rate))
            sure = sure * (np.count_nonzero(sure, axis=1, keepdims=True) == 1)
        known = np.asarray(sure.any(axis=1), dtype=np.bool_)
        if not known.any():
            return None
        # A position sees every other once: how many positions have each of the cells.
        often = seen.max(axis=1)
        cover = float(often[known].sum() / often.sum())
        table = majority(sure, shape)
        grid = known.reshape(shape)
        return _Places(inputs, counts.gain, cover, table, grid)

    def _placed(
        self, told: _Places, closed: bool, listed: bool = True
    ) -> Iterator[Candidate]:
        place, table, inputs = self._queries[0], told.table, told.inputs
        price = 1 + 0.02 * int(told.known.sum())
        size, form = place.domain.size, None
        if closed:
            # Where no position is, a form gives any number: a bound would hide it.
            outputs = range(4 * size)
            form = forms.completed(inputs, table, told.known, outputs, self._work)
        if form is not None:
            table, price = form, 1.2
        elif not listed:
            return
        domain = Domain.of_numbers(max(size - 1, int(table.max())))
        query = tabulate("place", inputs, table, domain, self._sample.real, price)
        same = np.eye(domain.size, size, dtype=np.bool_)  # (queries, keys)
        yield from self._copied(query, place, same)

    def _copied(
        self,
        query: Candidate,
        key: Candidate,
        predicate: Mask,
        scope: Scope | None = None,
        price: float = 1.0,
    ) -> Iterator[Candidate]:
        matches = Matches(self._sample, query, key, predicate)
        scope = scope or self._scopes[0]
        yield from matches.attend("copy", [self._hits.value], scope, price)

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
