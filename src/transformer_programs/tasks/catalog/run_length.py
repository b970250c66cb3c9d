"""The length of the run of equal neighbours around each token."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import counts, half_numerical, over_numbers, sized
from transformer_programs.tasks.task import Tags, Tokens


def run_length(tokens: Tokens) -> Tags:
    """The length of the run of equal neighbours that each token stands in."""
    tags: list[str] = []
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or tokens[end] != tokens[start]:
            tags += [str(end - start)] * (end - start)
            start = end
    return tuple(tags)


def run_length_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How many positions have nothing but equal neighbours between them and each."""
    del symbols
    alike = [algebra.same(one, other) for one, other in pairwise(tokens)]
    return [
        algebra.written(
            algebra.count(
                algebra.every(alike[min(i, j) : max(i, j)]) for j in range(len(tokens))
            )
        )
        for i in range(len(tokens))
    ]


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


TASK = over_numbers(
    name="run_length",
    summary="How long the run of equal neighbours is that each token stands in.",
    definition=run_length,
    formula=run_length_formula,
    labels=lambda symbols, length: counts(length),
    draw=sized(draw_runs, symbols=5),
    model=half_numerical(layers=3, heads=8, tables=4),
)
