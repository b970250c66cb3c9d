"""Heights: counters without bound in machines that were learned up to a length.

Among states that lead to each other, letters that add or take one raise a height. A
machine can only have as many heights as the longest sequence has letters; numbers of
letters have no such limit. So where letters add constants to something, and no sum of
them comes back to 0 that should not, it is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from transformer_programs.search.automata.machine import UNKNOWN, Machine

LEAST = 3
"""How far from the first state the steps have to agree at least, in letters. Those far
away rest on few sequences: there a machine steps anywhere."""

MOST_LETTERS = 8
"""The most letters whose amounts are tried."""


@dataclass(frozen=True, slots=True)
class Height:
    """What is counted in a machine.

    Attributes:
        adds: By letter, what it adds: -1, 0 or 1.
        end: 1 or -1 if the machine starts at the greatest or the least height and stays
            there, so that it counts from there on; else 0.
    """

    adds: tuple[int, ...]
    end: int


def height_of(machine: Machine) -> Height | None:
    """Return what is counted in a machine, or None.

    Among states that lead to each other, every step changes the height by the amount of
    its letter, but that the first state may stay where nothing is below it, or above.
    Of the amounts with which that is so, those are taken that agree farthest.
    """
    if machine.letters > MOST_LETTERS:
        return None
    best, farthest = None, LEAST - 1
    # (amounts, letters), some of which add and some of which take away
    tried = np.indices((3,) * machine.letters).reshape(machine.letters, -1).T - 1
    tried = tried[(tried.max(axis=1) > 0) & (tried.min(axis=1) < 0)]
    for states in _components(machine):
        if len(states) <= LEAST:
            continue
        ways = _ways(machine, states)
        heights = {state: tried @ way for state, way in ways.items()}  # (amounts,)
        near = [heights[s] for s, way in ways.items() if way.sum() <= LEAST]
        top, bottom = np.max(near, axis=0), np.min(near, axis=0)
        agree = np.full(len(tried), len(states))
        end = np.zeros(len(tried), dtype=np.int64)
        for state, letter in product(states, range(machine.letters)):
            following, adds = machine.step[state][letter], tried[:, letter]
            if following not in ways:
                continue
            wrong = heights[state] + adds != heights[following]
            if following == state == states[0]:
                stays = (adds > 0) & (top == 0) | (adds < 0) & (bottom == 0)
                wrong &= ~stays
                end = np.where(stays, adds, end)
            agree[wrong] = np.minimum(agree[wrong], ways[state].sum())
        agree[np.maximum(top, -bottom) < LEAST] = 0
        chosen = int(agree.argmax())
        if agree[chosen] > farthest:
            farthest = int(agree[chosen])
            here = int(end[chosen]) if states[0] == 0 else 0
            best = Height(tuple(tried[chosen].tolist()), here)
    return best


def _components(machine: Machine) -> list[list[int]]:
    # Sets of states that lead to each other, in order of discovery.
    size = machine.states
    leads = np.eye(size, dtype=np.bool_)
    for state, row in enumerate(machine.step):
        leads[state, [n for n in row if n != UNKNOWN]] = True
    for _ in range(size.bit_length()):
        leads = leads @ leads
    both = leads & leads.T
    return [np.flatnonzero(row).tolist() for row in np.unique(both, axis=0)]


def _ways(machine: Machine, states: list[int]) -> dict[int, NDArray[np.int64]]:
    # By state, how often every letter is read on a shortest way from the first one,
    # which most sequences go: (letters,) each.
    ways = {states[0]: np.zeros(machine.letters, dtype=np.int64)}
    order = [states[0]]
    for state in order:
        for letter, following in enumerate(machine.step[state]):
            if following in states and following not in ways:
                ways[following] = ways[state].copy()
                ways[following][letter] += 1
                order.append(following)
    return ways
