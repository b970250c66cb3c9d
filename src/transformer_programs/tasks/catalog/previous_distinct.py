"""The nearest earlier token that differs."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import FILLER, Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def previous_distinct(tokens: Tokens) -> Tags:
    """The nearest earlier token that differs from each token, or filler."""
    return tuple(
        next((other for other in reversed(tokens[:i]) if other != token), FILLER)
        for i, token in enumerate(tokens)
    )


def previous_distinct_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The nearest earlier token that differs from each token, or filler."""
    del symbols
    return [
        algebra.first(
            (
                (algebra.negated(algebra.same(other, token)), other)
                for other in reversed(tokens[:i])
            ),
            algebra.symbol(FILLER),
        )
        for i, token in enumerate(tokens)
    ]


TASK = over_numbers(
    name="previous_distinct",
    summary="The nearest earlier token that differs from each token, or <s>.",
    definition=previous_distinct,
    formula=previous_distinct_formula,
    labels=lambda symbols, length: (*symbols, FILLER),
    model=half_numerical(layers=3, heads=8, tables=4),
)
