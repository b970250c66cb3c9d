"""The order that spreads classes, against one written plainly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from transformer_programs.data.split import stratified_order


def plainly(strata: list[int], shuffled: list[int]) -> list[int]:
    sizes, seen = Counter(strata), Counter[int]()
    place = {}
    for item in shuffled:
        place[item] = (seen[strata[item]] + 0.5) / sizes[strata[item]]
        seen[strata[item]] += 1
    return sorted(shuffled, key=place.__getitem__)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kinds", [[0], [0, 1], [0, 0, 0, 0, 0, 0, 0, 1, 1, 2]])
@pytest.mark.parametrize("count", [1, 7, 400])
def test_the_order_is_that_of_the_plain_one(
    seed: int, kinds: list[int], count: int
) -> None:
    rng = np.random.default_rng(seed)
    strata, shuffled = rng.choice(kinds, count), rng.permutation(count)
    found = stratified_order(strata, shuffled)
    assert found.tolist() == plainly(strata.tolist(), shuffled.tolist())
