"""The position of the largest number of a sequence."""

from collections.abc import Sequence

from transformer_programs.language import Pooling
from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.sizes import half_numerical, numbers, over_numbers
from transformer_programs.tasks.task import Tokens


def maximum_position(tokens: Tokens) -> str:
    """Where the largest number stands, counted from 1; the first of equal ones."""
    if not tokens:
        return "0"
    return str(1 + max(range(len(tokens)), key=lambda i: (int(tokens[i]), -i)))


def maximum_position_formula(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> S:
    """The first place, from 1, whose number no other exceeds; 0 without any."""
    del symbols
    cases = (
        (
            algebra.negated(
                algebra.some(algebra.less(token, other) for other in tokens)
            ),
            algebra.symbol(str(place)),
        )
        for place, token in enumerate(tokens, start=1)
    )
    return algebra.first(cases, algebra.symbol("0"))


TASK = over_numbers(
    name="maximum_position",
    summary="Where the largest number stands, counted from 1; the first of equals.",
    definition=maximum_position,
    formula=maximum_position_formula,
    labels=lambda symbols, length: numbers(length + 1),
    model=half_numerical(layers=3, heads=8, tables=4, pooling=Pooling.FIRST),
)
