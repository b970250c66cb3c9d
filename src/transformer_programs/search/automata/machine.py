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
    states = machine.states
    parent = list(range(states))
    step = [list(row) for row in machine.step]
    said = [list(row) for row in machine.said]

    def find(state: int) -> int:
        while parent[state] != state:
            state = parent[state]
        return state

    def joined(a: int, b: int) -> bool:
        # Merge two states and all that follows from it, or undo everything.
        undo: list[tuple[list[int], int, int]] = []
        todo = [(a, b)]
        while todo:
            one, other = sorted(map(find, todo.pop()))
            if one == other:
                continue
            undo.append((parent, other, other))
            parent[other] = one
            for letter, output in enumerate(said[other]):
                kept = said[one][letter]
                if kept == UNKNOWN:
                    undo.append((said[one], letter, kept))
                    said[one][letter] = output
                elif output not in (UNKNOWN, kept):
                    for values, place, old in reversed(undo):
                        values[place] = old
                    return False
            for letter, following in enumerate(step[other]):
                kept = step[one][letter]
                if kept == UNKNOWN:
                    undo.append((step[one], letter, kept))
                    step[one][letter] = following
                elif following != UNKNOWN:
                    todo.append((kept, following))
        return True

    def overlap(a: int, b: int) -> bool:
        rows = zip((*step[a], *said[a]), (*step[b], *said[b]), strict=True)
        return any(UNKNOWN not in pair for pair in rows)

    for b in range(1, states):
        for a in range(b):
            roots = find(a) == a and find(b) == b
            if roots and overlap(a, b) and joined(a, b):
                break
    known = [[n if n == UNKNOWN else find(n) for n in row] for row in step]
    return reachable(known, said, machine.letters)
