"""Whether a sequence reads the same from both ends."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Pooling
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical, over_numbers, sized
from transformer_programs.tasks.task import Tokens


def palindrome(tokens: Tokens) -> str:
    """Whether the sequence reads the same from both ends."""
    return "yes" if tokens == tokens[::-1] else "no"


def palindrome_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> S:
    """Whether the sequence reads the same from both ends."""
    del symbols
    alike = algebra.every(
        algebra.same(tokens[i], tokens[-1 - i]) for i in range(len(tokens) // 2)
    )
    return algebra.first([(alike, algebra.symbol("yes"))], algebra.symbol("no"))


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


TASK = over_numbers(
    name="palindrome",
    summary="Whether the sequence reads the same from both ends.",
    definition=palindrome,
    formula=palindrome_formula,
    labels=lambda symbols, length: ("yes", "no"),
    draw=sized(draw_palindromes, symbols=5),
    model=half_numerical(layers=3, heads=8, tables=4, pooling=Pooling.FIRST),
)
