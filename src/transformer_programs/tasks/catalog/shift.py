"""The tokens moved two places to the right."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def shift(tokens: Tokens, *, by: int = 2) -> Tags:
    """The tokens moved to the right, those that fall off coming back at the left."""
    return tuple(tokens[(i - by) % len(tokens)] for i in range(len(tokens)))


def shift_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The tokens two places to the right, those that fall off coming back."""
    del algebra, symbols
    return [tokens[(i - 2) % len(tokens)] for i in range(len(tokens))]


TASK = over_numbers(
    name="shift",
    summary="The tokens moved two places to the right, wrapping around.",
    definition=shift,
    formula=shift_formula,
    labels=lambda symbols, length: symbols,
    model=half_numerical(layers=3, heads=8, tables=4),
)
