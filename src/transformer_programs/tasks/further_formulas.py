"""The built-in tasks beyond the paper's, defined once more as formulas.

As in ``formulas.py``: they say on the inputs of the task what ``further.py`` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from transformer_programs.tasks.algebra import Algebra, C, N, S
from transformer_programs.tasks.algorithmic import FILLER
from transformer_programs.tasks.formulas import counts_of, first_occurrences, placed


def shift(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The tokens two places to the right, those that fall off coming back."""
    del algebra, symbols
    return [tokens[(i - 2) % len(tokens)] for i in range(len(tokens))]


def run_length(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How many positions have nothing but equal neighbours between them and each."""
    del symbols
    alike = [algebra.same(one, other) for one, other in pairwise(tokens)]
    return [
        algebra.written(
            algebra.count(
                algebra.every(alike[min(i, j) : max(i, j)]) for j in range(len(tokens))
            )
        )
        for i in range(len(tokens))
    ]


def previous_distinct(
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


def unique(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """At place k the first occurrence with k others before it, then filler."""
    del symbols
    first = first_occurrences(algebra, tokens)
    ranks = [algebra.count(first[:i]) for i in range(len(tokens))]
    return placed(algebra, tokens, first, ranks)


def prefix_parity(
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


def palindrome(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> S:
    """Whether the sequence reads the same from both ends."""
    del symbols
    alike = algebra.every(
        algebra.same(tokens[i], tokens[-1 - i]) for i in range(len(tokens) // 2)
    )
    return algebra.first([(alike, algebra.symbol("yes"))], algebra.symbol("no"))


def majority(
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


def maximum_position(
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


def add_digits(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """At the second of every pair of digits, the digit of their sum and the carry."""
    carry = algebra.some([])
    labels: list[S | None] = [None] * len(tokens)
    for i in range(1, len(tokens), 2):
        labels[i], carry = _added(
            algebra, tokens[i - 1], tokens[i], carry, len(symbols)
        )
    return labels


def add_numbers(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """``a + b``: from the last digit of b back, the digit of the sum and the carry.

    The plus is in the middle; b may have one digit more than a.
    """
    base, carry = len(symbols) - 1, algebra.some([])
    plus = (len(tokens) - 1) // 2
    labels: list[S | None] = [None] * len(tokens)
    for place in range(1, len(tokens) - plus):
        first = tokens[plus - place] if place <= plus else algebra.symbol("0")
        labels[-place], carry = _added(algebra, first, tokens[-place], carry, base)
    return labels


def _added(
    algebra: Algebra[C, N, S], first: S, second: S, carry: C, base: int
) -> tuple[S, C]:
    """The digit of a sum and whether one is carried on."""

    def digit(more: int) -> S:
        return algebra.combined(
            first, second, lambda a, b: str((int(a) + int(b) + more) % base)
        )

    def carried(more: int) -> C:
        total = algebra.combined(first, second, lambda a, b: str(int(a) + int(b)))
        over = range(base - more, 2 * base - 1)
        return algebra.within(total, tuple(map(str, over)))

    carries = algebra.some([carried(0), algebra.every([carry, carried(1)])])
    return algebra.first([(carry, digit(1))], digit(0)), carries
