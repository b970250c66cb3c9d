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
from transformer_programs.tasks.catalog.sizes import half_numerical, numbers, numeric
from transformer_programs.tasks.task import BEGIN, END, Tags, Task, Tokens


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


TASK = Task(
    name="unique",
    summary="The distinct tokens in order of appearance, then <s>.",
    definition=unique,
    formula=unique_formula,
    symbols=numbers(5),
    labels=(*numbers(5), FILLER),
    max_length=8,
    begin=BEGIN,
    end=END,
    model=half_numerical(layers=3, heads=8, tables=4),
    resize=numeric(labels=lambda symbols, length: (*symbols, FILLER)),
)
