"""The most frequent token of a sequence."""

from collections import Counter
from collections.abc import Sequence

from transformer_programs.language import Pooling
from transformer_programs.tasks.algebra import FILLER, Algebra, C, N, S, counts_of
from transformer_programs.tasks.sizes import half_numerical, over_numbers
from transformer_programs.tasks.task import Tokens


def majority(tokens: Tokens) -> str:
    """The most frequent token, the one that comes first on a tie."""
    return Counter(tokens).most_common(1)[0][0] if tokens else FILLER


def majority_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> S:
    """The first token than which none is more frequent."""
    del symbols
    counts = counts_of(algebra, tokens)
    best = (
        algebra.every(algebra.at_least(count, other) for other in counts)
        for count in counts
    )
    return algebra.first(zip(best, tokens, strict=True), algebra.symbol(FILLER))


TASK = over_numbers(
    name="majority",
    summary="The most frequent token, the one that comes first on a tie.",
    definition=majority,
    formula=majority_formula,
    labels=lambda symbols, length: (*symbols, FILLER),
    model=half_numerical(layers=3, heads=8, tables=4, pooling=Pooling.FIRST),
)
