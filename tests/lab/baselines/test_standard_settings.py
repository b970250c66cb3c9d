from __future__ import annotations

from typing import Any

import pytest

from transformer_programs import tasks
from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines.settings import (
    StandardSettings,
    suited_standard,
)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"layers": 0}, "expected layers >= 1, got 0"),
        ({"evaluations": 0}, "expected evaluations >= 1, got 0"),
        ({"width": 30}, "width needs to be a multiple of heads, got 30 and 8"),
        ({"dropout": 1.0}, "expected 0 <= dropout < 1, got 1.0"),
        ({"learning_rate": 0.0}, "expected finite learning_rate > 0, got 0.0"),
        ({"seed": -1}, "expected 0 <= seed < 2"),
    ],
)
def test_what_cannot_be_trained(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}"):
        StandardSettings(**fields)


@pytest.mark.parametrize(
    ("task", "layers", "heads", "causal"),
    [
        ("sort", 3, 8, False),
        ("dyck2", 3, 8, True),
        ("induction", 2, 4, True),
    ],
)
def test_sizes_are_those_of_the_programs(
    task: str, layers: int, heads: int, causal: bool
) -> None:
    found = suited_standard(tasks.get(task).model)
    assert (found.layers, found.heads, found.causal) == (layers, heads, causal)


def test_words_have_the_size_of_the_paper() -> None:
    model = tasks.get("dyck2").model
    found = suited_standard(model, tokens=65)
    assert (found.layers, found.width, found.heads) == (3, 128, 4)
    assert found.causal
    assert suited_standard(model, tokens=64) == suited_standard(model)
