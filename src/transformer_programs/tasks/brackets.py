"""Random bracket strings, half of which start with a balanced string."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_brackets(
    rng: np.random.Generator, count: int, length: int, *, kinds: int
) -> NDArray[np.int64]:
    """Bracket strings of one length, half of them balanced up to some position.

    A head of even length, uniform from 2 to ``length``, is drawn uniformly from the
    balanced strings of that length; whatever follows is uniform, and so is all of the
    other half. Without this, most strings of several kinds break at once.

    Args:
        rng: the only source of chance.
        count: how many strings.
        length: brackets per string, at least 2.
        kinds: kinds of brackets.

    Returns:
        (count, length) ids: 2 k opens a bracket of kind k, 2 k + 1 closes it.
    """
    ids = rng.integers(2 * kinds, size=(count, length))
    head = 2 * rng.integers(1, length // 2 + 1, size=count)
    head[rng.random(count) < 0.5] = 0
    awaited = np.zeros((count, length), dtype=np.int64)
    depth = np.zeros(count, dtype=np.int64)
    for position in range(length):
        left = head - position
        # Of the balanced strings that go on from here, the share that opens next is
        # (depth + 2) (left - depth) / (2 (depth + 1) left): a ratio of ballot numbers.
        chance = rng.random(count) * 2 * (depth + 1) * left
        opening = chance < (depth + 2) * (left - depth)
        opens = np.flatnonzero((left > 0) & opening)
        closes = np.flatnonzero((left > 0) & ~opening)
        kind = rng.integers(kinds, size=len(opens))
        ids[opens, position] = 2 * kind
        awaited[opens, depth[opens]] = kind
        depth[opens] += 1
        depth[closes] -= 1
        ids[closes, position] = 2 * awaited[closes, depth[closes]] + 1
    return ids
