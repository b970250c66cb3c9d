"""The parity of every prefix of bits."""

from collections.abc import Sequence

from transformer_programs.language import Scope
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical
from transformer_programs.tasks.task import BEGIN, Tags, Task, Tokens


def prefix_parity(tokens: Tokens) -> Tags:
    """Whether the number of ones so far is even or odd."""
    ones, tags = 0, []
    for token in tokens:
        ones += token == "1"
        tags.append("odd" if ones % 2 else "even")
    return tuple(tags)


def prefix_parity_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """Whether the number of ones so far is odd."""
    del symbols
    labels = []
    for i in range(len(tokens)):
        ones = algebra.count(algebra.within(t, ["1"]) for t in tokens[: i + 1])
        odd = algebra.some(algebra.equal(ones, k) for k in range(1, i + 2, 2))
        labels.append(
            algebra.first([(odd, algebra.symbol("odd"))], algebra.symbol("even"))
        )
    return labels


TASK = Task(
    name="prefix_parity",
    summary="Whether the number of ones so far is even or odd.",
    definition=prefix_parity,
    formula=prefix_parity_formula,
    symbols=("0", "1"),
    labels=("even", "odd"),
    max_length=16,
    begin=BEGIN,
    model=half_numerical(layers=3, heads=8, tables=4, scope=Scope.CAUSAL),
)
