"""The tokens in rising order."""

from collections.abc import Sequence

from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import LONG, half_numerical, over_numbers
from transformer_programs.tasks.task import Tags, Tokens


def sort(tokens: Tokens) -> Tags:
    """The tokens, which are numbers, in rising order."""
    return tuple(sorted(tokens, key=int))


def sort_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """At place k the least symbol that more than k tokens do not exceed."""
    rising = sorted(symbols, key=int)
    up_to = [
        algebra.count(algebra.within(token, rising[: rank + 1]) for token in tokens)
        for rank in range(len(rising))
    ]
    labels = []
    for place in range(len(tokens)):
        enough = (algebra.at_least(count, place + 1) for count in up_to)
        cases = zip(enough, map(algebra.symbol, rising), strict=True)
        labels.append(algebra.first(cases, algebra.symbol(rising[-1])))
    return labels


TASK = over_numbers(
    name="sort",
    summary="The tokens in rising order.",
    definition=sort,
    formula=sort_formula,
    labels=lambda symbols, length: symbols,
    longer=LONG,
    model=half_numerical(layers=3, heads=12, tables=8, set_predicates=True),
)
