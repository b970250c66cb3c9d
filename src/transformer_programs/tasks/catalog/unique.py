"""The distinct tokens in order of appearance."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import (
    FILLER,
    Algebra,
    C,
    N,
    S,
    first_occurrences,
    placed,
)
from transformer_programs.tasks.sizes import half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def unique(tokens: Tokens) -> Tags:
    """The distinct tokens in order of appearance, then filler."""
    distinct = tuple(dict.fromkeys(tokens))
    return distinct + (FILLER,) * (len(tokens) - len(distinct))


def unique_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """At place k the first occurrence with k others before it, then filler."""
    del symbols
    first = first_occurrences(algebra, tokens)
    ranks = [algebra.count(first[:i]) for i in range(len(tokens))]
    return placed(algebra, tokens, first, ranks)


TASK = over_numbers(
    name="unique",
    summary="The distinct tokens in order of appearance, then <s>.",
    definition=unique,
    formula=unique_formula,
    labels=lambda symbols, length: (*symbols, FILLER),
    model=half_numerical(layers=3, heads=8, tables=4),
)
