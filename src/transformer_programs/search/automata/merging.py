"""Learning of machines by merging states of a prefix tree, the best evidence first.

Blue-fringe merging (Lang, Pearlmutter and Price, 1998): the states that are settled are
red, their successors blue. A blue state that cannot be any red one becomes red; one
that can be is merged with the red one that agrees with it most often.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from transformer_programs.search.automata.machine import (
    UNKNOWN,
    Machine,
    minimised,
    reachable,
)
from transformer_programs.system import Work

STEP_OPERATIONS = 600
"""Operations that visiting a node of the tree costs."""

MOST_NODES = 30_000
"""The most nodes of a prefix tree."""

SUPPORT = 10
"""From so many words on, a state is only merged with one that it agrees with."""

MOST_VISITS = 1_500_000
"""The most visits of nodes while a machine is learned."""


@dataclass(frozen=True, slots=True)
class Word:
    """A sequence of letters with its labels.

    Attributes:
        letters: The letters, in the order in which the machine reads them.
        labels: A label for every letter and one for the end; ``UNKNOWN`` for none.
    """

    letters: tuple[int, ...]
    labels: tuple[int, ...]


Changes = list[tuple[list[int], int, int]]
"""Lists, places in them and what stood there before."""


class UnlearnableError(Exception):
    """No machine within the limits explains the words."""


class _Tree:
    """Prefix tree, whose nodes are merged in place.

    Attributes:
        following: By node and letter, the next node or ``UNKNOWN``, in one list.
        said: By node and letter, or end, the label or ``UNKNOWN``, in one list.
        weight: By node, how many words pass through it.
    """

    def __init__(self, letters: int, work: Work) -> None:
        self.letters, self.width, self._work = letters, letters + 1, work
        self.following: list[int] = []
        self.said: list[int] = []
        self.weight: list[int] = []
        self.visits = 0
        self._node()

    def _node(self) -> int:
        self.following += [UNKNOWN] * self.letters
        self.said += [UNKNOWN] * self.width
        self.weight.append(0)
        return len(self.weight) - 1

    def add(self, word: Word) -> None:
        """Add a word.

        Raises:
            UnlearnableError: If the same prefix has different labels.
        """
        node, said, following = 0, self.said, self.following
        for place, label in enumerate(word.labels):
            self.weight[node] += 1
            end = place == len(word.letters)
            letter = self.letters if end else word.letters[place]
            if label != UNKNOWN:
                known = said[node * self.width + letter]
                if known == UNKNOWN:
                    said[node * self.width + letter] = label
                elif known != label:
                    raise UnlearnableError("a prefix has two labels")
            if not end:
                edge = node * self.letters + letter
                if following[edge] == UNKNOWN:
                    following[edge] = self._node()
                node = following[edge]

    def fold(self, red: int, blue: int, undo: Changes | None) -> int:
        """Merge a tree into a node, and return how many labels agree; -1: a conflict.

        Args:
            red: Node that stays.
            blue: Root of the tree.
            undo: Filled with the changes, to be undone by ``revert``; None if they are
                to stay.
        """
        letters, following = self.letters, self.following
        changes = [] if undo is None else undo
        agreed, visits, todo = 0, 0, [(red, blue)]
        while todo and agreed >= 0:
            kept, merged = todo.pop()
            visits += 1
            same = self._agreed(kept, merged, changes)
            agreed = -1 if same < 0 else agreed + same
            if undo is None:
                self.weight[kept] += self.weight[merged]
            mine, its = kept * letters, merged * letters
            for letter in range(letters):
                after, known = following[its + letter], following[mine + letter]
                if after in (UNKNOWN, known):
                    continue
                if known == UNKNOWN:
                    changes.append((following, mine + letter, UNKNOWN))
                    following[mine + letter] = after
                else:
                    todo.append((known, after))
        self._account(visits)
        return agreed

    def _agreed(self, kept: int, merged: int, changes: Changes) -> int:
        # How many labels of two nodes agree, -1 if some do not; others are taken over.
        said, width, agreed = self.said, self.width, 0
        mine, its = kept * width, merged * width
        for letter in range(width):
            label, known = said[its + letter], said[mine + letter]
            if label == UNKNOWN:
                continue
            if known == UNKNOWN:
                changes.append((said, mine + letter, UNKNOWN))
                said[mine + letter] = label
            elif known != label:
                return -1
            else:
                agreed += 1
        return agreed

    def _account(self, visits: int) -> None:
        self.visits += visits
        self._work.spend(visits * STEP_OPERATIONS)
        if self.visits > MOST_VISITS:
            raise UnlearnableError("too much to merge")


def revert(undo: Changes) -> None:
    """Undo changes, the last one first."""
    while undo:
        values, place, old = undo.pop()
        values[place] = old


def learn(
    words: Iterable[Word], letters: int, most_states: int, work: Work
) -> tuple[Machine, int]:
    """Learn a machine that gives all labels of some words.

    Args:
        words: The words, those that matter most first (the shortest).
        letters: Number of letters.
        most_states: The most states.
        work: Budget that everything is accounted to.

    Returns:
        A minimal machine, and how many of the words it was learned from.

    Raises:
        UnlearnableError: If a prefix has different labels, or there is no such machine.
    """
    tree, used = _Tree(letters, work), 0
    for word in words:
        if len(tree.weight) > MOST_NODES:
            break
        tree.add(word)
        used += 1
        if used % 1000 == 0:
            work.spend(1000 * len(word.labels) * STEP_OPERATIONS)
    red = _settled(tree, most_states)
    index = {node: state for state, node in enumerate(red)}
    rows = []
    for node in red:
        row = tree.following[node * letters : (node + 1) * letters]
        rows.append([index.get(n, UNKNOWN) for n in row])
    said = [tree.said[n * tree.width : (n + 1) * tree.width] for n in red]
    return minimised(reachable(rows, said, letters)), used


def _settled(tree: _Tree, most_states: int) -> list[int]:
    # The nodes that stay, the root first.
    red, letters = [0], tree.letters
    settled = {UNKNOWN, 0}
    while True:
        # The blue node that most words pass through, the first of equal ones.
        edges = [node * letters + letter for node in red for letter in range(letters)]
        blue = [e for e in edges if tree.following[e] not in settled]
        if not blue:
            return red
        edge = max(blue, key=lambda e: (tree.weight[tree.following[e]], -e))
        node = tree.following[edge]
        best, most = UNKNOWN, -1
        for candidate in red:
            undo: Changes = [(tree.following, edge, node)]
            tree.following[edge] = candidate
            agreed = tree.fold(candidate, node, undo)
            revert(undo)
            if agreed > most:
                best, most = candidate, agreed
        # That nothing tells them apart is no reason to merge them, if there is no
        # letter after which both are known.
        if best == UNKNOWN or (most == 0 and tree.weight[node] >= SUPPORT):
            if len(red) == most_states:
                raise UnlearnableError(f"more than {most_states} states")
            red.append(node)
            settled.add(node)
        else:
            tree.following[edge] = best
            tree.fold(best, node, None)
