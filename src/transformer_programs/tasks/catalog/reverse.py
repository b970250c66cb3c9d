"""The tokens from the last to the first."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def reverse(tokens: Tokens) -> Tags:
    """The tokens from the last to the first."""
    return tokens[::-1]


def reverse_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The tokens from the last to the first."""
    del algebra, symbols
    return list(reversed(tokens))


TASK = over_numbers(
    name="reverse",
    summary="The tokens from the last to the first.",
    definition=reverse,
    formula=reverse_formula,
    labels=lambda symbols, length: symbols,
    model=half_numerical(layers=3, heads=12, tables=4),
)
