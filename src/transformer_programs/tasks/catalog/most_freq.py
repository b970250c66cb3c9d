"""The distinct tokens by falling frequency."""

from collections import Counter
from collections.abc import Sequence

from transformer_programs.tasks.algebra import (
    FILLER,
    Algebra,
    C,
    N,
    S,
    counts_of,
    first_occurrences,
    placed,
)
from transformer_programs.tasks.sizes import LONG, half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def most_freq(tokens: Tokens) -> Tags:
    """The distinct tokens by falling frequency, ties by first position, then filler."""
    ranked = [token for token, _ in Counter(tokens).most_common()]
    return tuple(ranked) + (FILLER,) * (len(tokens) - len(ranked))


def most_freq_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """First occurrences, those before which k others come at place k; then filler.

    One comes before another if its token is more frequent, or as frequent and earlier.
    """
    del symbols
    counts, first = counts_of(algebra, tokens), first_occurrences(algebra, tokens)
    ranks = [
        algebra.count(
            algebra.every([first[j], algebra.at_least(counts[j], least)])
            for j in range(len(tokens))
            for least in [algebra.plus(count, 0 if j < i else 1)]
        )
        for i, count in enumerate(counts)
    ]
    return placed(algebra, tokens, first, ranks)


TASK = over_numbers(
    name="most_freq",
    summary="The distinct tokens by falling frequency, then <s>.",
    definition=most_freq,
    formula=most_freq_formula,
    symbols=6,
    labels=lambda symbols, length: (*symbols, FILLER),
    end=None,
    longer=LONG,
    model=half_numerical(layers=3, heads=12, tables=8),
)
