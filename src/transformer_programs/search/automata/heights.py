"""Heights: counters without bound in machines that were learned up to a length.

Among states that lead to each other, letters that add or take one raise a height. A
machine can only have as many heights as the longest sequence has letters; numbers of
letters have no such limit. So where letters add constants to something, and no sum of
them comes back to 0 that should not, it is counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transformer_programs.search.automata.machine import UNKNOWN, Machine

LEAST = 4
"""The least number of heights: fewer are states like others."""

MOST_LETTERS = 8
"""The most letters whose amounts are tried."""


def amounts(machine: Machine) -> tuple[int, ...] | None:
    """Return what each letter adds to the height, -1, 0 or 1; None if there is none.

    Every transition between states that lead to each other agrees, but that the
    greatest and the least height may stay where they are. Of the amounts that do, those
    with the most heights are taken.
    """
    if machine.states < LEAST or machine.letters > MOST_LETTERS:
        return None
    best, most = None, LEAST - 1
    # (amounts, letters)
    tried = np.indices((3,) * machine.letters).reshape(machine.letters, -1).T - 1
    for states in _components(machine):
        if len(states) < LEAST:
            continue
        paths, cycles = _walks(machine, states)
        agree = tried[(tried @ cycles.T == 0).all(axis=1)]
        heights = agree @ paths.T  # (amounts, states)
        top, bottom = heights.max(axis=1), heights.min(axis=1)
        fits = top - bottom > 0
        for place, state in enumerate(states):
            for letter, following in enumerate(machine.step[state]):
                if following == state:
                    end = np.where(agree[:, letter] > 0, top, bottom)
                    fits &= (agree[:, letter] == 0) | (heights[:, place] == end)
        spread = np.where(fits, top - bottom + 1, 0)
        chosen = int(spread.argmax())
        if spread[chosen] > most:
            most, best = int(spread[chosen]), tuple(agree[chosen].tolist())
    return best


def _components(machine: Machine) -> list[list[int]]:
    # Sets of states that lead to each other.
    size = machine.states
    leads = np.eye(size, dtype=np.bool_)
    for state, row in enumerate(machine.step):
        leads[state, [n for n in row if n != UNKNOWN]] = True
    for _ in range(size.bit_length()):
        leads = leads @ leads
    both = leads & leads.T
    return [np.flatnonzero(row).tolist() for row in np.unique(both, axis=0)]


def _walks(
    machine: Machine, states: list[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # How often every letter is read on a way to each state, and around each cycle that
    # another transition closes: (states, letters), (cycles, letters).
    inside, letters = set(states), machine.letters
    paths = {states[0]: np.zeros(letters, dtype=np.int64)}
    cycles = [np.zeros(letters, dtype=np.int64)]
    order = [states[0]]
    for state in order:
        for letter, following in enumerate(machine.step[state]):
            if following not in inside or following == state:
                continue
            walk = paths[state].copy()
            walk[letter] += 1
            if following in paths:
                cycles.append(walk - paths[following])
            else:
                paths[following] = walk
                order.append(following)
    return np.array([paths[state] for state in states]), np.array(cycles)
