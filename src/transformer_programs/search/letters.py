"""Letters whose weights are summed: tokens, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches, tabulate
from transformer_programs.search.sample import Ids, Mask, Sample, in_scope
from transformer_programs.search.selection import NONE

Inputs = tuple[Candidate, Candidate, Candidate]
"""``tokens``, ``positions`` and ``ones``."""


class Beside(StrEnum):
    """What a weight may depend on besides the token."""

    NOTHING = "nothing"
    PLACE = "place"
    PLACE_FROM_END = "place from the end"
    TOKEN_BEFORE = "token before"
    TOKEN_AFTER = "token after"
    MARK_BEFORE = "a mark before"
    MARK_AFTER = "a mark after"


@dataclass(frozen=True, slots=True)
class Companion:
    """What a weight depends on besides the token.

    Attributes:
        beside: What it is.
        period: Places, or numbers of marks, are told apart by their remainder of it; 0
            for all places, or for whether there is a mark.
        mark: Id of the token that is a mark.
    """

    beside: Beside
    period: int = 0
    mark: int = 0

    @property
    def of_place(self) -> bool:
        """Whether it is a place."""
        return self.beside in (Beside.PLACE, Beside.PLACE_FROM_END)

    @property
    def later(self) -> bool:
        """Whether it is told by what follows."""
        after = Beside.PLACE_FROM_END, Beside.TOKEN_AFTER, Beside.MARK_AFTER
        return self.beside in after

    def variable(self, sample: Sample, inputs: Inputs) -> Candidate | None:
        """Return it as a variable on a sample; None for nothing."""
        _, positions, ones = inputs
        side = Scope.AFTER if self.later else Scope.BEFORE
        match self.beside:
            case Beside.NOTHING:
                return None
            case Beside.PLACE:
                number = positions
            case Beside.PLACE_FROM_END:
                number = Span(side).sum_of(ones, sample, inputs)
            case Beside.TOKEN_BEFORE | Beside.TOKEN_AFTER:
                return _neighbour(side, sample, inputs)
            case Beside.MARK_BEFORE | Beside.MARK_AFTER:
                number = _marks(self.mark, side, sample, inputs)
                if not self.period:
                    some = np.arange(number.domain.size) > 0
                    return forms.flag((number,), some, sample.real)
        if not self.period:
            return number
        return forms.remainder(number, self.period, sample.real)


@dataclass(frozen=True, slots=True)
class Span:
    """Positions that are summed over.

    Attributes:
        scope: Where they are.
        width: How many of them there are, up to the own position; 0 for all.
    """

    scope: Scope
    width: int = 0

    def seen(self, length: int) -> Mask:
        """Return which positions are summed over: (looking, seen)."""
        seen = in_scope(self.scope, length)
        if self.width:
            index = np.arange(length)
            seen &= index > index[:, None] - self.width
        return seen

    def sum_of(self, value: Candidate, sample: Sample, inputs: Inputs) -> Candidate:
        """Return the sum of a variable."""
        _, positions, ones = inputs
        query, predicate = ones, np.ones((2, 2), dtype=np.bool_)
        if self.width:
            size = positions.domain.size
            query = positions
            predicate = forms.compared(">", size, size, -self.width)
        matches = Matches(sample, query, query, predicate)
        price = 1.1 if self.width else 1.0
        (total,) = matches.count("total", [value], self.scope, price)
        return total


def companions(marks: Iterable[int]) -> Iterator[Companion]:
    """Yield what weights may depend on, what holds at any length first.

    Args:
        marks: Tokens that may be marks.
    """
    yield Companion(Beside.NOTHING)
    for period in (2, 3):
        yield Companion(Beside.PLACE, period)
        yield Companion(Beside.PLACE_FROM_END, period)
    yield Companion(Beside.TOKEN_BEFORE)
    yield Companion(Beside.TOKEN_AFTER)
    for mark in marks:
        for beside in (Beside.MARK_BEFORE, Beside.MARK_AFTER):
            yield Companion(beside, 0, mark)
            yield Companion(beside, 2, mark)
    yield Companion(Beside.PLACE)
    yield Companion(Beside.PLACE_FROM_END)


def _marks(mark: int, side: Scope, sample: Sample, of: Inputs) -> Candidate:
    # The number of tokens on a side that are a mark.
    tokens, _, ones = of
    predicate = forms.constant(tokens.domain.size, mark)
    matches = Matches(sample, ones, tokens, predicate)
    (number,) = matches.count("constant", [ones], side, 1.1)
    return number


def _neighbour(side: Scope, sample: Sample, of: Inputs) -> Candidate:
    # The token beside, or a word of its own where there is none.
    tokens, positions, ones = of
    size, shift = positions.domain.size, -1 if side is Scope.BEFORE else 1
    same = forms.compared("==", size, size, shift)
    (near,) = Matches(sample, positions, positions, same).attend("near", [tokens], side)
    before = side is Scope.BEFORE
    count = positions if before else Span(side).sum_of(ones, sample, of)
    none = near.domain.size
    entries = np.repeat(np.arange(none)[:, None], count.domain.size, axis=1)
    entries[:, 0] = none  # (tokens, numbers of positions on that side)
    domain = Domain.of_tokens((*map(str, near.domain.values), NONE))
    return tabulate("beside", (near, count), entries, domain, sample.real)


def periodic(weights: Ids, known: Mask, modulus: int) -> Ids | None:
    """Return weights by remainder of the place that are those of every place.

    Either they come again and again, at least twice, or modulo something they grow by
    as much from each place to the next. Those of the first place may all differ by as
    much: it has one token in every sequence.

    Args:
        weights: (tokens, places) weights.
        known: Which of them occurred.
        modulus: Modulus of the sum; 0 for none.

    Returns:
        (tokens, period) weights; None if there are none.
    """
    places = np.flatnonzero(known.any(axis=0))
    used = np.asarray(known.any(axis=1))
    if len(places) < 4 or not known[np.ix_(used, places)].all():
        return None
    inner = weights[:, places]  # (tokens, places)
    first = int(places[0])
    for period in range(2, len(places) // 2 + 1):
        turn = inner[:, np.arange(len(places)) % period]
        if (turn == inner).all():
            return np.roll(turn[:, :period], first, axis=1)
    if not 0 < modulus < len(places):
        return None
    slope = inner[:, 2] - inner[:, 1]
    line = inner[:, 1:2] + slope[:, None] * (np.arange(len(places)) - 1)
    off = (line - inner)[used] % modulus
    if off[:, 1:].any() or (off[:, 0] != off[0, 0]).any():
        return None
    step = np.arange(modulus) - first - 1
    found: Ids = (inner[:, 1:2] + slope[:, None] * step) % modulus * used[:, None]
    return found
