"""Grammar of the search: which heads and tables are proposed, over which variables.

Nothing here knows a task. Every rule takes variables that were kept so far and yields
candidates; ``layers.py`` ranks them and hands the best to the next layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, permutations, product

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.attributes import attributes, in_order
from transformer_programs.search.automata.heights import Height
from transformer_programs.search.candidate import (
    Attention,
    Candidate,
    Matches,
    tabulate,
)
from transformer_programs.search.sample import Mask, Sample
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
"""The most tokens of a vocabulary of which sets of two are proposed."""

SINGLE_PRICE = 1.1
"""Price of a count of a single token."""

CERTAIN = 0.995
"""The share of one label from which on a value makes a flag."""

LARGE, LARGEST_SUM = 4096, 1 << 16
"""The most entries of a table that is proposed, and of one of sums of tokens."""

DECIDED = 200
"""The most values of a number whose sign at nearest positions is proposed."""

SQUARE = 1 << 20
"""The most entries of a predicate, or a table over tokens: large vocabularies are only
read as they are, and copied."""

LATCHED = 12
"""The most tokens of a vocabulary each of which is looked for nearby."""

MODULI = 5
"""The largest modulus of remainders."""

ENDS = 4
"""The most tokens at each end of a sequence that are looked for, with the frame's."""

WINDOWS = 8
"""The most positions of a window that is summed."""

CONSTANTS = 64
"""The most tokens of a large vocabulary that are looked for, the most frequent."""

Proposals = Iterator[Candidate]

Mark = tuple[Candidate, *tuple[int, ...]]
"""A variable, and those of its values that are looked for."""


class Grammar:
    """Rules over a sample and the three variables that every program starts with.

    Args:
        sample: Sequences that candidates are computed on.
        inputs: ``tokens``, ``positions`` and ``ones``.
        vocabulary: Tokens, in order of their ids.
        begin: Id of the token that begins every sequence, if one does.
        end: Id of the token that ends every sequence, if one does.
        widest: Widest scope of a head.
    """

    def __init__(
        self,
        sample: Sample,
        inputs: tuple[Candidate, Candidate, Candidate],
        vocabulary: tuple[str, ...],
        begin: int | None,
        end: int | None,
        widest: Scope = Scope.ALL,
    ) -> None:
        self._numbers = forms.numbers_of(vocabulary)
        self._begin = begin
        self._frame = [token for token in (begin, end) if token is not None]
        self.tokens, self.positions, self.ones = inputs
        self.sample, self._real = sample, sample.real
        self._widest, self._scopes = widest, SCOPES[widest]
        self._sides = tuple(s for s in self._scopes if s in SIDES)

    def _matches(self, query: Candidate, key: Candidate, predicate: Mask) -> Matches:
        return Matches(self.sample, query, key, predicate)

    def _like(self, variable: Candidate, sign: str, shift: int = 0) -> Matches:
        # The positions whose value compares so with mine.
        size = variable.domain.size
        predicate = forms.compared(sign, size, size, shift)  # (queries, keys)
        return self._matches(variable, variable, predicate)

    def _everywhere(self) -> Matches:
        return self._matches(self.ones, self.ones, np.ones((2, 2), dtype=np.bool_))

    def constant_counts(self) -> Proposals:
        """Propose the numbers of a given token, or of two of them."""
        size = self.tokens.domain.size
        often = np.bincount(self.tokens.values[self._real], minlength=size)
        frequent = np.sort(np.argsort(-often, kind="stable")[:CONSTANTS])
        sets: list[tuple[int, ...]] = [(token,) for token in frequent.tolist()]
        if size <= SET_SYMBOLS:
            sets += combinations(range(size), 2)
        for chosen in sets:
            predicate = forms.constant(size, *chosen)
            matches = self._matches(self.ones, self.tokens, predicate)
            price = SINGLE_PRICE + 0.1 * (len(chosen) - 1)
            for scope in self._scopes:
                yield from matches.count("constant", [self.ones], scope, price)

    def height(self, letters: Sequence[int], height: Height, scope: Scope) -> Candidate:
        """Return the sign of a height, by numbers of tokens that add and take one.

        If it counts from an end on, whether it is away from there: then it went further
        before than it is.

        Args:
            letters: By token, its letter, or a negative number.
            height: What is counted.
            scope: Positions that are counted.
        """
        size, adds = self.tokens.domain.size, height.adds

        def counted(amount: int) -> Candidate:
            chosen = [t for t, n in enumerate(letters) if n >= 0 and adds[n] == amount]
            predicate = forms.constant(size, *chosen)
            matches = self._matches(self.ones, self.tokens, predicate)
            price = SINGLE_PRICE + 0.1 * (len(chosen) - 1)
            return next(matches.count("constant", [self.ones], scope, price))

        up, down = counted(1), counted(-1)
        if not height.end:
            return forms.order(up, down, self._real)
        above = forms.difference(up, down, self._real)
        matches = self._like(above, ">" if height.end > 0 else "<")
        (further,) = matches.count("compare", [self.ones], scope)
        some = np.arange(further.domain.size) > 0
        return forms.flag((further,), some, self._real)

    def stacks(self) -> Proposals:
        """Propose what is left of the tokens that one token takes back, from the top.

        A token is left if at no later position the one that takes back has come more
        often since than others. The number of those left from it on is its place, 0
        where it is not left. So a key that is pressed by mistake is taken back.
        """
        size, (ones, real) = self.tokens.domain.size, (self.ones, self._real)
        seen = np.unique(self.tokens.values[real]).tolist()
        bare = [token for token in seen if token not in self._frame]
        if len(bare) > SET_SYMBOLS or self._widest is not Scope.ALL:
            return
        for token in bare:
            others = [other for other in bare if other != token]
            counts = [
                self._matches(ones, self.tokens, forms.constant(size, *chosen))
                for chosen in ([token], others)
            ]
            taken, put = (
                next(matches.count("constant", [ones], Scope.CAUSAL, SINGLE_PRICE))
                for matches in counts
            )
            if taken.domain.size * put.domain.size > LARGE:
                return
            deep = forms.difference(taken, put, real)
            (deeper,) = self._like(deep, ">").count("compare", [ones], Scope.AFTER)
            none = np.arange(deeper.domain.size) == 0
            up = none[:, None] & np.isin(np.arange(size), others)
            left = forms.flag((deeper, self.tokens), up, real)
            (above,) = self._everywhere().count("flags", [left], Scope.AFTER)
            yield forms.masked(above, left, real)

    def places(self) -> Proposals:
        """Propose the number of positions that follow, and the tokens beside me."""
        matches = self._everywhere()
        for scope in (Scope.AFTER, Scope.ALL):
            if scope in self._scopes:
                yield from matches.count("compare", [self.ones], scope)
        beside = (-1, 1) if Scope.AFTER in self._scopes else (-1,)
        yield from self.shifted([self.positions], beside)

    def attributes(self) -> Proposals:
        """Propose parts of the spelling of tokens, and sorts of their characters."""
        known = self.tokens.domain.tokens
        if len(known) > CONSTANTS:
            return
        words = [
            "" if index in self._frame or word == "<unk>" else word
            for index, word in enumerate(known)
        ]
        for name, values in attributes(words):
            texts = in_order(values)
            entries = np.array([texts.index(value) for value in values])
            domain, read = Domain.of_tokens(texts), (self.tokens,)
            yield tabulate(name, read, entries, domain, self._real)

    def shifted(self, keys: Iterable[Candidate], shifts: Iterable[int]) -> Proposals:
        """Propose the token where a number is my position, or so much more."""
        length = self.positions.domain.size
        for key, shift in product(keys, shifts):
            predicate = forms.compared("==", length, key.domain.size, shift)
            matches = self._matches(self.positions, key, predicate)
            yield from matches.attend("near", [self.tokens], self._widest)

    def latches(
        self,
        marks: Iterable[Mark],
        values: Sequence[Candidate],
        scopes: Iterable[Scope] = SIDES,
        family: str = "latch",
    ) -> Proposals:
        """Propose values at the nearest position with a mark: a variable's value."""
        for key, *chosen in marks:
            predicate = forms.constant(key.domain.size, *chosen)
            matches = self._matches(self.ones, key, predicate)
            for scope in scopes:
                if scope in self._scopes:
                    yield from matches.attend(family, values, scope)

    def numbers_of_tokens(self) -> Proposals:
        """Propose the number that a token is, 0 where it is none."""
        if self._numbers.any():
            yield from forms.number_of_token(self.tokens, self._numbers, self._real)

    def sums(self, values: Sequence[Candidate]) -> Proposals:
        """Propose sums of numbers in scopes, and in windows up to the own position."""
        if not values:
            return
        everywhere = self._everywhere()
        for scope in self._scopes:
            yield from everywhere.count("total", values, scope)
        for width in range(2, WINDOWS + 1):
            matches = self._like(self.positions, ">", -width)
            yield from matches.count("window", values, Scope.CAUSAL, 1.1)

    def remainders(self, numbers: Iterable[Candidate]) -> Proposals:
        """Propose remainders of numbers, and their halves."""
        for number in numbers:
            size = number.domain.size
            for modulus in range(2, min(MODULI, size - 1) + 1):
                yield forms.remainder(number, modulus, self._real)
            if size > 3:
                yield forms.half(number, self._real)

    def sums_of_tokens(self, tokens: Sequence[Candidate]) -> Proposals:
        """Propose sums and differences of tokens that are small numbers."""
        if self._numbers.any() and len(self._numbers) ** 2 <= LARGEST_SUM:
            for a, b in combinations(tokens, 2):
                yield from forms.sums_of_tokens(a, b, self._numbers, self._real)

    def larger_tokens(self, tokens: Sequence[Candidate]) -> Proposals:
        """Propose the larger and the smaller of two tokens that are numbers."""
        if self._numbers.any() and len(self._numbers) ** 2 <= LARGEST_SUM:
            for a, b in combinations(tokens, 2):
                yield from forms.larger_of_tokens(a, b, self._numbers, self._real)

    def deciders(self, numbers: Iterable[Candidate]) -> Proposals:
        """Propose the sign of a number - c at the nearest position where it is not 0.

        Also where only every second position has a say. So carries are found: a sum of
        digits that is 9 hands on what comes from the digits before it.
        """
        places = self.positions
        for number in numbers:
            if number.domain.size > DECIDED:
                continue
            for c in range(1, number.domain.bound):
                signs = [forms.sign(number, c, self._real)]
                for turn in (0, 1):
                    one = forms.sign_in_turn(number, c, places, turn, self._real)
                    signs.append(one)
                for sign in signs:
                    yield from self.latches([(sign, 0, 2)], [sign], family="decider")

    def comparisons(
        self,
        variables: Iterable[Candidate],
        summed: Sequence[Candidate],
        signs: Sequence[str] = ("==", "<", ">"),
    ) -> Proposals:
        """Propose numbers of positions, or flags, with my value, smaller, or larger."""
        for variable in _squared(variables) if summed else ():
            for sign in signs:
                matches = self._like(variable, sign)
                for scope in self._scopes:
                    yield from matches.count("compare", summed, scope)

    def ranks(
        self, variables: Iterable[Candidate], summed: Sequence[Candidate]
    ) -> Proposals:
        """Propose my rank in rising or falling order, ties in order of position.

        Or my rank among those with a flag, if I have it as well.
        """

        def counted(variable: Candidate, sign: str, scope: Scope) -> list[Candidate]:
            return [*self._like(variable, sign).count("compare", summed, scope)]

        for variable in _squared(variables):
            beyond = {
                sign: counted(variable, sign, self._widest) for sign in ("<", ">")
            }
            ties = {side: counted(variable, "==", side) for side in self._sides}
            for sign, side in product(beyond, ties):
                for a, b in zip(beyond[sign], ties[side], strict=True):
                    if a.domain.size * b.domain.size <= LARGE:
                        rank, among = forms.total(a, b, self._real), a.inputs[2]
                        yield rank
                        if among is not self.ones:
                            yield forms.masked(rank, among, self._real)

    def kinds(self) -> Proposals:
        """Propose flags for every bare token, where there are few."""
        size = self.tokens.domain.size
        bare = [token for token in range(size) if token not in self._frame]
        for token in bare if len(bare) <= SET_SYMBOLS else ():
            yield forms.flag((self.tokens,), np.arange(size) == token, self._real)

    def nearest(self, variables: Iterable[Candidate]) -> Proposals:
        """Propose the token, and the place, of the nearest that is like me, or not."""
        for variable in _squared(variables):
            for sign in ("==", "!="):
                matches = self._like(variable, sign)
                for scope in self._sides:
                    yield from matches.attend(
                        "near", [self.tokens, self.positions], scope
                    )

    def extremes(self, variables: Iterable[Candidate], scope: Scope) -> Proposals:
        """Propose the token and the place of the nearest largest or smallest value.

        Of those in scope, each among those that it sees: so a causal one is a record.
        Or of the nearest one for which there are one or two that go further: the
        frame's tokens have values too.
        """
        values = (self.tokens, self.positions)
        for variable, sign in product(_squared(variables), ("<", ">")):
            matches = self._like(variable, sign)
            (count,) = matches.count("compare", [self.ones], scope)
            marks = [(count, further) for further in range(min(3, count.domain.size))]
            yield from self.latches(marks, values, [scope], "near")

    def flag_counts(
        self, flags: Iterable[Candidate], scopes: Iterable[Scope] = tuple(Scope)
    ) -> Proposals:
        """Propose the numbers of flags in scopes, of those that heads may have."""
        matches, chosen = self._everywhere(), list(flags)
        for scope in scopes if chosen else ():
            if scope in self._scopes:
                yield from matches.count("flags", chosen, scope)

    def first_flags(self, counts: Iterable[Candidate]) -> Proposals:
        """Propose whether a count is 0: of what is before me, whether I am the first.

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
        """Propose whether two tokens are the same, and whether they differ."""
        for a, b in combinations(_squared(variables), 2):
            if a.domain == b.domain:
                for sign in ("==", "!="):
                    up = forms.compared(sign, a.domain.size, b.domain.size)
                    yield forms.flag((a, b), up, self._real)

    def arithmetic(self, numbers: Sequence[Candidate]) -> Proposals:
        """Propose sums, differences and order of two numbers."""

        def few(a: Candidate, b: Candidate) -> bool:
            return a.domain.size * b.domain.size <= LARGE

        for a, b in combinations(numbers, 2):
            if few(a, b):
                yield forms.total(a, b, self._real)
                yield forms.order(a, b, self._real)
        for a, b in permutations(numbers, 2):
            if few(a, b):
                yield forms.difference(a, b, self._real)

    def orders(self, counts: Iterable[Candidate]) -> Proposals:
        """Propose which of two values is more frequent among the same positions."""
        for a, b in combinations(counts, 2):
            alike = a.inputs[:2] == b.inputs[:2] and _scope(a) == _scope(b)
            if alike and a.domain.size * b.domain.size <= LARGE:
                yield forms.order(a, b, self._real)

    def never(self, orders: Iterable[Candidate]) -> Proposals:
        """Propose how often a count was the smaller, or larger, one so far; if never.

        The counts are those up to every position.
        """
        everywhere, orders = self._everywhere(), list(orders)
        for order, sign in product(orders, (0, 2)):
            if _scope(order.inputs[0]) is not Scope.CAUSAL:
                continue
            so = forms.flag((order,), np.arange(order.domain.size) == sign, self._real)
            (times,) = everywhere.count("never", [so], Scope.CAUSAL)
            yield times
            zero = np.arange(times.domain.size) == 0
            yield forms.flag((times,), zero, self._real, family="never")

    def masks(
        self, variables: Iterable[Candidate], flags: Sequence[Candidate]
    ) -> Proposals:
        """Propose a variable where a flag is up."""
        for variable, flag in product(variables, flags):
            if variable is not flag:
                yield forms.masked(variable, flag, self._real)

    def fallbacks(
        self, copies: Iterable[Candidate], others: Sequence[Candidate]
    ) -> Proposals:
        """Propose one copied token, or where it is ``<s>``, so none, another."""
        if self._begin is None or self.tokens.domain.size**2 > SQUARE:
            return
        for a, b in product(copies, others):
            if a is not b and a.domain == b.domain == self.tokens.domain:
                yield forms.fallback(a, b, self._begin, self._real)

    def verdicts(
        self, scores: LabelScores, groups: Iterable[tuple[Candidate, ...]]
    ) -> Proposals:
        """Propose flags on the values of one or two variables that settle the label.

        What only one sequence says settles nothing.
        """
        for inputs in groups:
            shape = tuple(c.domain.size for c in inputs)
            if np.prod(shape) > LARGE:
                continue
            counts = scores.counts(*inputs)  # (values, labels)
            seen, known = counts.sum(axis=1), scores.support(*inputs) > 1
            sure = known[:, None] & (counts >= CERTAIN * seen[:, None])
            told = (counts * sure).sum(axis=0)  # (labels,)
            # Some, but not all.
            for label in np.flatnonzero((told > 0) & (told < seen.sum())):
                up, price = sure[:, label].reshape(shape), 1 + 0.01 * seen.size
                yield forms.flag(inputs, up, self._real, price, "verdict")


def _scope(head: Candidate) -> Scope | None:
    return head.rule.scope if isinstance(head.rule, Attention) else None


def _squared(variables: Iterable[Candidate]) -> Iterator[Candidate]:
    # Those whose pairs of values are few enough for a predicate.
    return (v for v in variables if v.domain.size**2 <= SQUARE)
