"""The random order that spreads classes, against one written plainly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from transformer_programs.data.assembly import stratified_order


def plainly(strata: list[str], rng: np.random.Generator) -> list[int]:
    shuffled = rng.permutation(len(strata)).tolist()
    sizes, seen = Counter(strata), Counter[str]()
    place = {}
    for item in shuffled:
        place[item] = (seen[strata[item]] + 0.5) / sizes[strata[item]]
        seen[strata[item]] += 1
    return sorted(shuffled, key=place.__getitem__)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kinds", ["a", "ab", "aaaaaaabbc"])
@pytest.mark.parametrize("count", [1, 7, 400])
def test_the_order_is_that_of_the_plain_one(seed: int, kinds: str, count: int) -> None:
    strata = np.random.default_rng(seed).choice(list(kinds), count).tolist()
    found = stratified_order(strata, np.random.default_rng(seed))
    assert found.tolist() == plainly(strata, np.random.default_rng(seed))
