"""How often each token occurs."""

from collections import Counter
from collections.abc import Sequence

from transformer_programs.tasks.algebra import Algebra, C, N, S, counts_of
from transformer_programs.tasks.sizes import counts, half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def hist(tokens: Tokens) -> Tags:
    """How often each token occurs."""
    counts = Counter(tokens)
    return tuple(str(counts[token]) for token in tokens)


def hist_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How often each token occurs."""
    del symbols
    return [algebra.written(count) for count in counts_of(algebra, tokens)]


TASK = over_numbers(
    name="hist",
    summary="How often each token occurs.",
    definition=hist,
    formula=hist_formula,
    symbols=6,
    labels=lambda symbols, length: counts(length),
    end=None,
    model=half_numerical(layers=1, heads=4, tables=2),
)
