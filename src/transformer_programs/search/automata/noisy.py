"""Learning of machines from labels some of which are wrong.

Two states are merged if nothing that is known of what follows them differs by more than
chance, by Hoeffding's bound (Carrasco and Oncina, 1994).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from transformer_programs.search.automata.machine import (
    UNKNOWN,
    Machine,
    minimised,
    reachable,
)
from transformer_programs.search.automata.merging import (
    MOST_NODES,
    MOST_VISITS,
    STEP_OPERATIONS,
    UnlearnableError,
    Word,
)
from transformer_programs.system import Work

CHANCE = 1.6
"""Standard deviations, about twice as many, that chance may make."""

MOST_NOISE = 0.15
"""The largest part of labels that may be wrong."""

MANY = 20
"""Labels after a prefix from which on they say how much is noise."""

LOOKED_AT = 1500
"""Words after which it is seen whether prefixes say their labels at all."""


class _Counts:
    # Prefix tree with the number of every label, in place of one label.
    def __init__(self, letters: int, work: Work) -> None:
        self.letters, self.width, self._work = letters, letters + 1, work
        self.following: list[list[int]] = []
        self.counts: list[list[dict[int, int]]] = []
        self.weight: list[int] = []
        self.visits = 0
        self._node()

    def _node(self) -> int:
        self.following.append([UNKNOWN] * self.letters)
        self.counts.append([{} for _ in range(self.width)])
        self.weight.append(0)
        return len(self.weight) - 1

    def add(self, word: Word) -> None:
        node = 0
        for place, label in enumerate(word.labels):
            self.weight[node] += 1
            end = place == len(word.letters)
            letter = self.letters if end else word.letters[place]
            if label != UNKNOWN:
                counts = self.counts[node][letter]
                counts[label] = counts.get(label, 0) + 1
            if not end:
                if self.following[node][letter] == UNKNOWN:
                    self.following[node][letter] = self._node()
                node = self.following[node][letter]

    def noise(self) -> float:
        """Return the part of labels after frequent prefixes that are not the usual."""
        wrong = seen = 0
        for node in self.counts:
            for counts in node:
                total = sum(counts.values())
                if total >= MANY:
                    seen += total
                    wrong += total - max(counts.values())
        return wrong / seen if seen else 0.0

    def likeness(self, red: int, blue: int) -> int:
        """Return how much after two nodes is alike; -1 if something differs."""
        alike, visits, todo = 0, 0, [(red, blue)]
        while todo and alike >= 0:
            one, other = todo.pop()
            visits += 1
            for a, b in zip(self.counts[one], self.counts[other], strict=True):
                if a and b:  # with many letters, most counts are empty
                    same = _alike(a, b)
                    if same < 0:
                        alike = -1
                        break
                    alike += same
            pairs = zip(self.following[one], self.following[other], strict=True)
            todo += [(a, b) for a, b in pairs if a != UNKNOWN and b != UNKNOWN]
        self._account(visits)
        return alike

    def merge(self, red: int, blue: int) -> None:
        """Merge a tree into a node."""
        todo, visits = [(red, blue)], 0
        while todo:
            one, other = todo.pop()
            visits += 1
            self.weight[one] += self.weight[other]
            for mine, its in zip(self.counts[one], self.counts[other], strict=True):
                for label, count in its.items():
                    mine[label] = mine.get(label, 0) + count
            for letter, after in enumerate(self.following[other]):
                known = self.following[one][letter]
                if known == UNKNOWN:
                    self.following[one][letter] = after
                elif after not in (UNKNOWN, known):
                    todo.append((known, after))
        self._account(visits)

    def _account(self, visits: int) -> None:
        self.visits += visits
        self._work.spend(2 * visits * STEP_OPERATIONS)
        if 2 * self.visits > MOST_VISITS:
            raise UnlearnableError("too much to merge")


def _alike(one: dict[int, int], other: dict[int, int]) -> int:
    # The smaller number of some labels, if their shares are alike, -1 if they are not.
    a, b = sum(one.values()), sum(other.values())
    bound = CHANCE * (1 / math.sqrt(a) + 1 / math.sqrt(b))
    for label in {*one, *other}:
        if abs(one.get(label, 0) / a - other.get(label, 0) / b) > bound:
            return -1
    usual = max(one, key=lambda k: (one[k], -k)) == max(
        other, key=lambda k: (other[k], -k)
    )
    return min(a, b) if usual else 0


def learn_noisy(
    words: Iterable[Word], letters: int, most_states: int, work: Work
) -> Machine:
    """Learn a machine that gives most labels of some words.

    Args:
        words: The words, those that matter most first (the shortest).
        letters: Number of letters.
        most_states: The most states.
        work: Budget that everything is accounted to.

    Raises:
        UnlearnableError: If prefixes do not say their labels, or there is no machine
            within the limits.
    """
    tree = _Counts(letters, work)
    for number, word in enumerate(words):
        if len(tree.weight) > MOST_NODES:
            break
        tree.add(word)
        if number % LOOKED_AT == LOOKED_AT - 1:
            work.spend(LOOKED_AT * len(word.labels) * STEP_OPERATIONS)
            if tree.noise() > MOST_NOISE:
                raise UnlearnableError("prefixes do not say their labels")
    if tree.noise() > MOST_NOISE:
        raise UnlearnableError("prefixes do not say their labels")
    red, edges = [0], [(0, letter) for letter in range(letters)]
    while edges:
        # The node that most words pass through, the first of equal ones.
        known = [e for e in edges if tree.following[e[0]][e[1]] not in (UNKNOWN, *red)]
        if not known:
            break
        edge = max(known, key=lambda e: tree.weight[tree.following[e[0]][e[1]]])
        source, letter = edge
        node = tree.following[source][letter]
        scores = [(tree.likeness(state, node), -state) for state in red]
        most, best = max(scores)
        if most < 0:
            if len(red) == most_states:
                raise UnlearnableError(f"more than {most_states} states")
            red.append(node)
            edges = [(state, letter) for state in red for letter in range(letters)]
        else:
            tree.following[source][letter] = -best
            tree.merge(-best, node)
    index = {node: state for state, node in enumerate(red)}
    rows = [[index.get(n, UNKNOWN) for n in tree.following[node]] for node in red]
    said = [[_usual(counts) for counts in tree.counts[node]] for node in red]
    return minimised(reachable(rows, said, letters))


def _usual(counts: dict[int, int]) -> int:
    return max(counts, key=lambda label: (counts[label], -label), default=UNKNOWN)
