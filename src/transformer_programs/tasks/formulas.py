"""The paper's tasks, defined once more, as formulas that a solver can read.

Each is defined on the inputs that its task asks about, and says there what the
definition says (``algorithmic.py``): a test compares the two.
"""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.data import Target
from transformer_programs.tasks.algebra import Algebra, C, Concrete, Formula, N, S
from transformer_programs.tasks.algorithmic import FILLER, NEVER_SEEN


def compute(
    formula: Formula, tokens: tuple[str, ...], symbols: tuple[str, ...]
) -> Target:
    """The labels of known tokens.

    Args:
        formula: what they follow from.
        tokens: a bare input.
        symbols: those of the task.
    """
    found = formula(Concrete(), tokens, symbols)
    return found if isinstance(found, str) else tuple(found)


def reverse(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """The tokens from the last to the first."""
    del algebra, symbols
    return list(reversed(tokens))


def sort(
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


def hist(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """How often each token occurs."""
    del symbols
    return [algebra.written(count) for count in counts_of(algebra, tokens)]


def double_hist(
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


def most_freq(
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


def dyck(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S]:
    """A stack of what is open: T if empty, P if not, F after a token that closes wrong.

    ``stack[k]`` is the bracket that was opened last when k others were open.
    """
    closer_of = {"(": ")", "{": "}"}
    openers = tuple(symbol for symbol in symbols if symbol in closer_of)
    stack = [algebra.symbol(openers[0])] * len(tokens)
    opened: list[C] = []
    wrong = algebra.some([])
    labels = []
    for token in tokens:
        depth = _depth(algebra, opened)
        opens = algebra.within(token, openers)
        at = [algebra.equal(depth, k) for k in range(len(tokens) + 1)]
        closes = algebra.some(
            algebra.every([here, algebra.within(top, [o]), algebra.within(token, [c])])
            for here, top in zip(at[1:], stack, strict=True)
            for o, c in closer_of.items()
        )
        wrong = algebra.some([wrong, algebra.negated(algebra.some([opens, closes]))])
        stack = [
            algebra.first([(algebra.every([opens, here]), token)], old)
            for here, old in zip(at[:-1], stack, strict=True)
        ]
        opened.append(opens)
        empty = algebra.equal(_depth(algebra, opened), 0)
        cases = [(wrong, algebra.symbol("F")), (empty, algebra.symbol("T"))]
        labels.append(algebra.first(cases, algebra.symbol("P")))
    return labels


def _depth(algebra: Algebra[C, N, S], opened: Sequence[C]) -> N:
    """How many more tokens opened than closed."""
    closed = algebra.count(map(algebra.negated, opened))
    return algebra.plus(algebra.count(opened), closed, -1)


def induction(
    algebra: Algebra[C, N, S], tokens: Sequence[S], symbols: tuple[str, ...]
) -> list[S | None]:
    """At letters, what followed the latest earlier one that is the same; then none."""
    del symbols
    labels: list[S | None] = []
    for i, token in enumerate(tokens):
        cases = (
            (algebra.same(tokens[j], token), tokens[j + 1])
            for j in reversed(range(0, i, 2))
        )
        label = algebra.first(cases, algebra.symbol(NEVER_SEEN))
        labels.append(None if i % 2 else label)
    return labels


def counts_of(algebra: Algebra[C, N, S], tokens: Sequence[S]) -> list[N]:
    """How often the token of each position occurs."""
    return [
        algebra.count(algebra.same(token, other) for other in tokens)
        for token in tokens
    ]


def first_occurrences(algebra: Algebra[C, N, S], tokens: Sequence[S]) -> list[C]:
    """Whether each token has not occurred before."""
    return [
        algebra.negated(
            algebra.some(algebra.same(token, other) for other in tokens[:i])
        )
        for i, token in enumerate(tokens)
    ]


def placed(
    algebra: Algebra[C, N, S],
    tokens: Sequence[S],
    taken: Sequence[C],
    places: Sequence[N],
) -> list[S]:
    """The tokens that are taken at their places, and filler at the others."""
    labels = []
    for place in range(len(tokens)):
        here = (
            algebra.every([some, algebra.equal(own, place)])
            for some, own in zip(taken, places, strict=True)
        )
        cases = zip(here, tokens, strict=True)
        labels.append(algebra.first(cases, algebra.symbol(FILLER)))
    return labels
