"""How many distinct tokens occur as often as each token does."""

from collections import Counter
from collections.abc import Sequence

from transformer_programs.tasks.algebra import (
    Algebra,
    C,
    N,
    S,
    counts_of,
    first_occurrences,
)
from transformer_programs.tasks.sizes import counts, half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def double_hist(tokens: Tokens) -> Tags:
    """How many distinct tokens occur as often as each token does."""
    counts = Counter(tokens)
    sharing = Counter(counts.values())
    return tuple(str(sharing[counts[token]]) for token in tokens)


def double_hist_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How many first occurrences have a token that occurs as often."""
    del symbols
    counts, first = counts_of(algebra, tokens), first_occurrences(algebra, tokens)
    return [
        algebra.written(
            algebra.count(
                algebra.every([new, algebra.equal(count, other)])
                for new, other in zip(first, counts, strict=True)
            )
        )
        for count in counts
    ]


TASK = over_numbers(
    name="double_hist",
    summary="How many distinct tokens occur as often as each token does.",
    definition=double_hist,
    formula=double_hist_formula,
    symbols=6,
    labels=lambda symbols, length: counts(min(len(symbols), length)),
    end=None,
    model=half_numerical(layers=3, heads=4, tables=2),
)
