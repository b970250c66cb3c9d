"""Congruences of an automaton: partitions of its points that every letter respects."""

from __future__ import annotations

from collections.abc import Iterable

from transformer_programs.search.automata.machine import UNKNOWN

Moves = tuple[tuple[int, ...], ...]
"""By letter and point, the next point or ``UNKNOWN``."""

Partition = tuple[int, ...]
"""By point, its block; blocks are numbered in order of their first point."""


def canonical(blocks: Iterable[int]) -> Partition:
    """Return the partition with its blocks numbered in order."""
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(block, len(numbers)) for block in blocks)


def closed(moves: Moves, pairs: Iterable[tuple[int, int]], size: int) -> Partition:
    """Return the finest congruence whose blocks hold some pairs together."""
    parent = list(range(size))

    def find(point: int) -> int:
        while parent[point] != point:
            point = parent[point]
        return point

    todo = list(pairs)
    members = {point: [point] for point in range(size)}
    # By block and letter, where the block goes.
    goes = [list(images) for images in zip(*moves, strict=True)] or [[]] * size
    while todo:
        a, b = map(find, todo.pop())
        if a == b:
            continue
        parent[b] = a
        members[a] += members.pop(b)
        for letter, image in enumerate(goes[b]):
            if goes[a][letter] == UNKNOWN:
                goes[a][letter] = image
            elif image != UNKNOWN:
                todo.append((goes[a][letter], image))
    return canonical(map(find, range(size)))


def congruences(
    moves: Moves, size: int, pairs: Iterable[tuple[int, int]], most: int
) -> list[Partition]:
    """Return congruences, from one block down to single points.

    Those that pairs generate and their joins, the coarsest first; where there are more
    than ``most``, the joins of few.
    """
    top, bottom = (0,) * size, tuple(range(size))
    found = dict.fromkeys(closed(moves, [pair], size) for pair in pairs)
    principal = list(found)[:most]
    for one in list(principal):
        for other in list(found):
            if len(found) >= most:
                break
            both = [*_pairs(one), *_pairs(other)]
            found[closed(moves, both, size)] = None
    found.update(dict.fromkeys((top, bottom)))
    kept = [*list(found)[:most], top, bottom]
    return sorted(dict.fromkeys(kept), key=lambda p: (max(p), p))


def _pairs(partition: Partition) -> list[tuple[int, int]]:
    # Each point with the first of its block.
    first: dict[int, int] = {}
    return [(first.setdefault(b, p), p) for p, b in enumerate(partition)]


def finer(one: Partition, other: Partition) -> bool:
    """Check that every block of a partition lies in a block of the other."""
    inside: dict[int, int] = {}
    return all(inside.setdefault(a, b) == b for a, b in zip(one, other, strict=True))


def quotient(moves: Moves, partition: Partition) -> Moves:
    """Return the moves of the blocks of a congruence."""
    rows = []
    for images in moves:
        row = [UNKNOWN] * (max(partition) + 1)
        for point, image in enumerate(images):
            if image != UNKNOWN:
                row[partition[point]] = partition[image]
        rows.append(tuple(row))
    return tuple(rows)
