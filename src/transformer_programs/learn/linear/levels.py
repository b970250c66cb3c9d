"""What n-grams of a sum have to be told apart, and which variables tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from transformer_programs.learn.linear import pairs
from transformer_programs.learn.linear.grams import Gram, Ids, Mask

State = tuple[tuple[int, ...], bool]
"""Tokens, and whether they begin the sequence."""

_T = TypeVar("_T")

_LETTERS = "abcdefgh"


@dataclass(frozen=True, slots=True)
class GramTable:
    """N-grams of several tokens that one variable tells apart.

    Attributes:
        name: What it is called after ``gram_``: the length, and a letter if several
            variables share the n-grams of a length.
        states: Each with its id from 1.
        rows: The n-grams that are one token shorter, each with its id from 1, if others
            are of no interest to this variable.
        columns: The last tokens, likewise.
        once: Whether these count once in a sequence, and stand here for that alone.
    """

    name: str
    states: dict[State, int]
    rows: dict[State, int] | None = None
    columns: dict[int, int] | None = None
    once: bool = False


class Levels:
    """The n-grams of a sum by their length.

    Attributes:
        states: By length the n-grams that have to be told apart, each with an id from
            1: those of interest and what they begin with.
        ends: The tokens that end one of several tokens, each with an id from 1.
    """

    def __init__(self, grams: Sequence[Gram], once: Mask | None = None) -> None:
        self.states: dict[int, dict[State, int]] = {}
        ends: set[int] = set()
        for gram in grams:
            ends |= set(gram.tokens[1:])
            # Single tokens that may stand anywhere have a variable already.
            if len(gram.tokens) > 1 or gram.kind.start or gram.kind.end:
                for length in range(1, len(gram.tokens) + 1):
                    known = self.states.setdefault(length, {})
                    state = gram.tokens[:length], gram.kind.start
                    known.setdefault(state, len(known) + 1)
        self.ends = {token: index for index, token in enumerate(sorted(ends), 1)}
        self._longest = max(self.states, default=0)
        # A variable that is read elsewhere has all n-grams of its length.
        kinds = {gram.kind for gram in grams if len(gram.tokens) == self._longest}
        self._read = any(kind.placed or kind.offset for kind in kinds)
        flags = [] if once is None else np.flatnonzero(once).tolist()
        self._once = {grams[index].tokens for index in flags}

    def parts(self, length: int) -> tuple[GramTable, ...]:
        """Return the variables that tell n-grams of a length apart."""
        if length == self._longest and self._is_divided:
            return self._divided
        return (GramTable(str(length), self.states[length]),)

    @property
    def fits(self) -> bool:
        """Whether the tables that join n-grams are small enough."""
        single = [n for n in self.states if n > 1]
        if self._is_divided:
            single.remove(self._longest)
        if any(self._cells(length) > pairs.MOST_CELLS for length in single):
            return False
        if not self._is_divided:
            return True
        if pairs.is_hopeless(*self._pairs(self._tokens - self._once)):
            return False
        return self.cells <= pairs.MOST_CELLS_TOGETHER

    @property
    def cells(self) -> int:
        """How many cells the tables have that join the longest n-grams."""
        if not self._is_divided:
            return self._cells(self._longest) if self._longest > 1 else 0
        sizes = ((part.rows or {}, part.columns or {}) for part in self._divided)
        return sum((len(r) + 1) * (len(c) + 1) for r, c in sizes)

    def _cells(self, length: int) -> int:
        return (len(self.states[length - 1]) + 1) * (len(self.ends) + 1)

    @property
    def _is_divided(self) -> bool:
        if self._longest < 2 or self._read:
            return False
        return self._cells(self._longest) > pairs.MOST_CELLS

    @property
    def _tokens(self) -> set[tuple[int, ...]]:
        return {tokens for tokens, _ in self.states[self._longest]}

    @cached_property
    def _divided(self) -> tuple[GramTable, ...]:
        # What begins the sequence stands with the same tokens elsewhere, over which it
        # takes precedence.
        found = []
        once = self._tokens & self._once
        if once:
            found.append(self._part("once", once, once=True))
        others = sorted(self._tokens - once)
        tables = pairs.divided(*self._pairs(others)) if others else np.zeros(0)
        for letter, table in zip(_LETTERS, np.unique(tables), strict=False):
            chosen = {others[index] for index in np.flatnonzero(tables == table)}
            found.append(self._part(letter, chosen))
        return tuple(found)

    def _pairs(self, tokens: Iterable[tuple[int, ...]]) -> tuple[Ids, Ids]:
        ordered = sorted(tokens)
        starts: dict[tuple[int, ...], int] = {}
        rows = [starts.setdefault(one[:-1], len(starts)) for one in ordered]
        columns = [self.ends[one[-1]] for one in ordered]
        return np.array(rows, np.int64), np.array(columns, np.int64)

    def _part(
        self, letter: str, tokens: Set[tuple[int, ...]], *, once: bool = False
    ) -> GramTable:
        states, shorter = self.states[self._longest], self.states[self._longest - 1]
        kept = _numbered(state for state in states if state[0] in tokens)
        starts = {one[:-1] for one, _ in kept}
        rows = _numbered(state for state in shorter if state[0] in starts)
        columns = _numbered(sorted({one[-1] for one, _ in kept}))
        name = f"{self._longest}_{letter}" if once else f"{self._longest}{letter}"
        return GramTable(name, kept, rows, columns, once)


def _numbered(items: Iterable[_T]) -> dict[_T, int]:
    return {item: index for index, item in enumerate(items, 1)}
