"""N-grams of sequences: which there are, and how often each occurs.

An n-gram may be tied to the start or the end of a sequence. It is counted at the
position of its last token, as a program finds it: a head brings what ends at the token
before, and a table joins it with the token here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Ids = NDArray[np.int64]

NONE = -1
"""The id of what is no n-gram of interest."""


@dataclass(frozen=True, slots=True)
class Gram:
    """Tokens in a row.

    Attributes:
        tokens: Their ids.
        start: Whether the first of them begins the sequence.
        end: Whether the last of them ends it.
    """

    tokens: tuple[int, ...]
    start: bool = False
    end: bool = False

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Sequences one after the other; memory grows with their tokens alone.

    Attributes:
        tokens: (tokens,) ids.
        rows: (tokens,) number of the sequence that each stands in.
        before: (tokens,) how many tokens of it stand before.
        after: (tokens,) how many stand after.
        size: Number of sequences.
    """

    tokens: Ids
    rows: Ids
    before: Ids
    after: Ids
    size: int

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Corpus:
        """Return sequences of token ids as a corpus."""
        lengths = np.fromiter(map(len, sequences), np.int64, len(sequences))
        rows = np.repeat(np.arange(len(sequences)), lengths)
        starts = np.cumsum(lengths) - lengths
        before = np.arange(len(rows)) - starts[rows]
        parts = [np.asarray(s, dtype=np.int64) for s in sequences]
        tokens = np.concatenate([np.empty(0, np.int64), *parts])
        return cls(tokens, rows, before, lengths[rows] - before - 1, len(sequences))


@dataclass(frozen=True, eq=False)
class Grams:
    """The n-grams of some corpus that are frequent enough.

    Attributes:
        values: Number of different tokens.
        keys: For every length from 2 the sorted keys of its n-grams: the id of all but
            the last token times ``values``, plus the last token. The id of an n-gram
            is the place of its key; that of a single token is its own.
        least: In how many sequences each feature occurs at least.
        chosen: For every length, and each way to be tied (``TIES``), the ids of the
            n-grams that are features.
    """

    values: int
    keys: tuple[Ids, ...]
    chosen: tuple[tuple[Ids, ...], ...]

    @classmethod
    def of(cls, corpus: Corpus, values: int, longest: int, least: int) -> Grams:
        """Return the n-grams of a corpus.

        Args:
            corpus: Sequences.
            values: Number of different tokens.
            longest: Tokens of the longest n-grams.
            least: In how many sequences an n-gram of several tokens, or one that is
                tied, occurs at least.
        """
        keys: list[Ids] = []
        ids, known = corpus.tokens, values
        chosen = [_chosen(corpus, ids, 1, known, least)]
        for length in range(2, longest + 1):
            found = _keys(corpus, ids, values)
            frequent = np.unique(found[found != NONE], return_counts=True)
            kept = frequent[0][frequent[1] >= least]
            if not len(kept):
                break
            keys.append(kept)
            ids, known = _ids(found, kept), len(kept)
            chosen.append(_chosen(corpus, ids, length, known, least))
        return cls(values, tuple(keys), tuple(chosen))

    def __len__(self) -> int:
        return sum(len(ids) for ties in self.chosen for ids in ties)

    def ids(self, corpus: Corpus) -> Iterator[Ids]:
        """Yield for every length the id of the n-gram that ends at each token."""
        ids = corpus.tokens
        yield ids
        for kept in self.keys:
            ids = _ids(_keys(corpus, ids, self.values), kept)
            yield ids

    def matrix(self, corpus: Corpus) -> csr_array:
        """Return how often each feature occurs: (sequences, features)."""
        rows, columns, first = [], [], 0
        levels = zip(self.ids(corpus), self.chosen, strict=True)
        for length, (ids, ties) in enumerate(levels, start=1):
            for tie, features in zip(TIES, ties, strict=True):
                here = np.flatnonzero(_tied(corpus, ids, length, *tie))
                place = _ids(ids[here], features)
                rows.append(corpus.rows[here][place != NONE])
                columns.append(first + place[place != NONE])
                first += len(features)
        row, column = np.concatenate(rows), np.concatenate(columns)
        ones = np.ones(len(row))
        found = csr_array((ones, (row, column)), shape=(corpus.size, first))
        found.sum_duplicates()
        return found

    @cached_property
    def named(self) -> tuple[Gram, ...]:
        """The features, in the order of the columns."""
        return tuple(
            Gram(self.tokens(length, int(index)), *tie)
            for length, ties in enumerate(self.chosen, start=1)
            for tie, ids in zip(TIES, ties, strict=True)
            for index in ids
        )

    def tokens(self, length: int, index: int) -> tuple[int, ...]:
        """Return the tokens of the n-gram with this id."""
        found: tuple[int, ...] = ()
        for kept in reversed(self.keys[: length - 1]):
            index, token = divmod(int(kept[index]), self.values)
            found = (token, *found)
        return (index, *found)


TIES = ((False, False), (True, False), (False, True), (True, True))
"""Whether an n-gram begins its sequence, and whether it ends it."""


def _keys(corpus: Corpus, ids: Ids, values: int) -> Ids:
    # Of the n-grams that are one token longer, by that token.
    before = np.concatenate([[NONE], ids[:-1]])[: len(ids)]
    real = (corpus.before > 0) & (before != NONE)
    return np.where(real, before * values + corpus.tokens, NONE)


def _ids(found: Ids, kept: Ids) -> Ids:
    # The place of each in a sorted array, NONE of others.
    if not len(kept):
        return np.full(len(found), NONE)
    place = np.searchsorted(kept, found).clip(max=len(kept) - 1)
    return np.where(kept[place] == found, place, NONE)


def _tied(corpus: Corpus, ids: Ids, length: int, start: bool, end: bool) -> Ids:
    here = ids != NONE
    if start:
        here = here & (corpus.before == length - 1)
    return here & (corpus.after == 0) if end else here


def _chosen(
    corpus: Corpus, ids: Ids, length: int, known: int, least: int
) -> tuple[Ids, ...]:
    # Single tokens are features however rare they are.
    chosen = []
    for tie in TIES:
        here = _tied(corpus, ids, length, *tie)
        pairs = np.unique(corpus.rows[here] * known + ids[here])
        times = np.bincount(pairs % known, minlength=known)
        loose = length == 1 and tie == (False, False)
        chosen.append(np.flatnonzero(times >= (1 if loose else least)))
    return tuple(chosen)
