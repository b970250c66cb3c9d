"""Tokens at the same place of other fields, which marks separate.

A mark is a token that stands once in every sequence: the sign between two operands, or
the bar before an answer. Places are counted from the first token of a field, or from
its last one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches, tabulate
from transformer_programs.search.sample import Sample
from transformer_programs.system import Work

FAMILY = "aligned"
"""Family of the tokens at the same place of other fields."""

MOST_MARKS = 2
"""The most tokens that separate fields."""

EACH = 0.99
"""The part of the sequences that have a mark once."""

Inputs = tuple[Candidate, Candidate, Candidate]


def marks_of(sample: Sample, frame: Sequence[int]) -> list[int]:
    """Return the tokens that stand once in nearly every sequence.

    Args:
        sample: The sequences.
        frame: Tokens around sequences, which are no marks.
    """
    found = []
    for token in np.unique(sample.tokens[sample.real]).tolist():
        often = ((sample.tokens == token) & sample.real).sum(axis=1)
        if token not in frame and (often == 1).mean() >= EACH:
            found.append(token)
    return found


class Aligned:
    """Tokens of other fields on a sample.

    Args:
        sample: Sequences that they are computed on.
        inputs: ``tokens``, ``positions`` and ``ones``.
        frame: Ids of the tokens before and after sequences; None for none.
        widest: Widest scope of a head.
        work: Budget that they are accounted to.
    """

    def __init__(
        self,
        sample: Sample,
        inputs: Inputs,
        frame: tuple[int | None, int | None],
        widest: Scope,
        work: Work,
    ) -> None:
        self._sample, self._real, self._work = sample, sample.real, work
        self._tokens, self._positions, self._ones = inputs
        self._begin, self._end = (token is not None for token in frame)
        self._widest = widest
        self.marks = marks_of(sample, [t for t in frame if t is not None])

    def pairs(self) -> Iterator[tuple[Candidate, Candidate]]:
        """Yield the tokens at the same place of two fields."""
        if not 0 < len(self.marks) <= MOST_MARKS:
            return
        ends = (False, True) if self._widest is Scope.ALL else (False,)
        places = {end: self._places(end) for end in ends}
        own = {end: self._own(end) for end in ends}
        for asked, told in product(ends, ends):
            for query in (own[asked], *places[asked]):
                inside = query is not own[asked]
                found = [self._copied(query, key, inside) for key in places[told]]
                yield from combinations(found, 2)

    def _spend(self) -> None:
        self._work.spend(self._sample.tokens.size * self._sample.shape[1])

    def _own(self, from_end: bool) -> Candidate:
        # The place in the whole sequence, 1 for its first, or last, token.
        if not from_end:
            number, raised = self._positions, not self._begin
        else:
            everywhere = np.ones((2, 2), dtype=np.bool_)
            matches = Matches(self._sample, self._ones, self._ones, everywhere)
            (number,) = matches.count("compare", [self._ones], Scope.AFTER)
            raised = not self._end
        return self._raised(number) if raised else number

    def _raised(self, number: Candidate) -> Candidate:
        size = number.domain.size
        domain = Domain.of_numbers(size)
        return tabulate("raised", (number,), np.arange(size) + 1, domain, self._real)

    def _places(self, from_end: bool) -> list[Candidate]:
        # By field, the place in it from 1, and 0 outside of it.
        self._spend()
        sample, ones = self._sample, self._ones
        marked = forms.constant(self._tokens.domain.size, *self.marks)
        matches = Matches(sample, ones, self._tokens, marked)
        (number,) = matches.count("constant", [ones], Scope.CAUSAL)
        # The number of positions of the same field; of all but the first field, the
        # mark before it is the first.
        same = forms.compared("==", number.domain.size, number.domain.size)
        scope = Scope.AFTER if from_end else Scope.CAUSAL
        (place,) = Matches(sample, number, number, same).count("compare", [ones], scope)
        found = []
        for field in range(len(self.marks) + 1):
            if from_end:
                shift = 0 if field == len(self.marks) and self._end else 1
            else:
                shift = 0 if field == 0 and not self._begin else -1
            entries = np.zeros((place.domain.size, number.domain.size), dtype=np.int64)
            counted = np.arange(place.domain.size) + shift
            # More marks than that do not occur: the third field is any from there on,
            # which has a closed form.
            last = field == len(self.marks) > 1
            inside = slice(field, None if last else field + 1)
            entries[:, inside] = np.maximum(counted, 0)[:, None]
            domain = Domain.of_numbers(place.domain.bound + int(from_end))
            both = place, number
            found.append(tabulate("field", both, entries, domain, self._real, 1.1))
        return found

    def _copied(self, query: Candidate, key: Candidate, inside: bool) -> Candidate:
        self._spend()
        predicate = forms.compared("==", query.domain.size, key.domain.size)
        if inside:  # outside of the own field, nothing is copied
            predicate[0] = False
        matches = Matches(self._sample, query, key, predicate)
        (found,) = matches.attend(FAMILY, [self._tokens], self._widest)
        return found
