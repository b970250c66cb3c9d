"""The nearest earlier token that differs."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import FILLER, Algebra, C, N, S
from transformer_programs.tasks.catalog.sizes import half_numerical, numbers, numeric
from transformer_programs.tasks.task import BEGIN, END, Tags, Task, Tokens


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


TASK = Task(
    name="previous_distinct",
    summary="The nearest earlier token that differs from each token, or <s>.",
    definition=previous_distinct,
    formula=previous_distinct_formula,
    symbols=numbers(5),
    labels=(*numbers(5), FILLER),
    max_length=8,
    begin=BEGIN,
    end=END,
    model=half_numerical(layers=3, heads=8, tables=4),
    resize=numeric(labels=lambda symbols, length: (*symbols, FILLER)),
)
