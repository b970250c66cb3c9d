"""The input space of a task, and distinct random sequences from it (appendix B.1).

The length is uniform over the lengths that still have unused sequences; tokens are
uniform unless the task draws them in its own way. Everything follows from one numpy
generator, so a seed gives the same sequences on every machine.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import brief, called
from transformer_programs.errors import TaskError
from transformer_programs.system import Sizes, check_fits

Draw = Callable[[np.random.Generator, int, int], NDArray[np.int64]]
"""``(generator, count, length)`` to ``(count, length)`` indices into the alphabets."""

SEQUENCE = 300
"""Bytes of a drawn sequence with its labels, its tokens not counted."""

TOKEN = 32
"""Bytes of a token: in rows of indices, as text, with its label, encoded."""

_ROUNDS = 8
"""How often a task's own draw is asked for more before uniform draws fill the rest."""


@dataclass(frozen=True, slots=True)
class InputSpace:
    """All sequences of some lengths whose tokens come from given alphabets.

    Attributes:
        alphabets: Tokens allowed at each position, repeated from the start: one
            alphabet means the same tokens everywhere, two alternate.
        lengths: Allowed numbers of bare tokens, rising.
    """

    alphabets: tuple[tuple[str, ...], ...]
    lengths: range

    def alphabets_of(self, length: int) -> tuple[tuple[str, ...], ...]:
        """Return the alphabet of every position of a sequence of this length."""
        return tuple(itertools.islice(itertools.cycle(self.alphabets), length))

    def count(self, length: int, most: int | None = None) -> int:
        """Count the sequences of a length; more than ``most`` count as one more."""
        sizes = tuple(map(len, self.alphabets))
        rounds, rest = divmod(length, len(sizes))
        found, period = math.prod(sizes[:rest]), math.prod(sizes)
        if most is None or period == 1:
            found = int(found * period**rounds)
            return found if most is None else min(found, most + 1)
        while rounds and found <= most:
            found, rounds = found * period, rounds - 1
        return min(found, most + 1)

    def size_up_to(self, most: int) -> int:
        """Count the sequences; more than ``most`` count as one more."""
        found = 0
        for length in reversed(self.lengths):  # the longest are most of them
            found += self.count(length, most)
            if found > most:
                return most + 1
        return found

    @property
    def size(self) -> int:
        """Number of sequences (often too large for ``len``)."""
        lengths = self.lengths
        tokens = len(self.alphabets[0])
        if len(self.alphabets) > 1 or tokens == 1 or lengths.step != 1:
            return sum(map(self.count, lengths))
        # The sum of tokens ** length, a geometric series of possibly many terms.
        return int((tokens**lengths.stop - tokens**lengths.start) // (tokens - 1))

    def enumerate(self) -> Iterator[tuple[str, ...]]:
        """Yield every sequence once: by length, the last position varying fastest."""
        for length in self.lengths:
            yield from itertools.product(*self.alphabets_of(length))

    def decode(self, rows: Iterable[tuple[int, ...]]) -> Iterator[tuple[str, ...]]:
        """Yield the sequences that rows of alphabet indices stand for."""
        alphabets = self.alphabets_of(max(self.lengths))
        for row in rows:
            pairs = zip(alphabets, row, strict=False)
            yield tuple(alphabet[index] for alphabet, index in pairs)


def sample_distinct(
    space: InputSpace,
    count: int,
    rng: np.random.Generator,
    draw: Draw | None = None,
) -> list[tuple[str, ...]]:
    """Draw distinct sequences, at most ``space.size``, grouped by length.

    ``draw`` draws those of one length, by default uniformly.
    """
    assert count <= space.size_up_to(count), "more distinct sequences than exist"
    sequences: list[tuple[str, ...]] = []
    for length, wanted in lengths_of(space, count, rng).items():
        rows = _distinct_rows(space, length, wanted, rng, draw)
        sequences.extend(space.decode(rows))
    return sequences


def check_drawn_fit(space: InputSpace, sizes: Sizes) -> None:
    """Check that there is memory for the sequences to be drawn.

    Args:
        space: The sequences to choose from.
        sizes: Their number and, if it can be chosen, the most tokens of each; by the
            names of the settings, in this order.

    Raises:
        TaskError: If they do not fit; it says what would.
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
    """Draw how many of ``count`` distinct sequences get which length.

    Lengths are uniform; one whose sequences are all taken is not drawn again.
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
    rows: dict[tuple[int, ...], None] = {}  # an ordered set
    sizes = tuple(map(len, space.alphabets_of(length)))
    rounds = 0 if draw is None else _ROUNDS
    while len(rows) < wanted:
        if draw is not None and rounds:
            drawn, rounds = _drawn(draw, rng, wanted, length, sizes), rounds - 1
        else:
            # Even if every sequence is wanted, this finds over half of those missing.
            drawn = rng.integers(sizes, size=(wanted, length))
        rows.update(dict.fromkeys(map(tuple, drawn.tolist())))
    return list(itertools.islice(rows, wanted))


def _drawn(
    draw: Draw,
    rng: np.random.Generator,
    count: int,
    length: int,
    sizes: tuple[int, ...],
) -> NDArray[np.int64]:
    what = f"the task's draw of {count} sequences of {length} tokens"
    drawn = called(f"{what} fails", (), draw, rng, count, length)
    expected = f"{what}: expected an array of shape ({count}, {length})"
    if not isinstance(drawn, np.ndarray) or drawn.shape != (count, length):
        raise TaskError(f"{expected}, got {brief(getattr(drawn, 'shape', drawn))}")
    if drawn.dtype.kind not in "iu" or not ((drawn >= 0) & (drawn < sizes)).all():
        raise TaskError(f"{expected} of indices into the alphabets, got other values")
    return drawn
