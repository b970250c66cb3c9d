"""Labels of points under which every letter adds a constant mod m, or sets a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.system import Work

STEP_OPERATIONS = 300
"""Operations that looking at a point and a letter costs."""

TRIAL_OPERATIONS = 15_000
"""Operations that trying a label costs."""

MOST_TRIALS = 600
"""The most labels that are tried."""


class Action(NamedTuple):
    """What a letter does to a coordinate.

    Attributes:
        sets: Whether it sets the coordinate to the value, or adds the value.
        value: The value.
    """

    sets: bool
    value: int


KEEP = Action(False, 0)
"""Nothing is changed."""

Key = Hashable
Pairs = dict[Key, list[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelling of the points of a step.

    Attributes:
        size: Number m of labels.
        labels: By point, its label.
        actions: By letter and upper block, what is done to the label. Whatever is not
            determined is chosen so that it depends on the block as little as possible.
        upper: Whether an action depends on the upper block.
    """

    size: int
    labels: tuple[int, ...]
    actions: dict[tuple[int, int], Action]
    upper: bool

    @property
    def adds(self) -> bool:
        """Whether something is added."""
        return any(not a.sets and a.value for a in self.actions.values())

    @property
    def sets(self) -> bool:
        """Whether something is set."""
        return any(a.sets for a in self.actions.values())

    @property
    def cost(self) -> float:
        """About how many statements it takes."""
        both = 5 if self.adds and self.sets else 3 if self.adds else 2
        return both + (1.2 if self.upper else 0)


def label(
    moves: Moves, upper: Sequence[int], start: int, work: Work
) -> Labelled | None:
    """Return a labelling, or None if none is found.

    If there is one, it is one under which no action depends on the upper block.

    Args:
        moves: By letter and point, the next point.
        upper: By point, its upper block: points of one block have different labels.
        start: Point that begins.
        work: Budget that it is accounted to.
    """
    sizes: dict[int, int] = defaultdict(int)
    for block in upper:
        sizes[block] += 1
    size = max(sizes.values())
    for uniform in (True, False):
        pairs: Pairs = defaultdict(list)
        for letter, images in enumerate(moves):
            for point, image in enumerate(images):
                if image != UNKNOWN:
                    key = letter if uniform else (letter, upper[point])
                    pairs[key].append((point, image))
        work.spend(len(upper) * len(moves) * STEP_OPERATIONS)
        labels = _Labelling(pairs, upper, size, start, uniform).search(work)
        if labels is not None:
            return _acted(moves, upper, labels, size)
    return None


class _Labelling:
    # Backtracking over points, each next one the image of one before.
    def __init__(
        self, pairs: Pairs, upper: Sequence[int], size: int, start: int, uniform: bool
    ) -> None:
        self.pairs, self.upper, self.size = pairs, upper, size
        self.start, self.uniform = start, uniform
        keys: dict[int, dict[Key, None]] = defaultdict(dict)
        self.beside: dict[int, list[int]] = defaultdict(list)
        for key, moved in pairs.items():
            for point, image in moved:
                keys[point][key] = keys[image][key] = None
                self.beside[point].append(image)
                self.beside[image].append(point)
        self.keys = keys
        self.labels = [UNKNOWN] * len(upper)
        self.taken: dict[int, set[int]] = defaultdict(set)  # by block, labels in use

    def search(self, work: Work) -> tuple[int, ...] | None:
        order, trials = self._order(), 0
        stack = [iter(self._options(order[0]))]
        while stack:
            point = order[len(stack) - 1]
            if self.labels[point] != UNKNOWN:
                self._label(point, UNKNOWN)
            value = next(stack[-1], None)
            if value is None:
                stack.pop()
                continue
            trials += 1
            if trials % 100 == 0:
                work.spend(100 * TRIAL_OPERATIONS)
            if trials > MOST_TRIALS:
                return None
            self._label(point, value)
            if all(map(self._consistent, self.keys[point])):
                if len(stack) == len(order):
                    return tuple(self.labels)
                stack.append(iter(self._options(order[len(stack)])))
        return None

    def _order(self) -> list[int]:
        order: list[int] = []
        known: set[int] = set()
        for first in (self.start, *range(len(self.upper))):
            ahead = [] if first in known else [first]
            known.add(first)
            for point in ahead:
                near = dict.fromkeys(self.beside[point])
                new = [other for other in near if other not in known]
                known.update(new)
                ahead += new
            order += ahead
        return order

    def _label(self, point: int, value: int) -> None:
        taken = self.taken[self.upper[point]]
        taken.discard(self.labels[point])
        self.labels[point] = value
        if value != UNKNOWN:
            taken.add(value)

    def _consistent(self, key: Key) -> bool:
        # As far as points are labelled, something is added, or something is set.
        added, images = set(), set()
        for point, image in self.pairs[key]:
            if self.labels[image] != UNKNOWN:
                images.add(self.labels[image])
                if self.labels[point] != UNKNOWN:
                    added.add((self.labels[image] - self.labels[point]) % self.size)
        return len(added) < 2 or len(images) < 2

    def _options(self, point: int) -> list[int]:
        if point == self.start:
            return [0]
        size, taken = self.size, self.taken[self.upper[point]]
        near = [self.labels[other] for other in self.beside[point]]
        near = [value for value in near if value != UNKNOWN]
        # As labels of a block may be turned, its first point keeps a neighbour's.
        if not self.uniform and not taken:
            return near[:1] or [0]
        ahead = {n: i for i, n in enumerate([*near, *((n + 1) % size for n in near)])}
        free = [value for value in range(size) if value not in taken]
        return sorted(free, key=lambda v: (ahead.get(v, size * size), v))


def _acted(
    moves: Moves, upper: Sequence[int], labels: tuple[int, ...], size: int
) -> Labelled:
    # Choose actions: only sets, only adds or both, whichever is cheapest.
    blocks = range(max(upper) + 1)
    possible: dict[tuple[int, int], list[Action]] = {}
    for letter, images in enumerate(moves):
        for block in blocks:
            pairs = [
                (labels[p], labels[i])
                for p, i in enumerate(images)
                if i != UNKNOWN and upper[p] == block
            ]
            if pairs:
                added = {(b - a) % size for a, b in pairs}
                reached = {b for _, b in pairs}
                adds = [Action(False, c) for c in added if len(added) == 1]
                sets = [Action(True, v) for v in reached if len(reached) == 1]
                possible[letter, block] = [*adds, *sets]
    found = []
    for kind in ("set", "add", "any"):
        allowed = {
            key: [
                a
                for a in actions
                if kind == "any" or a == KEEP or a.sets == (kind == "set")
            ]
            for key, actions in possible.items()
        }
        if all(allowed.values()):
            found.append(_least(len(moves), len(blocks), allowed, labels, size))
    return min(found, key=lambda one: one.cost)


def _least(
    letters: int,
    blocks: int,
    allowed: dict[tuple[int, int], list[Action]],
    labels: tuple[int, ...],
    size: int,
) -> Labelled:
    # Of the allowed actions, for every letter those that most blocks share.
    actions, upper = {}, False
    for letter in range(letters):
        votes: dict[Action, int] = defaultdict(int)
        mine = [allowed[letter, b] for b in range(blocks) if (letter, b) in allowed]
        for options in mine:
            for action in options:
                votes[action] += 1
        order = sorted(votes, key=lambda a: (-votes[a], a != KEEP, a))
        common = order[0] if order else KEEP
        for block in range(blocks):
            options = allowed.get((letter, block), [common])
            actions[letter, block] = next(a for a in (*order, common) if a in options)
        upper |= len({actions[letter, b] for b in range(blocks)}) > 1
    return Labelled(size, labels, actions, upper)
