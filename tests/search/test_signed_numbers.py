"""Tasks over numbers with a sign."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from transformer_programs.codegen.python import emit_python
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.search import search
from transformer_programs.settings import SearchSettings

# From the number and the one before it, 0 before the first.
TASKS: dict[str, Callable[[int, int], int]] = {
    "difference": lambda n, last: n - last,
    "distance": lambda n, last: abs(n - last),
    "difference of sizes": lambda n, last: abs(n) - abs(last),
    "opposite": lambda n, last: -n,
}


@pytest.mark.parametrize("name", TASKS)
def test_holds_for_longer_sequences(name: str) -> None:
    rng = random.Random(0)
    symbols = [*map(str, range(-6, 7))]

    def labels(tokens: list[str]) -> list[str | None]:
        # A first token begins.
        numbers = [*map(int, tokens[1:])]
        pairs = zip(numbers, [0, *numbers], strict=False)
        return [None, *(str(TASKS[name](*pair)) for pair in pairs)]

    def draw(size: int) -> list[str]:
        return ["^", *rng.choices(symbols, k=size)]

    drawn = [draw(rng.randint(1, 8)) for _ in range(2500)]
    rows = [(tokens, labels(tokens)) for tokens in drawn]
    found = search(labelled_sequences(rows), SearchSettings())
    assert found.exact
    text = emit_python(found.program)
    assert "table" not in text.lower()
    file: dict[str, Any] = {"__name__": "program"}
    exec(text, file)
    for size in (1, 2, 8, 9, 40):
        tokens = draw(size)
        assert file["run"](tokens, any_length=True)[1:] == labels(tokens)[1:]
