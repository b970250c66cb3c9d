"""Mealy machines: what a token says depends on the state before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1
"""A transition or an output that no data determine."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A finite automaton with outputs; it starts in state 0.

    Attributes:
        letters: Number of letters.
        step: By state and letter, the next state, or ``UNKNOWN``.
        said: By state and letter, the output, or ``UNKNOWN``. The letter after the last
            one stands for the end of a sequence.
    """

    letters: int
    step: tuple[tuple[int, ...], ...]
    said: tuple[tuple[int, ...], ...]

    @property
    def states(self) -> int:
        """Number of states."""
        return len(self.step)

    def run(self, words: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the state before every position, and after the last.

        Args:
            words: (sequences, length) letters; a negative one keeps the state.

        Returns:
            (sequences, length + 1) states; ``UNKNOWN`` from the first unknown
            transition on.
        """
        # A last row and a last column keep the state: unknown ones, and padding.
        table = np.full((self.states + 1, self.letters + 1), UNKNOWN, dtype=np.int64)
        table[:-1, :-1] = self.step
        table[:-1, -1] = np.arange(self.states)
        states = np.zeros((len(words), words.shape[1] + 1), dtype=np.int64)
        for place in range(words.shape[1]):
            states[:, place + 1] = table[states[:, place], words[:, place]]
        return states


def reachable(
    step: Sequence[Sequence[int]], said: Sequence[Sequence[int]], letters: int
) -> Machine:
    """Return the machine of the states that can be reached, in order of discovery."""
    order, index = [0], {0: 0}
    for state in order:
        for following in step[state]:
            if following != UNKNOWN and following not in index:
                index[following] = len(order)
                order.append(following)
    rows = [tuple(index.get(n, UNKNOWN) for n in step[state]) for state in order]
    outputs = [tuple(said[state]) for state in order]
    return Machine(letters, tuple(rows), tuple(outputs))


def minimised(machine: Machine) -> Machine:
    """Return the machine with states merged that nothing known tells apart.

    Where transitions are unknown this is greedy: pairs in order of discovery, of which
    something is known after the same letter.
    """
    merger = _Merger(machine)
    for b in range(1, machine.states):
        for a in range(b):
            if merger.merged(a, b):
                break
    return merger.machine()


class _Merger:
    def __init__(self, machine: Machine) -> None:
        self.letters = machine.letters
        self.parent = list(range(machine.states))
        self.step = [list(row) for row in machine.step]
        self.said = [list(row) for row in machine.said]
        self.undo: list[tuple[list[int], int, int]] = []

    def find(self, state: int) -> int:
        while self.parent[state] != state:
            state = self.parent[state]
        return state

    def merged(self, a: int, b: int) -> bool:
        """Merge two states and all that follows from it, or undo everything."""
        if self.find(a) != a or self.find(b) != b or not self._overlap(a, b):
            return False
        self.undo = []
        todo = [(a, b)]
        while todo:
            one, other = sorted(map(self.find, todo.pop()))
            if one == other:
                continue
            self._set(self.parent, other, one)
            if not self._agreed(self.said[one], self.said[other]):
                for values, place, old in reversed(self.undo):
                    values[place] = old
                return False
            todo += self._followed(self.step[one], self.step[other])
        return True

    def machine(self) -> Machine:
        known = [[n if n == UNKNOWN else self.find(n) for n in r] for r in self.step]
        return reachable(known, self.said, self.letters)

    def _overlap(self, a: int, b: int) -> bool:
        rows = (*self.step[a], *self.said[a]), (*self.step[b], *self.said[b])
        return any(UNKNOWN not in pair for pair in zip(*rows, strict=True))

    def _set(self, values: list[int], place: int, value: int) -> None:
        self.undo.append((values, place, values[place]))
        values[place] = value

    def _agreed(self, kept: list[int], given: list[int]) -> bool:
        # Fill in outputs, as long as no two are different.
        for letter, output in enumerate(given):
            if kept[letter] == UNKNOWN:
                self._set(kept, letter, output)
            elif output not in (UNKNOWN, kept[letter]):
                return False
        return True

    def _followed(self, kept: list[int], given: list[int]) -> list[tuple[int, int]]:
        # Fill in transitions, and return what is to be merged as well.
        pairs = []
        for letter, following in enumerate(given):
            if kept[letter] == UNKNOWN:
                self._set(kept, letter, following)
            elif following != UNKNOWN:
                pairs.append((kept[letter], following))
        return pairs
