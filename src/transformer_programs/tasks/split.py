"""Cutting data into training, validation and test parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.1


def part_size(count: int, fraction: float) -> int:
    """How many of ``count`` items a fraction is: at least one."""
    return max(1, round(count * fraction))


def stratified_order(strata: Sequence[Hashable], rng: np.random.Generator) -> list[int]:
    """A random order of items in which every slice holds each stratum in proportion.

    The items of a stratum are shuffled and spread evenly over the order, so the only
    item of a stratum stands in the middle.

    Args:
        strata: the stratum of every item.
        rng: the only source of chance.
    """
    shuffled = rng.permutation(len(strata)).tolist()
    sizes = Counter(strata)
    seen: Counter[Hashable] = Counter()
    place: dict[int, float] = {}
    for item in shuffled:
        stratum = strata[item]
        place[item] = (seen[stratum] + 0.5) / sizes[stratum]
        seen[stratum] += 1
    return sorted(shuffled, key=place.__getitem__)
