"""Weights of tokens whose sum tells the label, found by linear algebra.

If the label tells a sum, or its remainder, then in two sequences of the same label the
weights of the tokens add up alike. So they vanish on the differences of the numbers of
tokens, and elimination finds them: a few hundred sequences settle every weight. A label
that is a number is one more unknown. It is enough that one of the labels tells the
remainder, as that of a right check digit does. Where labels tell no more than whether
the sum is large, weights that separate them are rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from transformer_programs.analysis import numeral
from transformer_programs.data import Dataset, Encoded
from transformer_programs.language import Scope
from transformer_programs.search.candidate import (
    input_candidates,
)
from transformer_programs.search.letters import (
    Beside,
    Companion,
    Span,
    companions,
    periodic,
)
from transformer_programs.search.residues import (
    ENDLESS,
    SPARE,
    adding_up_to_one,
    solved,
    units,
    vanishing,
)
from transformer_programs.search.sample import Ids, sample_of
from transformer_programs.search.sums import Weights
from transformer_programs.search.thresholds import separating
from transformer_programs.system import UNIT, OutOfWorkError, Work

MOST_WORK = 400.0
"""The most units of work that weights are looked for with."""

MOST_LETTERS = 256
"""The most unknown weights."""

FEW_TOKENS = 32
"""The most tokens of which every one has labels of its own."""

MARKED = 12
"""The most tokens of a vocabulary each of which may be a mark."""

FEW_LABELS = 4
"""The most labels of which each is looked at alone."""

WINDOWS = range(2, 9)
"""Numbers of positions, up to the own one, that a sum may be taken over."""

EXAMPLES = 3000
"""The most labels that weights are found from, and of a label looked at alone."""

SEQUENCES = 6000
"""The most sequences that they are taken from."""

MOST_PAIRS = 1 << 21
"""The most pairs of positions of the sequences that weights are found from."""

SURE = 0.995
"""The part of the labels that a sum must tell to end the search for others."""

MANY_EACH = 20
"""Examples for every weight of which a threshold is rounded."""

MORE = 0.01
"""The part of the labels that a sum must tell beyond those found before."""

MOST_FOUND = 4
"""The most sums that are proposed."""

_COUNTING = 10  # operations for a token that is counted


def learn_weights(
    dataset: Dataset, train: Encoded, work: Work, widest: Scope = Scope.ALL
) -> list[Weights]:
    """Find weights of tokens whose sum, or its remainder, tells the label.

    Args:
        dataset: Data set.
        train: Its training part.
        work: Budget that everything is accounted to.
        widest: Widest scope of a head.
    """
    inner = Work(MOST_WORK)
    found: list[Weights] = []
    try:
        for weights in _Examples(dataset, train, inner, widest).found():
            # What depends on more has to tell more.
            if not found or weights.told > found[-1].told + MORE:
                found.append(weights)
            if weights.told >= SURE:
                break
    except OutOfWorkError:
        pass  # what has been found so far counts
    work.spend(inner.units * UNIT)
    return found[: -MOST_FOUND - 1 : -1]


@dataclass(frozen=True, eq=False, slots=True)
class _System:
    # What adds up alike: numbers of letters, those in the same class.
    rows: Ids  # examples
    classes: Ids  # of each of these
    number: Ids | None = None  # one more unknown: what the label is, as a number
    own: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    entries: Ids  # (letters,)
    modulus: int
    system: _System


@dataclass(frozen=True, eq=False, slots=True)
class _Alphabet:
    # Letters, numbered, at every place of the sequences, -1 for none; which token and
    # value beside each of them is, as one number; and how many such values there are.
    companion: Companion
    letters: Ids  # (sequences, length)
    used: Ids  # (letters,)
    size: int


class _Examples:
    """Labelled places of training sequences, and the letters that they see."""

    def __init__(
        self, dataset: Dataset, train: Encoded, work: Work, widest: Scope
    ) -> None:
        self._dataset, self._work, self._widest = dataset, work, widest
        tokens = dataset.input.vocabulary.tokens
        self._frame = [dataset.input.vocabulary.ids[t] for t in dataset.input.frame]
        self._tokens = len(tokens)
        numbers = (numeral(token) for token in tokens)
        self._numbers = np.array([-1 if n is None or n < 0 else n for n in numbers])
        sequences = self._chosen(dataset, train)
        work.spend(len(sequences) * dataset.input.max_length * 100)
        self._sample = sample_of(dataset, train, sequences)
        self._inputs = input_candidates(self._sample, tokens)
        row, place = np.nonzero(self._sample.judged)
        order = np.random.default_rng(1).permutation(len(row))
        self._row, self._place = row[order], place[order]  # (examples,)
        row, place = self._row, self._place
        self._labels = self._sample.labels[row, place]
        self._own = self._sample.tokens[row, place]

    def _chosen(self, dataset: Dataset, train: Encoded) -> Ids:
        # Different sequences in random order; of few labels as many of each.
        length = dataset.input.max_length
        most = min(SEQUENCES, max(1, MOST_PAIRS // length**2))
        chance = np.random.default_rng(0)
        order = chance.permutation(len(train))[: 4 * most]
        _, first = np.unique(train.ids[order], axis=0, return_index=True)
        order = order[np.sort(first)]
        if dataset.tagging or len(dataset.labels) > FEW_LABELS:
            return order[:most]
        labels = train.targets[order]
        rank = np.zeros(len(order), dtype=np.int64)
        for label in range(len(dataset.labels)):
            same = labels == label
            rank[same] = np.arange(np.count_nonzero(same))
        chosen: Ids = order[rank < most // len(dataset.labels)]
        return chosen

    def found(self) -> Iterator[Weights]:
        """Yield weights, those that depend on the token alone first."""
        for companion in companions(self._marks()):
            if not self._may_stand(companion):
                continue
            other = companion.variable(self._sample, self._inputs)
            size = 1 if other is None else other.domain.size
            letters = self._sample.tokens * size
            if other is not None:
                letters = letters + other.values
            none = np.isin(self._sample.tokens, self._frame) | ~self._sample.real
            used = np.unique(letters[~none])
            if 0 < len(used) <= MOST_LETTERS:
                known = np.where(none, -1, np.searchsorted(used, letters))
                alphabet = _Alphabet(companion, known, used, size)
                for span in self._spans(companion):
                    yield from self._over(span, alphabet)

    def _marks(self) -> list[int]:
        # The tokens of a small vocabulary that are no numbers, unless all are; those in
        # the fewest sequences first.
        tokens, real = self._sample.tokens, self._sample.real
        there = [((tokens == t) & real).any(axis=1).sum() for t in range(self._tokens)]
        used = [t for t, n in enumerate(there) if n and t not in self._frame]
        used = [t for t in used if self._numbers[t] < 0] or used
        used.sort(key=lambda token: there[token])
        return used if self._tokens <= MARKED else []

    def _may_stand(self, companion: Companion) -> bool:
        form, beside = self._dataset.input, companion.beside
        if companion.later and self._widest is not Scope.ALL:
            return False
        fixed = len(np.unique(self._sample.real.sum(axis=1))) == 1
        if beside is Beside.PLACE_FROM_END and fixed:
            return False
        size = self._tokens
        if beside in (Beside.TOKEN_BEFORE, Beside.TOKEN_AFTER):
            size *= size
        elif companion.of_place and not companion.period:
            size *= form.max_length - form.frame_size
        return size <= 2 * MOST_LETTERS

    def _spans(self, companion: Companion) -> Iterator[Span]:
        if not self._dataset.tagging:
            yield Span(Scope.ALL)
            return
        yield Span(Scope.CAUSAL)
        if companion.beside in (Beside.MARK_BEFORE, Beside.MARK_AFTER):
            return
        yield Span(Scope.BEFORE)
        if self._widest is Scope.ALL:
            yield Span(Scope.ALL)
            yield Span(Scope.AFTER)
        if companion.beside is Beside.NOTHING:
            for width in WINDOWS:
                yield Span(Scope.CAUSAL, width)

    def _over(self, span: Span, alphabet: _Alphabet) -> Iterator[Weights]:
        size = len(alphabet.used)
        some = np.arange(len(self._row))[:EXAMPLES]
        counts = self._counts(span, alphabet, some)  # (examples, letters)
        # A weight that changes all sums alike may be anything, so it is 0: that of the
        # first letters, so pivots are looked for from the last one on.
        apart = (counts[1:] - counts[0])[:, ::-1]
        pivots = vanishing(apart, ENDLESS, self._work).pivots
        told = np.sort(size - 1 - np.array(pivots, dtype=np.int64))
        if not len(told):
            return
        for system in self._systems(span, alphabet.companion, len(told)):
            rows = system.rows
            inside = len(rows) and rows[-1] < len(some)
            features = counts[rows] if inside else self._counts(span, alphabet, rows)
            number, free = system.number, told
            if number is not None:
                # A token that only comes with the largest number weighs as much.
                free = told[features[:, told].any(axis=0)]
            for weights, modulus in self._solved(system, features[:, free]):
                entries = np.zeros(size, dtype=np.int64)
                entries[free] = weights
                if number is None:
                    said = self._numbers[alphabet.used // alphabet.size]
                    entries = _natural(entries, modulus, said) if modulus else entries
                elif not modulus:
                    entries = self._without_constant(entries, features, number)
                    entries[np.setdiff1d(told, free)] = number.max() + 1
                found = _Found(entries, modulus, system)
                yield from self._told(span, alphabet, found, counts)
        if alphabet.companion.beside is Beside.NOTHING and not span.width:
            yield from self._separated(span, alphabet, counts, told)

    def _separated(
        self, span: Span, alphabet: _Alphabet, counts: Ids, told: Ids
    ) -> Iterator[Weights]:
        # Weights whose sum is larger for one label than for all others.
        labels, names = self._labels[: len(counts)], self._dataset.labels
        if len(names) > FEW_LABELS or len(labels) < len(told) * MANY_EACH:
            return
        for label in range(len(names) if len(names) > 2 else 1):
            weights = separating(counts[:, told], labels == label, self._work)
            if weights is not None:
                entries = np.zeros(len(alphabet.used), dtype=np.int64)
                entries[told] = weights
                found = _Found(entries, 0, _System(np.arange(len(labels)), labels))
                yield from self._told(span, alphabet, found, counts)

    def _told(
        self, span: Span, alphabet: _Alphabet, found: _Found, counts: Ids
    ) -> Iterator[Weights]:
        # The weights as a table, if their sum tells something.
        entries, modulus, system = found.entries, found.modulus, found.system
        said = self._said(counts @ entries, modulus, system.own)
        if said is None:
            return
        companion, size = alphabet.companion, alphabet.size
        table: Ids = np.zeros(self._tokens * size, dtype=np.int64)
        table[alphabet.used] = entries
        if size > 1:
            table = table.reshape(self._tokens, size)
            known = np.zeros(self._tokens * size, dtype=np.bool_)
            known[alphabet.used] = True
            shorter = None
            if companion.of_place and not companion.period:
                shorter = periodic(table, known.reshape(table.shape), modulus)
            if shorter is not None:
                companion, table = (
                    Companion(companion.beside, shorter.shape[1]),
                    shorter,
                )
        below = system.number is not None and int(system.number.min()) < 0
        yield Weights(companion, span, table, modulus, said, system.own, below)

    def _without_constant(self, weights: Ids, counts: Ids, numbers: Ids) -> Ids:
        # Weights whose sum is the number itself, if there are any.
        constant = int(numbers[0] - counts[0] @ weights)
        if not constant or (counts @ weights + constant != numbers).any():
            return weights
        one = adding_up_to_one(counts, self._work)
        return weights if one is None else weights + constant * one

    def _counts(self, span: Span, alphabet: _Alphabet, examples: Ids) -> Ids:
        # How often every letter stands where an example looks: (examples, letters)
        size = len(alphabet.used)
        seen = alphabet.letters[self._row[examples]]  # (examples, length)
        allowed = span.seen(seen.shape[1])[self._place[examples]] & (seen >= 0)
        self._work.spend(seen.size * _COUNTING + len(seen) * size)
        index = np.arange(len(seen))[:, None] * size + seen
        found = np.bincount(index[allowed], minlength=len(seen) * size)
        return found.reshape(len(seen), size).astype(np.int64)

    def _solved(self, system: _System, features: Ids) -> Iterator[tuple[Ids, int]]:
        classes = system.classes
        if system.number is not None:
            features = np.column_stack([features, system.number])
        _, first, inverse = np.unique(classes, return_index=True, return_inverse=True)
        apart = features - features[first[inverse]]
        apart = apart[apart.any(axis=1)]
        if len(apart) < features.shape[1] + SPARE // 2:
            return
        last = system.number is not None
        for weights, modulus in solved(apart, self._work, last):
            yield (weights[:-1] if last else weights), modulus

    def _systems(
        self, span: Span, companion: Companion, size: int
    ) -> Iterator[_System]:
        names, tokens = self._dataset.labels, self._tokens
        every = np.arange(len(self._labels))[:EXAMPLES]
        labels = self._labels[every]
        one = np.zeros_like(labels)
        if all(re.fullmatch(r"-?\d{1,9}", name) for name in names):
            number = np.array([int(name) for name in names])[labels]
            # The largest number may stand for all larger ones.
            inside = np.flatnonzero(number < number.max())
            yield _System(inside, one[inside], number[inside])
        yield _System(every, labels)
        few = len(names) <= FEW_LABELS
        if few:
            yield from self._alone(self._labels, size)
        sided = span.scope in (Scope.BEFORE, Scope.AFTER)
        alone = companion.beside is Beside.NOTHING
        if sided and alone and tokens <= FEW_TOKENS:
            # Of every token the labels tell something else.
            joint = self._own * len(names) + self._labels
            yield _System(every, joint[every], own=True)
            if few:
                yield from self._alone(joint, size, own=True)

    def _alone(self, classes: Ids, size: int, own: bool = False) -> Iterator[_System]:
        # Every class by itself, if it has examples enough.
        for value in np.unique(classes).tolist():
            rows = np.flatnonzero(classes == value)[:EXAMPLES]
            if size + SPARE <= len(rows) < len(classes):
                yield _System(rows, np.zeros_like(rows), own=own)

    def _said(self, sums: Ids, modulus: int, own: bool) -> float | None:
        # The part of the labels that the majority of every value gives right; None if
        # that is not more than without.
        labels, count = self._labels[: len(sums)], len(self._dataset.labels)
        self._work.spend(len(labels) * 20)

        def right(values: Ids) -> int:
            _, cells = np.unique(values, return_inverse=True)
            table = np.zeros((int(cells.max()) + 1, count), dtype=np.int64)
            np.add.at(table, (cells, labels), 1)
            return int(table.max(axis=1).sum()) - len(table)

        values = sums % modulus if modulus else sums
        alone = self._own[: len(sums)] if own else np.zeros_like(labels)
        both = (values - values.min()) * self._tokens + alone
        if right(both) <= right(alone):
            return None
        cells = len(np.unique(both))
        return (right(both) + cells) / len(labels)


def _natural(weights: Ids, modulus: int, numbers: Ids) -> Ids:
    # Of the multiples that tell the same, the one with most tokens that are their own
    # number; then the smallest.
    known = numbers > 0
    multiples = units(modulus)[:, None] * weights % modulus
    alike = ((multiples == numbers % modulus) & known).sum(axis=1)
    order = np.lexsort((multiples.sum(axis=1), -alike))
    chosen: Ids = multiples[order[0]]
    return chosen
