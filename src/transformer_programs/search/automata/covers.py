"""Groups, covers and sinks: automata of which no partition is of use.

Each is taken apart into a front, which is decomposed in turn, and what is behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from transformer_programs.search.automata.cascade import (
    NOTHING,
    Cascade,
    Component,
    Coordinates,
    TooLargeError,
    renamed,
    stacked,
)
from transformer_programs.search.automata.labelling import KEEP, Action
from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.system import Work

LARGEST_GROUP = 120
"""The most elements of a group that is run as a cascade."""

Nested = Callable[[Moves, int], Cascade]
"""Decomposition of an automaton with a start."""


def completed(moves: Moves) -> Moves | None:
    """Return every letter as a permutation or a constant; None if one is neither."""
    size = len(moves[0])
    identity = tuple(range(size))
    constants = [(p,) * size for p in range(size)]
    known = [m for m in dict.fromkeys(moves) if len(set(m)) == size]
    known = [identity, *(m for m in known if UNKNOWN not in m and m != identity)]
    rows = []
    for images in moves:
        fitting = [
            whole
            for whole in (*known, *constants)
            if all(i in (UNKNOWN, w) for i, w in zip(images, whole, strict=True))
        ]
        if fitting:
            rows.append(fitting[0])
            continue
        reached = [i for i in images if i != UNKNOWN]
        if len(set(reached)) < len(reached):
            return None
        rest = iter([p for p in range(size) if p not in reached])
        rows.append(tuple(next(rest) if i == UNKNOWN else i for i in images))
        known.append(rows[-1])
    return tuple(rows)


def of_group(
    moves: Moves, start: int, counters: Callable[[Moves], Cascade], work: Work
) -> Cascade:
    """Return the group that the permutations generate as a cascade, and a latch.

    What a constant sets is taken back to the beginning by the inverse of the element of
    the group, so that a latch can keep it.
    """
    size = len(moves[0])
    identity = tuple(range(size))
    permuting = [m if len(set(m)) == size else identity for m in moves]
    elements, order = {identity: 0}, [identity]
    for element in order:
        for permutation in permuting:
            after = tuple(permutation[p] for p in element)
            if after not in elements:
                elements[after] = len(order)
                order.append(after)
                if len(order) > LARGEST_GROUP:
                    raise TooLargeError("a large group")
    work.spend(len(order) * len(set(permuting)) * 2000)
    turns = tuple(
        tuple(elements[tuple(permutation[p] for p in element)] for element in order)
        for permutation in permuting
    )
    if len(order) == 1:
        group = NOTHING
    else:
        different = list(dict.fromkeys(turns))
        index = [different.index(turn) for turn in turns]
        group = renamed(counters(tuple(different)), index)
    parts = len(group.components)
    if all(len(set(m)) == size for m in moves):
        return Cascade(group.components, lambda c: order[group.point(c)][start])

    def act(letter: int, above: Coordinates) -> Action:
        images = moves[letter]
        if len(set(images)) == size:
            return KEEP
        return Action(True, order[group.point(above)].index(images[0]))

    latch = Component(size, start, act, 4)
    return Cascade(
        (*group.components, latch), lambda c: order[group.point(c[:parts])][c[parts]]
    )


def of_cover(moves: Moves, start: int, nested: Nested) -> Cascade:
    """Return a cascade with, in front, a point where the state is not.

    Behind it, which of the others it is.
    """
    size = len(moves[0])
    rows = [_total(images) for images in moves]
    missed = [[p for p in range(size) if p not in images] for images in rows]
    permuting = [m for m in dict.fromkeys(rows) if len(set(m)) == size]
    # Few points, which letters that do not permute say the state is not at.
    targets: list[int] = []
    open_letters = [m for m in missed if m]
    while open_letters:
        target = max(range(size), key=lambda p: sum(p in m for m in open_letters))
        targets.append(target)
        open_letters = [m for m in open_letters if target not in m]
    begin = next((t for t in targets if t != start), (start + 1) % size)
    out = [begin]
    for point in out:  # whatever permutations make of them
        reached = [*(permutation[point] for permutation in permuting), *targets]
        out += [i for i in dict.fromkeys(reached) if i not in out]
    index = {point: i for i, point in enumerate(out)}
    front: list[tuple[int, ...]] = []
    for images, options in zip(rows, missed, strict=True):
        if options:
            target = next(t for t in targets if t in options)
            front.append((index[target],) * len(out))
        else:
            front.append(tuple(index[images[point]] for point in out))
    inside = [[p for p in range(size) if p != point] for point in out]
    back = []
    for images, wholes in zip(rows, front, strict=True):
        for block, after in enumerate(wholes):
            back.append(tuple(inside[after].index(images[p]) for p in inside[block]))
    first = NOTHING if len(out) == 1 else nested(tuple(front), 0)
    own = inside[0].index(start)
    second = nested(tuple(back), own)
    return stacked(
        first,
        second,
        lambda letter, block: letter * len(out) + block,
        lambda block, place: inside[block][place],
    )


def of_sink(moves: Moves, start: int, nested: Nested) -> Cascade:
    """Return a cascade with, behind, a latch: whether a point was reached that stays.

    In front, the others, of which it does not matter what they become then.
    """
    size = len(moves[0])
    sinks = [
        p
        for p in range(size)
        if p != start and all(images[p] in (UNKNOWN, p) for images in moves)
    ]
    if not sinks or size == 2:
        raise TooLargeError("no sink")
    sink = sinks[-1]
    others = [p for p in range(size) if p != sink]
    index = {point: i for i, point in enumerate(others)}
    rows = tuple(
        tuple(index.get(images[point], UNKNOWN) for point in others) for images in moves
    )
    front = nested(rows, index[start])

    def act(letter: int, above: Coordinates) -> Action:
        ends = moves[letter][others[front.point(above)]] == sink
        return Action(True, 1) if ends else KEEP

    latch, parts = Component(2, 0, act, 3.2, sticky=True), len(front.components)

    def point(coordinates: Coordinates) -> int:
        ended = coordinates[parts] == 1
        return sink if ended else others[front.point(coordinates[:parts])]

    def free(coordinates: Coordinates) -> frozenset[int]:
        if coordinates[parts] == 1:
            return frozenset(range(parts))
        return front.free(coordinates[:parts])

    return Cascade((*front.components, latch), point, free)


def _total(images: Sequence[int]) -> tuple[int, ...]:
    # Unknown images are the first known one, so that the fewest points are reached.
    known = next((i for i in images if i != UNKNOWN), UNKNOWN)
    if known == UNKNOWN:
        return tuple(range(len(images)))
    return tuple(known if i == UNKNOWN else i for i in images)
