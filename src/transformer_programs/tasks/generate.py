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

from transformer_programs.data import brief, called
from transformer_programs.errors import TaskError
from transformer_programs.system import Sizes, check_fits
from transformer_programs.tasks.space import InputSpace

Draw = Callable[[np.random.Generator, int, int], NDArray[np.int64]]
"""``(generator, count, length)`` to ``(count, length)`` indices into the alphabets."""

SEQUENCE = 300
"""Bytes of a drawn sequence with its labels, its tokens not counted."""

TOKEN = 32
"""Bytes of a token: in rows of indices, as text, with its label, encoded."""

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
    assert count <= space.size_up_to(count), "more distinct sequences than exist"
    sequences: list[tuple[str, ...]] = []
    for length, wanted in lengths_of(space, count, rng).items():
        rows = _distinct_rows(space, length, wanted, rng, draw)
        sequences.extend(space.decode(rows))
    return sequences


def check_drawn_fit(space: InputSpace, sizes: Sizes) -> None:
    """Refuse to draw more sequences than there is memory for.

    Args:
        space: where they come from.
        sizes: how many and, if that can be chosen, the most tokens of each; by the
            names of the settings, in this order.

    Raises:
        TaskError: says what would fit.
    """
    number, *lengths = sizes
    longest = max(space.lengths)

    def needed(sizes: Sizes) -> int:
        count = space.size_up_to(sizes[number])
        length = min([longest, *(sizes[name] for name in lengths)])
        return count * (SEQUENCE + TOKEN * (min(space.lengths) + length) // 2)

    check_fits("drawing inputs", needed, sizes, error=TaskError)


def lengths_of(
    space: InputSpace, count: int, rng: np.random.Generator
) -> dict[int, int]:
    """How many of ``count`` distinct sequences get which length.

    Lengths are drawn uniformly; one whose sequences are all taken is not drawn again.
    """
    room = {length: space.count(length, count) for length in space.lengths}
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
    sizes = space.sizes_of(length)
    if draw is not None:
        for _ in range(_ROUNDS):
            if len(rows) >= wanted:
                break
            _add(rows, _drawn(draw, rng, wanted, length, sizes))
    # Even if every sequence is wanted, a round finds over half of those still missing.
    while len(rows) < wanted:
        _add(rows, rng.integers(sizes, size=(wanted, length)))
    return list(islice(rows, wanted))


def _drawn(
    draw: Draw,
    rng: np.random.Generator,
    count: int,
    length: int,
    sizes: tuple[int, ...],
) -> NDArray[np.int64]:
    """What a task's own draw gives, checked.

    Raises:
        TaskError: if it fails, or gives something else than indices.
    """
    what = f"the task's draw of {count} sequences of {length} tokens"
    drawn = called(f"{what} fails", (), draw, rng, count, length)
    expected = f"{what}: expected an array of shape ({count}, {length})"
    if not isinstance(drawn, np.ndarray) or drawn.shape != (count, length):
        raise TaskError(f"{expected}, got {brief(getattr(drawn, 'shape', drawn))}")
    if drawn.dtype.kind not in "iu" or not ((drawn >= 0) & (drawn < sizes)).all():
        raise TaskError(f"{expected} of indices into the alphabets, got other values")
    return drawn


def _add(rows: Rows, drawn: NDArray[np.int64]) -> None:
    rows.update(dict.fromkeys(map(tuple, drawn.tolist())))
