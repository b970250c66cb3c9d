"""How inputs are drawn where uniform ones would nearly all be of one kind.

Each function takes the only source of chance, how many sequences of which length, and
how many symbols there are, and gives (count, length) indices of symbols.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def draw_palindromes(
    rng: np.random.Generator, count: int, length: int, *, symbols: int
) -> NDArray[np.int64]:
    """Sequences of which half are palindromes, and half of the rest nearly so."""
    ids = rng.integers(symbols, size=(count, length))
    mirror = rng.random(count) < 0.75
    ids[mirror, length - length // 2 :] = ids[mirror, : length // 2][:, ::-1]
    spoiled = np.flatnonzero(mirror & (rng.random(count) < 1 / 3))
    where = rng.integers(length, size=len(spoiled))
    ids[spoiled, where] = rng.integers(symbols, size=len(spoiled))
    return ids


def draw_runs(
    rng: np.random.Generator, count: int, length: int, *, symbols: int
) -> NDArray[np.int64]:
    """Sequences whose tokens repeat the one before them half of the time."""
    ids = rng.integers(symbols, size=(count, length))
    repeated = rng.random((count, length)) < 0.5
    for position in range(1, length):
        again = repeated[:, position]
        ids[again, position] = ids[again, position - 1]
    return ids


def draw_digits(
    rng: np.random.Generator, count: int, length: int, *, base: int
) -> NDArray[np.int64]:
    """Digits in pairs, half of which add up to base - 1 and hand a carry on."""
    ids = rng.integers(base, size=(count, length))
    first, second = ids[:, : length // 2 * 2 : 2], ids[:, 1::2]
    handing = rng.random(second.shape) < 0.5
    second[handing] = base - 1 - first[handing]
    return ids


def draw_sums(
    rng: np.random.Generator, count: int, length: int, *, base: int
) -> NDArray[np.int64]:
    """``a + b`` with pairs of digits as in ``draw_digits``; the sign has index 0.

    Args:
        rng: the only source of chance.
        count: how many sequences.
        length: tokens per sequence; one in the middle is the sign. If it is even, b
            has one digit more than a.
        base: how many digits there are.
    """
    sign = (length - 1) // 2
    ids = rng.integers(base, size=(count, length))
    ids[:, sign] = 0
    first, second = ids[:, :sign], ids[:, length - sign :]
    handing = rng.random(second.shape) < 0.5
    second[handing] = base - 1 - first[handing]
    return ids
