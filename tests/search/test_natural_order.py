"""Tasks about order are found from a user's sequences, whatever the frequencies."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import accumulate

import pytest

from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.language.interpret import Interpreter
from transformer_programs.search import search
from transformer_programs.settings import SearchSettings


def dense_rank(tokens: list[str]) -> list[str]:
    order = sorted({*tokens}, key=int)
    return [str(order.index(token)) for token in tokens]


TASKS: dict[str, Callable[[list[str]], list[str] | str]] = {
    "sort": lambda tokens: sorted(tokens, key=int),
    "descending": lambda tokens: sorted(tokens, key=int, reverse=True),
    "running maximum": lambda t: [str(n) for n in accumulate(map(int, t), max)],
    "dense rank": dense_rank,
    "is_sorted": lambda t: "yes" if t == sorted(t, key=int) else "no",
}


@pytest.mark.parametrize(
    "numbers", [range(10), range(3, 60, 7)], ids=["digits", "wide"]
)
@pytest.mark.parametrize("name", TASKS)
def test_found_exactly(name: str, numbers: range) -> None:
    rng = random.Random(1)
    symbols = [str(number) for number in numbers]
    weights = [rng.random() ** 2 + 0.02 for _ in symbols]
    rows = []
    for _ in range(6000):
        tokens = rng.choices(symbols, weights, k=rng.randint(1, 8))
        if name == "is_sorted" and rng.random() < 0.5:
            tokens.sort(key=int)
        rows.append((tokens, TASKS[name](tokens)))
    dataset = labelled_sequences(rows)
    found = search(dataset, SearchSettings())
    assert found.exact
    run = Interpreter(found.program)
    for tokens, target in zip(
        dataset.test.sequences, dataset.test.targets, strict=True
    ):
        said = run(tokens)
        assert (said if isinstance(said, str) else tuple(said)) == target
