"""Features of labelled tokens: values of variables at and around them, joined.

A *pattern* is a tuple of variables, each read so many tokens back from the last; its
states are the combinations of their values. A *view* of a pattern is its state so many
tokens after the labelled one. Values are brought by heads that look at the next token,
or at the one before, and outside of a sequence at its first position.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from transformer_programs.language import TOKENS, Domain, InputFormat, SurfaceKind
from transformer_programs.learn.linear.grams import NONE, Corpus, Ids, places

KIND = "kind"
"""The variable of capital letters, digits and signs: coarser than a shape."""

RARE = "other"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Variables, and how many tokens before the last each is read, farthest first."""

    parts: tuple[tuple[str, int], ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables read."""
        return tuple(name for name, _ in self.parts)


@dataclass(frozen=True, slots=True)
class View:
    """A pattern, seen from so many tokens before its last one."""

    pattern: Pattern
    offset: int


def view(*parts: tuple[str, int]) -> View:
    """Return the view of variables at offsets from the labelled token, in order."""
    last = parts[-1][1]
    return View(Pattern(tuple((name, last - at) for name, at in parts)), last)


def ngrams(variable: str, length: int, reach: int) -> Iterator[View]:
    """Yield the n-grams of a variable that lie so near."""
    for start in range(-reach, reach - length + 2):
        yield view(*((variable, start + i) for i in range(length)))


def of_words(form: InputFormat, classes: Sequence[str]) -> list[View]:
    """Return what is seen of words around a labelled one."""
    found = [*ngrams(TOKENS, 1, 2), *ngrams(TOKENS, 2, 1)]
    for surface in form.surfaces:
        shape = surface.kind is SurfaceKind.SHAPE
        found += ngrams(surface.name, 1, 2 if shape else 1)
    if any(surface.kind is SurfaceKind.SHAPE for surface in form.surfaces):
        found += [*ngrams(KIND, 2, 1), *ngrams(KIND, 3, 2), *ngrams(KIND, 5, 2)]
        found.append(view((TOKENS, 0), (KIND, 0)))
        found.append(view((TOKENS, -1), (KIND, 0)))
        found.append(view((KIND, 0), (TOKENS, 1)))
    for number, name in enumerate(classes):
        found += ngrams(name, 1, 2)
        if not number:  # the coarsest
            found += [*ngrams(name, 2, 1), *ngrams(name, 3, 1)]
    return found


def of_decisions(name: str, variables: Iterable[str]) -> list[View]:
    """Return what is seen of the decisions around a token.

    Args:
        name: The variable of the decisions.
        variables: What else there is.
    """
    found = [*ngrams(name, 1, 2), *ngrams(name, 2, 2), *ngrams(name, 3, 1)]
    found += [view((name, -1), (name, 1)), *ngrams(name, 5, 2)]
    found.append(view((name, -1), (TOKENS, 0)))
    if KIND in variables:
        found += [view((name, at), (KIND, 0)) for at in (-1, 0)]
        found.append(view((KIND, 0), (name, 1)))
    return found


def causal(views: Iterable[View]) -> list[View]:
    """Return the views that read no later token."""
    return [one for one in views if one.offset <= 0]


def kind_of(shape: str) -> str:
    """Return what letters, digits and signs a shape has, coarsely."""
    if len(shape) == 1 or shape == RARE:
        return shape
    upper, lower = "X" in shape, "x" in shape
    if "d" in shape:
        return "Xd" if upper else "xd" if lower else "d"
    if upper and lower:
        return "Xx" if shape[0] == "X" else "xX"
    return "X" if upper else "x" if lower else "c" if "c" in shape else "signs"


@dataclass(frozen=True, eq=False)
class Seen:
    """The features of some corpus that are frequent enough.

    Attributes:
        sizes: Number of values of each variable.
        keys: Of every pattern, for each part but the first the sorted keys of the
            states that are told apart: the id of the state before times the number of
            values, plus the value. The id of a state is the place of its key; of a
            single part it is the value.
        chosen: Of every view the sorted states that are features.
    """

    sizes: dict[str, int]
    keys: dict[Pattern, tuple[Ids, ...]]
    chosen: dict[View, Ids]

    @classmethod
    def of(
        cls,
        corpus: Corpus,
        domains: Mapping[str, Domain],
        views: Sequence[View],
        labelled: Ids,
        least: int,
    ) -> Seen:
        """Return the features of a corpus.

        Args:
            corpus: Sequences.
            domains: Those of their variables.
            views: Kinds of features.
            labelled: The tokens that have labels.
            least: How many of them have each feature, at least.
        """
        sizes = {name: domain.size for name, domain in domains.items()}
        keys: dict[Pattern, tuple[Ids, ...]] = {}
        seen = cls(sizes, keys, {})
        states: dict[Pattern, Ids] = {}
        for one in views:
            pattern = one.pattern
            if pattern not in keys:
                keys[pattern] = _frequent(corpus, pattern, sizes, least)
                states[pattern] = seen.states(corpus, pattern)
            ids = states[pattern][moved(corpus, one.offset)[labelled]]
            found, times = np.unique(ids[ids != NONE], return_counts=True)
            seen.chosen[one] = found[times >= least]
        return seen

    def __len__(self) -> int:
        return sum(map(len, self.chosen.values()))

    def states(self, corpus: Corpus, pattern: Pattern) -> Ids:
        """Return the state of a pattern at every token; NONE of rare ones."""
        return _states(corpus, pattern, self.sizes, self.keys[pattern])[-1]

    def matrix(self, corpus: Corpus, tokens: Ids) -> csr_array:
        """Return which features some tokens have; one more is always there."""
        states: dict[Pattern, Ids] = {}
        columns = []  # by view, for every token one or NONE
        start = 0
        for one, chosen in self.chosen.items():
            if one.pattern not in states:
                states[one.pattern] = self.states(corpus, one.pattern)
            ids = states[one.pattern][moved(corpus, one.offset)[tokens]]
            place = places(ids, chosen)
            columns.append(np.where(place == NONE, NONE, start + place))
            start += len(chosen)
        columns.append(np.full(len(tokens), start))
        every = np.stack(columns, axis=1)  # (tokens, views + 1)
        there = every != NONE
        ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
        indices = every[there]
        shape = len(tokens), start + 1
        return csr_array((np.ones(len(indices)), indices, ends), shape=shape)

    def values(self, pattern: Pattern, state: int) -> tuple[int, ...]:
        """Return the values that make a state."""
        found: tuple[int, ...] = ()
        parts = list(zip(pattern.parts[1:], self.keys[pattern], strict=True))
        for (name, _), kept in reversed(parts):
            state, value = divmod(int(kept[state]), self.sizes[name])
            found = (value, *found)
        return (state, *found)

    @property
    def starts(self) -> Ids:
        """The first column of every view, and the number of all."""
        return np.cumsum([0, *map(len, self.chosen.values())])


def _states(
    corpus: Corpus, pattern: Pattern, sizes: Mapping[str, int], keys: tuple[Ids, ...]
) -> list[Ids]:
    found = [_part(corpus, pattern, 0)]
    for number, kept in enumerate(keys, 1):
        value = _part(corpus, pattern, number)
        key = found[-1] * sizes[pattern.parts[number][0]] + value
        found.append(places(np.where(found[-1] == NONE, NONE, key), kept))
    return found


def _frequent(
    corpus: Corpus, pattern: Pattern, sizes: Mapping[str, int], least: int
) -> tuple[Ids, ...]:
    kept: tuple[Ids, ...] = ()
    for number in range(1, len(pattern.parts)):
        state = _states(corpus, pattern, sizes, kept)[-1]
        value = _part(corpus, pattern, number)
        key = np.where(
            state == NONE, NONE, state * sizes[pattern.parts[number][0]] + value
        )
        found, times = np.unique(key[key != NONE], return_counts=True)
        kept = (*kept, found[times >= least])
    return kept


def moved(corpus: Corpus, offset: int) -> Ids:
    """Return for every token the one that as many heads bring, one step each.

    A step out of the sequence leads to its first token.
    """
    here = np.arange(len(corpus))
    if offset < 0:
        step = np.where(corpus.before > 0, here - 1, here)
    else:
        step = np.where(corpus.after > 0, here + 1, here - corpus.before)
    for _ in range(abs(offset)):
        here = step[here]
    return here


def _part(corpus: Corpus, pattern: Pattern, number: int) -> Ids:
    name, back = pattern.parts[number]
    ids = corpus.variables[name]
    return ids[moved(corpus, -back)] if back else ids
