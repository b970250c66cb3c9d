"""Drawing distinct sequences at random (paper, appendix B.1).

The length is uniform over the lengths that still have unused sequences, the tokens are
uniform unless the task draws them in its own way. Everything follows from one numpy
generator, so a seed gives the same sequences on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from transformer_programs.tasks.space import InputSpace

Draw = Callable[[np.random.Generator, int, int], NDArray[np.int64]]
"""``(generator, count, length)`` to ``(count, length)`` indices into the alphabets."""

_ROUNDS = 8
"""How often a task's own draw is asked for more before uniform draws fill the rest."""

Rows = dict[tuple[int, ...], None]
"""An ordered set of index rows."""


def sample_distinct(
    space: InputSpace,
    count: int,
    rng: np.random.Generator,
    draw: Draw | None = None,
) -> list[tuple[str, ...]]:
    """Distinct sequences, grouped by length.

    Args:
        space: where they come from.
        count: how many, at most ``space.size``.
        rng: the only source of chance.
        draw: how sequences of one length are drawn; uniformly by default.
    """
    assert count <= space.size, "more distinct sequences than exist"
    sequences: list[tuple[str, ...]] = []
    for length, wanted in lengths_of(space, count, rng).items():
        rows = _distinct_rows(space, length, wanted, rng, draw)
        sequences.extend(space.decode(rows))
    return sequences


def lengths_of(
    space: InputSpace, count: int, rng: np.random.Generator
) -> dict[int, int]:
    """How many of ``count`` distinct sequences get which length.

    Lengths are drawn uniformly; one whose sequences are all taken is not drawn again.
    """
    room = {length: space.count(length) for length in space.lengths}
    taken = dict.fromkeys(room, 0)
    missing = count
    while missing:  # every round but the last uses up at least one length
        available = [length for length in room if taken[length] < room[length]]
        drawn = rng.multinomial(missing, np.full(len(available), 1 / len(available)))
        for length, more in zip(available, drawn.tolist(), strict=True):
            taken[length] = min(taken[length] + more, room[length])
        missing = count - sum(taken.values())
    return taken


def _distinct_rows(
    space: InputSpace,
    length: int,
    wanted: int,
    rng: np.random.Generator,
    draw: Draw | None,
) -> list[tuple[int, ...]]:
    rows: Rows = {}
    if draw is not None:
        for _ in range(_ROUNDS):
            if len(rows) >= wanted:
                break
            _add(rows, draw(rng, wanted, length))
    sizes = space.sizes_of(length)
    # Even if every sequence is wanted, a round finds over half of those still missing.
    while len(rows) < wanted:
        _add(rows, rng.integers(sizes, size=(wanted, length)))
    return list(islice(rows, wanted))


def _add(rows: Rows, drawn: NDArray[np.int64]) -> None:
    rows.update(dict.fromkeys(map(tuple, drawn.tolist())))
