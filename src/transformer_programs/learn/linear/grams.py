"""N-grams of sequences: which there are, and where they occur.

An n-gram stands at the position of its last token, as a program finds it: a head brings
what ends at the token before, and a table joins it with the token here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from transformer_programs.language import TOKENS, InputFormat

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

NONE = -1
"""The id of what is no n-gram of interest."""


@dataclass(frozen=True, slots=True)
class GramKind:
    """What n-grams are features: how long, and where they stand.

    Attributes:
        variable: The input variable that they are n-grams of: tokens, or a character
            feature.
        length: Tokens of each.
        start: Whether only those count that begin their sequence.
        end: Whether only those count that end it.
        placed: Whether n-grams at different places are different features.
        offset: For labels of tokens: how far after the labelled token they stand.
    """

    variable: str
    length: int
    start: bool = False
    end: bool = False
    placed: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Gram:
    """Tokens in a row, as a feature.

    Attributes:
        kind: What they are tokens of, and how they are tied.
        tokens: Their ids.
        place: The position of the last one, if it matters.
    """

    kind: GramKind
    tokens: tuple[int, ...]
    place: int = 0


@dataclass(frozen=True, eq=False)
class Corpus:
    """Sequences one after the other; memory grows with their tokens alone.

    Attributes:
        variables: (tokens,) ids of the values of every input variable.
        rows: (tokens,) number of the sequence that each stands in.
        before: (tokens,) how many tokens of it stand before.
        after: (tokens,) how many stand after.
        size: Number of sequences.
    """

    variables: dict[str, Ids]
    rows: Ids
    before: Ids
    after: Ids
    size: int

    @classmethod
    def of(cls, form: InputFormat, sequences: Sequence[Sequence[str]]) -> Corpus:
        """Return bare sequences, framed, as a corpus."""
        encoded = [np.array(form.encode(tokens), np.int64) for tokens in sequences]
        lengths = np.fromiter(map(len, encoded), np.int64, len(encoded))
        rows = np.repeat(np.arange(len(encoded)), lengths)
        before = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
        codes = np.concatenate([np.empty(0, np.int64), *encoded])
        variables = {TOKENS: form.word_ids(codes)}
        for surface in form.surfaces:
            variables[surface.name] = form.surface_ids(codes, surface.name)
        after = lengths[rows] - before - 1
        return cls(variables, rows, before, after, len(encoded))

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Grams:
    """The n-grams of some corpus that are frequent enough.

    Attributes:
        values: Number of values of each input variable.
        keys: By variable, for every length from 2 the sorted keys of its n-grams: the
            id of all but the last token times the number of values, plus the last
            token. The id of an n-gram is the place of its key; that of a single token
            is its own.
        span: Positions at which n-grams are told apart.
        once: (features,) which of them count once in a sequence, however often they
            occur.
        chosen: For every kind the sorted ids of the n-grams that are features; of
            placed ones, id times ``span`` plus place.
    """

    values: dict[str, int]
    keys: dict[str, tuple[Ids, ...]]
    span: int
    chosen: dict[GramKind, Ids]
    once: Mask

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        form: InputFormat,
        kinds: Sequence[GramKind],
        least: int,
        most_once: int = 0,
    ) -> Grams:
        """Return the n-grams of a corpus.

        Args:
            corpus: Sequences.
            form: What they are sequences of.
            kinds: Kinds of features.
            least: How often each feature occurs at least, unless it is a single token
                that may stand anywhere.
            most_once: Of every kind, so many features count once in a sequence: those
                that most occur there again.
        """
        sizes = {s.name: len(s.values) for s in form.surfaces}
        sizes[TOKENS] = len(form.vocabulary)
        longest: dict[str, int] = {}
        for kind in kinds:
            longest[kind.variable] = max(longest.get(kind.variable, 1), kind.length)
        keys: dict[str, tuple[Ids, ...]] = {}
        for variable, length in longest.items():
            keys[variable] = _frequent(corpus, variable, sizes[variable], length, least)
        span = int(corpus.before.max(initial=0)) + 1
        grams = cls(sizes, keys, span, {}, np.zeros(0, dtype=np.bool_))
        chosen = {}
        for kind, (_, ids) in grams.occurrences(corpus, kinds):
            found, times = np.unique(ids, return_counts=True)
            single = kind == GramKind(kind.variable, 1)
            chosen[kind] = found[times >= (1 if single else least)]
        once = np.zeros(sum(map(len, chosen.values())), dtype=np.bool_)
        grams = replace(grams, chosen=chosen, once=once)
        if most_once:
            found = grams.matrix(corpus).tocoo()
            again = np.bincount(found.col, found.data - 1, minlength=len(grams))
            for columns in grams.columns.values():
                those = again[columns]
                ranked = np.argsort(-those, kind="stable")[:most_once]
                once[columns][ranked[those[ranked] > 0]] = True
        return grams

    def __len__(self) -> int:
        return sum(map(len, self.chosen.values()))

    def ids(self, corpus: Corpus, variable: str) -> Iterator[Ids]:
        """Yield for every length the id of the n-gram that ends at each token."""
        ids = corpus.variables[variable]
        yield ids
        for kept in self.keys[variable]:
            ids = places(_keys(corpus, variable, ids, self.values[variable]), kept)
            yield ids

    def occurrences(
        self, corpus: Corpus, kinds: Sequence[GramKind]
    ) -> Iterator[tuple[GramKind, tuple[Ids, Ids]]]:
        """Yield for every kind where its n-grams stand, and the ids of features.

        Where is the number of the token that the n-gram is seen from.
        """
        levels = {name: [*self.ids(corpus, name)] for name in self.keys}
        for kind in kinds:
            known = levels[kind.variable]
            if kind.length > len(known):
                continue
            ids = known[kind.length - 1]
            here = ids != NONE
            if kind.start:
                here = here & (corpus.before == kind.length - 1)
            if kind.end:
                here = here & (corpus.after == 0)
            if kind.placed:
                here = here & (corpus.before < self.span)
                ids = ids * self.span + corpus.before
            if kind.offset:
                seen = _moved(corpus, kind.offset)
                here, ids = here[seen], ids[seen]
            where = np.flatnonzero(here)
            yield kind, (where, ids[where])

    def matrix(self, corpus: Corpus, *, by_token: bool = False) -> csr_array:
        """Return how often each feature occurs: (sequences, features).

        Args:
            corpus: Sequences.
            by_token: Whether there is a row for every token instead.
        """
        nothing = np.empty(0, dtype=np.int64)
        rows, columns = [nothing], [nothing]
        for kind, (where, ids) in self.occurrences(corpus, [*self.chosen]):
            place = places(ids, self.chosen[kind])
            known = place != NONE
            rows.append(where[known])
            columns.append(self.columns[kind].start + place[known])
        row, column = np.concatenate(rows), np.concatenate(columns)
        if not by_token:
            row = corpus.rows[row]
        size = len(corpus) if by_token else corpus.size
        found = csr_array((np.ones(len(row)), (row, column)), shape=(size, len(self)))
        found.sum_duplicates()
        found.data[self.once[found.indices]] = 1
        return found

    @cached_property
    def columns(self) -> dict[GramKind, slice]:
        """The columns of each kind."""
        ends = np.cumsum([0, *map(len, self.chosen.values())]).tolist()
        return dict(zip(self.chosen, map(slice, ends, ends[1:]), strict=False))

    @cached_property
    def named(self) -> tuple[Gram, ...]:
        """The features, in the order of the columns."""
        found = []
        for kind, ids in self.chosen.items():
            for index in ids.tolist():
                index, place = divmod(index, self.span) if kind.placed else (index, 0)
                found.append(Gram(kind, self._tokens(kind, index), place))
        return tuple(found)

    def _tokens(self, kind: GramKind, index: int) -> tuple[int, ...]:
        found: tuple[int, ...] = ()
        size = self.values[kind.variable]
        for kept in reversed(self.keys[kind.variable][: kind.length - 1]):
            index, token = divmod(int(kept[index]), size)
            found = (token, *found)
        return (index, *found)


def _frequent(
    corpus: Corpus, variable: str, values: int, longest: int, least: int
) -> tuple[Ids, ...]:
    ids, kept = corpus.variables[variable], []
    for _ in range(2, longest + 1):
        found = _keys(corpus, variable, ids, values)
        there, times = np.unique(found[found != NONE], return_counts=True)
        frequent = there[times >= least]
        if not len(frequent):
            break
        kept.append(frequent)
        ids = places(found, frequent)
    return tuple(kept)


def _keys(corpus: Corpus, variable: str, ids: Ids, values: int) -> Ids:
    # Of the n-grams that are one token longer, by that token.
    before = np.concatenate([[NONE], ids[:-1]])[: len(ids)]
    real = (corpus.before > 0) & (before != NONE)
    return np.where(real, before * values + corpus.variables[variable], NONE)


def places(found: Ids, kept: Ids) -> Ids:
    """Return the place of each in a sorted array, NONE of others."""
    if not len(kept):
        return np.full(len(found), NONE)
    place = np.searchsorted(kept, found).clip(max=len(kept) - 1)
    return np.where(kept[place] == found, place, NONE)


def _moved(corpus: Corpus, offset: int) -> Ids:
    # For every token the one so far after it; outside of its sequence the first one,
    # as a head without a match has it.
    here = np.arange(len(corpus))
    inside = (corpus.after >= offset) & (corpus.before >= -offset)
    return np.where(inside, here + offset, here - corpus.before)
