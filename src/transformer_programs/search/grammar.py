"""The grammar: which modules are proposed, over which variables.

Nothing here knows a task. Every rule takes what is kept so far and yields candidates;
``learner.py`` ranks them and hands the best to the next layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations

import numpy as np

from transformer_programs.analysis import numeral
from transformer_programs.program import Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import Candidate, Matches
from transformer_programs.search.sample import Sample
from transformer_programs.search.score import LabelScores

SIDES = (Scope.BEFORE, Scope.AFTER)

SCOPES = {
    Scope.ALL: tuple(Scope),
    Scope.CAUSAL: (Scope.CAUSAL, Scope.BEFORE),
    Scope.BEFORE: (Scope.BEFORE,),
    Scope.AFTER: (Scope.AFTER,),
}
"""The scopes of heads, by the widest one that they may have."""

SET_SYMBOLS = 8
"""Sets of two constants are proposed up to this many tokens."""

CERTAIN = 0.995
"""A value that says one label this often makes a flag."""

LARGE = 4096
"""Tables with more entries are not proposed."""

SQUARE = 1 << 20
"""No predicate, and no table over tokens, has more entries: large vocabularies are only
read as they are, and copied."""

CONSTANTS = 64
"""Of a large vocabulary, so many of the most frequent tokens are looked for."""

Proposals = Iterator[Candidate]


class Grammar:
    """Rules over a sample and the three variables that every program starts with."""

    def __init__(
        self,
        sample: Sample,
        inputs: tuple[Candidate, Candidate, Candidate],
        vocabulary: tuple[str, ...],
        begin: int | None,
        end: int | None,
        widest: Scope = Scope.ALL,
    ) -> None:
        self.sample = sample
        self._numbers = np.array([_number(token) for token in vocabulary])
        self._begin = begin
        frame = [token for token in (begin, end) if token is not None]
        self._frame = np.array(frame, dtype=np.int64)
        self.tokens, self.positions, self.ones = inputs
        self._real = sample.real
        self._widest, self._scopes = widest, SCOPES[widest]
        self._sides = tuple(s for s in self._scopes if s in SIDES)

    def constant_counts(self) -> Proposals:
        """How many tokens are a given one, or one of two."""
        size = self.tokens.domain.size
        often = np.bincount(self.tokens.values[self._real], minlength=size)
        frequent = np.sort(np.argsort(-often, kind="stable")[:CONSTANTS])
        sets: list[tuple[int, ...]] = [(token,) for token in frequent.tolist()]
        if size <= SET_SYMBOLS:
            sets += combinations(range(size), 2)
        for chosen in sets:
            row = forms.constant(size, *chosen)
            matches = Matches(self.sample, self.ones, self.tokens, row)
            for scope in self._scopes:
                price = 1 + 0.1 * len(chosen)
                yield from matches.count("constant", [self.ones], scope, price)

    def places(self) -> Proposals:
        """How many positions follow, and the tokens beside me."""
        row = forms.anything()
        matches = Matches(self.sample, self.ones, self.ones, row)
        for scope in (Scope.AFTER, Scope.ALL):
            if scope in self._scopes:
                yield from matches.count("compare", [self.ones], scope)
        length = self.positions.domain.size
        for shift in (-1, 1) if Scope.AFTER in self._scopes else (-1,):
            row = forms.compared("==", length, length, shift)
            matches = Matches(self.sample, self.positions, self.positions, row)
            yield from matches.attend("near", [self.tokens], self._widest)

    def offsets(self) -> Proposals:
        """The token at every distance to the left and to the right."""
        length = self.positions.domain.size
        later = range(2, length) if Scope.AFTER in self._scopes else ()
        for shift in (*range(1 - length, -1), *later):
            row = forms.compared("==", length, length, shift)
            matches = Matches(self.sample, self.positions, self.positions, row)
            yield from matches.attend("near", [self.tokens], self._widest)

    def sums_of_tokens(self, tokens: Sequence[Candidate]) -> Proposals:
        """Sums and differences of tokens that are small numbers."""
        if self._numbers.any() and len(self._numbers) ** 2 <= LARGE:
            for a, b in combinations(tokens, 2):
                yield from forms.sums_of_tokens(a, b, self._numbers, self._real)

    def deciders(self, numbers: Iterable[Candidate]) -> Proposals:
        """The sign of a number - c at the nearest position where it is not zero.

        Also where only every second position has a say. So carries are found: a sum of
        digits that is 9 hands on what comes from the digits before it.
        """
        for number in numbers:
            for constant in range(1, number.domain.bound):
                signs = [forms.sign(number, constant, self._real)]
                signs += [
                    forms.sign_in_turn(
                        number, constant, self.positions, turn, self._real
                    )
                    for turn in (0, 1)
                ]
                for sign in signs:
                    row = forms.constant(3, 0, 2)
                    matches = Matches(self.sample, self.ones, sign, row)
                    for scope in self._sides:
                        yield from matches.attend("decider", [sign], scope)

    def comparisons(
        self, variables: Iterable[Candidate], summed: Sequence[Candidate]
    ) -> Proposals:
        """How many positions, or flags, have my value, a smaller one, a larger one."""
        for variable in _squared(variables):
            size = variable.domain.size
            for sign in ("==", "<", ">"):
                row = forms.compared(sign, size, size)
                matches = Matches(self.sample, variable, variable, row)
                for scope in self._scopes:
                    yield from matches.count("compare", summed, scope)

    def ranks(
        self, variables: Iterable[Candidate], summed: Sequence[Candidate]
    ) -> Proposals:
        """My place among all in rising or falling order, ties in order of position.

        Or my place among those with a flag, if I have it as well.
        """
        for variable in _squared(variables):
            counts = {
                (sign, scope): list(self._compared(variable, sign, scope, summed))
                for sign, scope in (
                    ("<", self._widest),
                    (">", self._widest),
                    *(("==", side) for side in self._sides),
                )
            }
            for sign in ("<", ">"):
                for side in self._sides:
                    pairs = zip(
                        counts[sign, self._widest], counts["==", side], strict=True
                    )
                    for a, b in pairs:
                        if a.domain.size * b.domain.size <= LARGE:
                            rank, among = forms.total(a, b, self._real), a.inputs[2]
                            yield rank
                            if among is not self.ones:
                                yield forms.masked(rank, among, self._real)

    def _compared(
        self, variable: Candidate, sign: str, scope: Scope, summed: Sequence[Candidate]
    ) -> Proposals:
        size = variable.domain.size
        row = forms.compared(sign, size, size)
        matches = Matches(self.sample, variable, variable, row)
        yield from matches.count("compare", summed, scope)

    def nearest(self, variables: Iterable[Candidate]) -> Proposals:
        """The token, or the place, of the nearest position that is (un)like me."""
        for variable in _squared(variables):
            size = variable.domain.size
            for sign in ("==", "!="):
                row = forms.compared(sign, size, size)
                matches = Matches(self.sample, variable, variable, row)
                for scope in self._sides:
                    yield from matches.attend("near", [self.tokens], scope)

    def extremes(self, variables: Iterable[Candidate]) -> Proposals:
        """The token and the place of the nearest largest or smallest value.

        Or of the nearest one for which there are one or two that go further: the
        frame's tokens have values too.
        """
        for variable in _squared(variables):
            for sign in ("<", ">"):
                for count in self._compared(variable, sign, self._widest, [self.ones]):
                    for further in range(min(3, count.domain.size)):
                        row = forms.constant(count.domain.size, further)
                        matches = Matches(self.sample, self.ones, count, row)
                        values = (self.tokens, self.positions)
                        yield from matches.attend("near", values, self._widest)

    def segments(self, flags: Sequence[Candidate]) -> Proposals:
        """Counts within the stretches that flags begin: as many flags so far."""
        starts = self.flag_counts(flags, (Scope.CAUSAL,))
        yield from self.comparisons(starts, [self.ones])

    def mirrored(self, keys: Iterable[Candidate]) -> Proposals:
        """The token of the position whose number is my position."""
        for key in keys:
            for shift in (-1, 0, 1):
                row = forms.compared(
                    "==", self.positions.domain.size, key.domain.size, shift
                )
                matches = Matches(self.sample, self.positions, key, row)
                yield from matches.attend("near", [self.tokens], self._widest)

    def flag_counts(
        self, flags: Iterable[Candidate], scopes: Iterable[Scope] = tuple(Scope)
    ) -> Proposals:
        """How many flags there are in a scope, of those that heads may have."""
        row = forms.anything()
        matches = Matches(self.sample, self.ones, self.ones, row)
        chosen = list(flags)
        if chosen:
            for scope in scopes:
                if scope in self._scopes:
                    yield from matches.count("flags", chosen, scope)

    def first_flags(self, counts: Iterable[Candidate]) -> Proposals:
        """Whether a count is 0: with what is before me, whether I am the first.

        Also for bare tokens alone: a frame's token is always the first of its kind.
        """
        for count in counts:
            if count.domain.numerical and count.domain.size > 2:
                zero = np.arange(count.domain.size) == 0
                yield forms.flag((count,), zero, self._real)
                bare = ~np.isin(np.arange(self.tokens.domain.size), self._frame)
                if not bare.all():
                    both = zero[:, None] & bare
                    yield forms.flag((count, self.tokens), both, self._real)

    def equality_flags(self, variables: Sequence[Candidate]) -> Proposals:
        """Whether two tokens are the same."""
        for a, b in combinations(_squared(variables), 2):
            if a.domain == b.domain:
                yield forms.same(a, b, self._real)
                yield forms.differs(a, b, self._real)

    def arithmetic(self, numbers: Sequence[Candidate]) -> Proposals:
        """Sums, differences and order of two numbers."""
        for a, b in combinations(numbers, 2):
            if a.domain.size * b.domain.size <= LARGE:
                yield forms.total(a, b, self._real)
                yield forms.order(a, b, self._real)
        for a, b in permutations(numbers, 2):
            if a.domain.size * b.domain.size <= LARGE:
                yield forms.difference(a, b, self._real)

    def masks(
        self, variables: Iterable[Candidate], flags: Sequence[Candidate]
    ) -> Proposals:
        """A variable where a flag is up."""
        for variable in variables:
            for flag in flags:
                if variable is not flag:
                    yield forms.masked(variable, flag, self._real)

    def fallbacks(
        self, copies: Iterable[Candidate], others: Sequence[Candidate]
    ) -> Proposals:
        """One copied token, or where nothing was found, so ``<s>`` copied, another."""
        if self._begin is None or self.tokens.domain.size**2 > SQUARE:
            return
        for a in copies:
            for b in others:
                if a is not b and a.domain == b.domain == self.tokens.domain:
                    yield forms.fallback(a, b, self._begin, self._real)

    def verdicts(
        self, scores: LabelScores, groups: Iterable[tuple[Candidate, ...]]
    ) -> Proposals:
        """Flags on the values of one or two variables that settle the label.

        What only one sequence says settles nothing.
        """
        for inputs in groups:
            shape = tuple(c.domain.size for c in inputs)
            if np.prod(shape) > LARGE:
                continue
            counts = scores.counts(*inputs)
            seen, known = counts.sum(axis=1), scores.support(*inputs) > 1
            for label in range(counts.shape[1]):
                sure = known & (counts[:, label] >= CERTAIN * seen)
                if 0 < counts[sure, label].sum() < seen.sum():
                    up, price = sure.reshape(shape), 1 + 0.01 * sure.size
                    yield forms.flag(inputs, up, self._real, price, "verdict")


def _squared(variables: Iterable[Candidate]) -> Iterator[Candidate]:
    """Those whose pairs of values are few enough for a predicate."""
    return (v for v in variables if v.domain.size**2 <= SQUARE)


def _number(token: str) -> int:
    """The number of up to two digits that a token is, else 0."""
    return (numeral(token) or 0) if len(token) <= 2 else 0
