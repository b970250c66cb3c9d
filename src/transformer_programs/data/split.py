"""Cutting data into training, validation and test parts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.1


def part_size(count: int, fraction: float) -> int:
    """How many of ``count`` items a fraction is: at least one."""
    return max(1, round(count * fraction))


def stratified_order(
    strata: Sequence[Hashable], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A random order of items in which every slice holds each stratum in proportion.

    The items of a stratum are shuffled and spread evenly over the order, so the only
    item of a stratum stands in the middle.

    Args:
        strata: the stratum of every item.
        rng: the only source of chance.
    """
    import numpy as np  # options, which are declared here, are shown without it

    shuffled = rng.permutation(len(strata))
    numbers: dict[Hashable, int] = {}
    stratum = np.array(
        [numbers.setdefault(each, len(numbers)) for each in strata], dtype=np.int64
    )[shuffled]
    sizes = np.bincount(stratum, minlength=len(numbers))
    # How many items of its stratum stand before each, in the shuffled order.
    together = np.argsort(stratum, kind="stable")
    begins = np.cumsum(sizes) - sizes
    seen = np.empty(len(strata), dtype=np.int64)
    seen[together] = np.arange(len(strata)) - begins[stratum[together]]
    place = (seen + 0.5) / sizes[stratum]
    order: NDArray[np.int64] = shuffled[np.argsort(place, kind="stable")]
    return order
