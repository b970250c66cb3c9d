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
    """Return the cheapest labelling, or None if there is none.

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
    found = []
    for uniform in (True, False):
        pairs: Pairs = defaultdict(list)
        for letter, images in enumerate(moves):
            for point, image in enumerate(images):
                if image != UNKNOWN:
                    key = letter if uniform else (letter, upper[point])
                    pairs[key].append((point, image))
        work.spend(len(upper) * len(moves) * STEP_OPERATIONS)
        labels = _search(pairs, upper, size, start, uniform, work)
        if labels is not None:
            found.append(_acted(moves, upper, labels, size))
            break
    return min(found, key=lambda one: one.cost, default=None)


def _search(
    pairs: Pairs,
    upper: Sequence[int],
    size: int,
    start: int,
    uniform: bool,
    work: Work,
) -> tuple[int, ...] | None:
    # Backtracking over points, each next one the image of one before.
    at: dict[int, list[Key]] = defaultdict(list)
    beside: dict[int, list[int]] = defaultdict(list)
    for key, moved in pairs.items():
        for point, image in moved:
            at[point].append(key)
            at[image].append(key)
            beside[point].append(image)
            beside[image].append(point)
    order: list[int] = []
    known: set[int] = set()
    for first in (start, *range(len(upper))):
        ahead = [] if first in known else [first]
        known.add(first)
        for point in ahead:
            new = [p for p in dict.fromkeys(beside[point]) if p not in known]
            known.update(new)
            ahead += new
        order += ahead
    keys = {point: list(dict.fromkeys(found)) for point, found in at.items()}
    labels = [UNKNOWN] * len(upper)
    taken: dict[int, set[int]] = defaultdict(set)  # by block, labels in use
    trials = 0

    def consistent(key: Key) -> bool:
        added, images = set(), set()
        for point, image in pairs[key]:
            if labels[image] != UNKNOWN:
                images.add(labels[image])
                if labels[point] != UNKNOWN:
                    added.add((labels[image] - labels[point]) % size)
        return len(added) < 2 or len(images) < 2

    def options(point: int) -> list[int]:
        if point == start:
            return [0]
        free = [v for v in range(size) if v not in taken[upper[point]]]
        near = [labels[o] for o in beside[point] if labels[o] != UNKNOWN]
        # As labels of a block may be turned, its first point keeps a neighbour's.
        if not uniform and not taken[upper[point]]:
            return near[:1] or [0]
        ahead = {n: i for i, n in enumerate([*near, *((n + 1) % size for n in near)])}
        return sorted(free, key=lambda v: (ahead.get(v, size * size), v))

    stack = [iter(options(order[0]))]
    while stack:
        point = order[len(stack) - 1]
        if labels[point] != UNKNOWN:
            taken[upper[point]].discard(labels[point])
            labels[point] = UNKNOWN
        value = next(stack[-1], None)
        if value is None:
            stack.pop()
            continue
        trials += 1
        if trials % 100 == 0:
            work.spend(100 * TRIAL_OPERATIONS)
        if trials > MOST_TRIALS:
            return None
        labels[point] = value
        taken[upper[point]].add(value)
        if all(consistent(key) for key in keys.get(point, [])):
            if len(stack) == len(order):
                return tuple(labels)
            stack.append(iter(options(order[len(stack)])))
    return None


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
