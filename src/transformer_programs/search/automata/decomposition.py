"""Decomposition of automata into cascades of counters and latches.

In the order in which they are tried: partitions that all letters respect (Hartmanis and
Stearns), whose steps are labelled so that every letter adds or sets; the group that the
letters generate, run as a cascade of counters, with a latch for what was set last; and
covers by overlapping sets of points (Zeiger), for letters that neither permute nor set.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from transformer_programs.search.automata.cascade import (
    NOTHING,
    Cascade,
    TooLargeError,
    of_step,
    renamed,
    stacked,
)
from transformer_programs.search.automata.covers import (
    completed,
    of_cover,
    of_group,
    of_sink,
)
from transformer_programs.search.automata.labelling import label
from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.automata.partitions import (
    Moves,
    Partition,
    congruences,
    finer,
    quotient,
)
from transformer_programs.system import Work

LABELLINGS, GROUPS, COVERS = range(3)
"""What a decomposition may use, each with those before it."""

MOST_PARTITIONS = 24
"""The most congruences that are looked at."""

MOST_PARTS = 14
"""The most components."""

DEEPEST = 7
"""The deepest nesting of covers and groups."""

MOST_TRIALS = 8
"""The most steps without a labelling that are decomposed in turn."""

MOST_SPLIT = 64
"""The most points of an automaton that is split."""

PAIR_OPERATIONS = 500
"""Operations for every point and letter that closing a pair of points costs."""


def decompose(
    moves: Moves, start: int, work: Work, depth: int = 0, level: int = COVERS
) -> Cascade:
    """Return a cascade that does what an automaton does, as short a one as is found.

    Args:
        moves: By letter and point, the next point; unknown ones are free.
        start: Point that begins.
        work: Budget that everything is accounted to.
        depth: How deep it is nested.
        level: What may be used: labellings, groups or covers.

    Raises:
        TooLargeError: If none is found within the limits.
    """
    size = len(moves[0]) if moves else 1
    if size == 1:
        return NOTHING
    if depth > DEEPEST:
        raise TooLargeError("nested too deep")
    # Letters that do the same are one.
    different = tuple(dict.fromkeys(moves))
    index = {images: letter for letter, images in enumerate(different)}
    found = _decomposed(different, start, work, depth, level)
    return renamed(found, [index[images] for images in moves])


def decompose_split(
    moves: Moves, start: int, work: Work, level: int
) -> tuple[Moves, int, Cascade]:
    """Decompose an automaton whose points are split by how they were reached.

    Letters that lead to the same points are of one kind, and what was reached by
    letters of different kinds is told apart, which shows structure that merging hides.

    Returns:
        Moves of the split automaton, which has a multiple of the points (point p of
        kind k is k * points + p), its start, and its cascade.

    Raises:
        TooLargeError: If none is found within the limits, or nothing is split.
    """
    size = len(moves[0])
    reached = [frozenset(images) - {UNKNOWN} for images in moves]
    kinds = list(dict.fromkeys(reached))
    if len(kinds) == 1:
        raise TooLargeError("nothing to split")
    first = next((k for k, points in enumerate(kinds) if start in points), 0)
    begin = first * size + start
    rows = [[UNKNOWN] * (size * len(kinds)) for _ in moves]
    order = [begin]
    for split in order:
        for letter, images in enumerate(moves):
            image = images[split % size]
            if image != UNKNOWN:
                image += kinds.index(reached[letter]) * size
                rows[letter][split] = image
                if image not in order:
                    order.append(image)
    if len(order) > MOST_SPLIT:
        raise TooLargeError("too many points")
    index = {split: i for i, split in enumerate(order)}
    small = tuple(
        tuple(index.get(row[split], UNKNOWN) for split in order) for row in rows
    )
    found = decompose(small, 0, work, level=level)
    whole = Cascade(found.components, lambda c: order[found.point(c)], found.free)
    return tuple(map(tuple, rows)), begin, whole


def _decomposed(
    moves: Moves, start: int, work: Work, depth: int, level: int
) -> Cascade:
    def nested(inner: Moves, begin: int) -> Cascade:
        return decompose(inner, begin, work, depth + 1, level)

    most = MOST_PARTITIONS if depth == 0 else MOST_PARTITIONS // 2
    found: list[Cascade] = []
    reason = "no decomposition within the limits"
    steps = _Steps(moves, start, work, depth, most)
    ways: tuple[Callable[[], Cascade], ...] = (
        lambda: steps.cascade(range(level + 1)),
        lambda: of_sink(moves, start, nested),
    )
    for way in ways:
        try:
            found.append(way())
        except TooLargeError as problem:
            reason = str(problem)
    if not found:
        raise TooLargeError(reason)
    return min(found, key=lambda cascade: cascade.cost)


class _Steps:
    # The shortest way from one block down to single points.
    def __init__(
        self,
        moves: Moves,
        start: int,
        work: Work,
        depth: int,
        most: int,
        of_group: bool = False,
    ) -> None:
        self.moves, self.start, self.work, self.depth = moves, start, work, depth
        self.size = len(moves[0])
        # In a group, what goes with the identity says what goes together.
        firsts = (0,) if of_group else range(self.size)
        pairs = [
            (a, b)
            for a in firsts
            for b in range(a + 1, self.size)
            # Points after which nothing is known of both are not to be merged.
            if any(UNKNOWN not in (images[a], images[b]) for images in moves)
        ]
        work.spend(len(pairs) * self.size * len(moves) * PAIR_OPERATIONS)
        self.partitions = congruences(moves, self.size, pairs, most)
        self.trials = MOST_TRIALS if depth == 0 else 2
        self.memory: dict[tuple[int, int, int], _Step | None] = {}

    def cascade(self, levels: Iterable[int]) -> Cascade:
        for level in levels:
            path = self._shortest(level)
            if path is not None:
                return self._along(path, level)
        raise TooLargeError("no decomposition within the limits")

    def _shortest(self, level: int) -> list[int] | None:
        last = len(self.partitions) - 1
        best = {0: 0.0}
        before: dict[int, int] = {}
        queue = [(0.0, 0)]
        done: set[int] = set()
        while queue:
            cost, at = heapq.heappop(queue)
            if at in done:
                continue
            done.add(at)
            if at == last:
                break
            for to, allowed in self._below(at, level):
                step = self._step(at, to, allowed)
                if step is None:
                    continue
                total = cost + step.cost
                if total < best.get(to, float("inf")):
                    best[to], before[to] = total, at
                    heapq.heappush(queue, (total, to))
        if last not in done:
            return None
        path = [last]
        while path[-1]:
            path.append(before[path[-1]])
        return path[::-1]

    def _below(self, at: int, level: int) -> list[tuple[int, int]]:
        # Finer partitions, and what may be used for the step there: the next ones may
        # be decomposed in turn.
        own = self.partitions[at]
        below = [
            i
            for i, p in enumerate(self.partitions)
            if i != at and max(p) > max(own) and finer(p, own)
        ]
        covers = {
            i
            for i in below
            if not any(
                j != i and finer(self.partitions[i], self.partitions[j]) for j in below
            )
        }
        if len(self.partitions) > MOST_PARTITIONS:
            below = [i for i in below if i in covers or i == below[-1]]
        return [(i, level if i in covers else LABELLINGS) for i in below]

    def _step(self, at: int, to: int, level: int) -> _Step | None:
        # With a labelling, or if there is none, decomposed in turn.
        for allowed in range(level + 1):
            key = at, to, allowed
            if key not in self.memory:
                step = _Step(self, self.partitions[at], self.partitions[to])
                if allowed == LABELLINGS:
                    found = step.labelled()
                else:
                    self.trials -= 1
                    found = self.trials >= 0 and step.nested(allowed)
                self.memory[key] = step if found else None
            if self.memory[key] is not None:
                break
        return self.memory[key]

    def _along(self, path: list[int], level: int) -> Cascade:
        whole = NOTHING
        for at, to in pairwise(path):
            step = self._step(at, to, level)
            assert step is not None
            assert step.cascade is not None
            whole = stacked(whole, step.cascade, step.joint, step.block)
            if len(whole.components) > MOST_PARTS:
                raise TooLargeError("too many components")
        last = self.partitions[path[-1]]
        points = {block: point for point, block in enumerate(last)}
        front = whole
        return Cascade(front.components, lambda c: points[front.point(c)], front.free)


class _Step:
    # From the blocks of a partition down to those of a finer one.
    def __init__(self, steps: _Steps, upper: Partition, lower: Partition) -> None:
        self.steps = steps
        self.moves = quotient(steps.moves, lower)
        inside = dict(zip(lower, upper, strict=True))
        self.upper = [inside[block] for block in range(len(inside))]
        self.start = lower[steps.start]
        self.blocks = max(upper) + 1
        self.cascade: Cascade | None = None
        self.labels: Sequence[int] = ()
        self.cost = 0.0
        self.of_label: dict[tuple[int, int], int] = {}

    def labelled(self) -> bool:
        labelled = label(self.moves, self.upper, self.start, self.steps.work)
        if labelled is None:
            return False
        self.labels, self.cost = labelled.labels, labelled.cost
        self.cascade = of_step(labelled, labelled.labels[self.start], self.blocks)
        self._number()
        return True

    def nested(self, level: int) -> bool:
        try:
            self._nested(level)
        except TooLargeError:
            return False
        self._number()
        return True

    def _number(self) -> None:
        self.of_label = {
            (up, own): low
            for low, (up, own) in enumerate(zip(self.upper, self.labels, strict=True))
        }

    def joint(self, letter: int, block: int) -> int:
        return letter * self.blocks + block

    def block(self, block: int, own: int) -> int:
        return self.of_label[block, own]

    def _nested(self, level: int) -> None:
        # Take the points within the upper blocks as an automaton of its own.
        self.labels = _carried(self.moves, self.upper, self.start)
        size = max(self.labels) + 1
        nested = [[UNKNOWN] * size for _ in range(len(self.moves) * self.blocks)]
        for letter, images in enumerate(self.moves):
            for low, image in enumerate(images):
                if image != UNKNOWN:
                    row = nested[self.joint(letter, self.upper[low])]
                    row[self.labels[low]] = self.labels[image]
        moves, start = tuple(map(tuple, nested)), self.labels[self.start]
        work, depth = self.steps.work, self.steps.depth
        whole = self.blocks == 1 and size == self.steps.size
        if whole:
            self.cascade = self._primitive(moves, start, level)
        else:
            self.cascade = decompose(moves, start, work, depth + 1, level)
        self.cost = self.cascade.cost + (0 if self.blocks == 1 else 1.2)

    def _primitive(self, moves: Moves, start: int, level: int) -> Cascade:
        # An automaton of which no partition is of use: a group, or a cover.
        work, depth = self.steps.work, self.steps.depth
        whole = completed(moves)
        if whole is not None:

            def counters(turns: Moves) -> Cascade:
                # Steps that are cyclic; there are none if a group is not solvable.
                most = 4 * MOST_PARTITIONS
                steps = _Steps(turns, 0, work, depth + 1, most, of_group=True)
                return steps.cascade((LABELLINGS,))

            return of_group(whole, start, counters, work)
        if level < COVERS:
            raise TooLargeError("neither partitions nor groups are enough")
        return of_cover(
            moves, start, lambda inner, at: decompose(inner, at, work, depth + 1)
        )


def _carried(moves: Moves, upper: Sequence[int], start: int) -> list[int]:
    # Number the points of every block, carried from block to block by letters that
    # are one to one, so that few of them permute.
    members: dict[int, list[int]] = {}
    for point, block in enumerate(upper):
        members.setdefault(block, []).append(point)
    labels = [UNKNOWN] * len(upper)
    for first in (upper[start], *members):
        if labels[members[first][0]] != UNKNOWN:
            continue
        for own, point in enumerate(members[first]):
            labels[point] = own
        ahead = [first]
        for block in ahead:
            for images in moves:
                reached = [images[p] for p in members[block]]
                if UNKNOWN in reached or len(set(reached)) < len(reached):
                    continue
                other = upper[reached[0]]
                fits = len(members[other]) == len(reached)
                if fits and labels[reached[0]] == UNKNOWN:
                    for point, image in zip(members[block], reached, strict=True):
                        labels[image] = labels[point]
                    ahead.append(other)
    return labels
