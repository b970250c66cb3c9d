from __future__ import annotations

import math
from typing import Any

import pytest

from transformer_programs.data import ReadOptions
from transformer_programs.errors import SettingsError, TaskError
from transformer_programs.language import Pooling
from transformer_programs.settings import MANY_PAIRS, TrainSettings, suited_recipe
from transformer_programs.tasks import get

TOO_LARGE = 1 << 63


@pytest.mark.parametrize("seed", [-1, TOO_LARGE])
def test_seeds_that_no_generator_takes(seed: int) -> None:
    message = rf"expected 0 <= seed < 2\*\*63, got {seed}$"
    for options in (TrainSettings, ReadOptions):
        with pytest.raises(SettingsError, match=message):
            options(seed=seed)
    with pytest.raises(TaskError, match=f"^task 'hist': {message}"):
        get("hist").dataset(size=10, seed=seed)


def test_the_largest_seed() -> None:
    seed = TOO_LARGE - 1
    assert TrainSettings(seed=seed).seed == ReadOptions(seed=seed).seed == seed
    assert len(get("hist").dataset(size=10, seed=seed).train) == 8


@pytest.mark.parametrize(
    "changes",
    [
        *({"learning_rate": value} for value in (0, -1, math.nan, math.inf)),
        *({"tau_end": value} for value in (0, -1, math.nan, math.inf)),
        *({"tau_start": value} for value in (0.001, math.nan, math.inf)),
        {"tau_start": math.inf, "tau_end": math.inf},
        *({"dropout": value} for value in (-0.1, 1, math.nan)),
        *({"settle": value} for value in (-0.1, 1, math.nan)),
    ],
)
def test_numbers_that_cannot_train(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"^expected .*{next(iter(changes))}"):
        TrainSettings(**changes)


@pytest.mark.parametrize(
    ("tagging", "vocabulary", "length", "heads"),
    [
        (True, 10, 8, True),
        (False, 10, 8, True),
        (False, 64, MANY_PAIRS, True),
        (False, 10, MANY_PAIRS + 1, False),  # each head looks at all pairs
        (False, 65, 8, False),  # and compares all pairs of words
    ],
)
def test_what_suits_data_has_heads_where_they_can_be_learned(
    tagging: bool, vocabulary: int, length: int, heads: bool
) -> None:
    model = suited_recipe(tagging, vocabulary, length).model
    assert model.has_heads is heads
    assert tagging is (model.pooling is Pooling.NONE)
