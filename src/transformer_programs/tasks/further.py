"""The exact definitions of the built-in tasks beyond the paper's eight.

Each maps bare tokens to one label per token (None where none is asked), or to one
label, and is defined on every sequence of the task's symbols.
"""

from __future__ import annotations

from collections import Counter

from transformer_programs.tasks.algorithmic import FILLER, Tags, Tokens

PLUS = "+"
"""Between the numbers that ``add_numbers`` adds."""


def shift(tokens: Tokens, *, by: int = 2) -> Tags:
    """The tokens moved to the right, those that fall off coming back at the left."""
    return tuple(tokens[(i - by) % len(tokens)] for i in range(len(tokens)))


def run_length(tokens: Tokens) -> Tags:
    """The length of the run of equal neighbours that each token stands in."""
    tags: list[str] = []
    start = 0
    for end in range(1, len(tokens) + 1):
        if end == len(tokens) or tokens[end] != tokens[start]:
            tags += [str(end - start)] * (end - start)
            start = end
    return tuple(tags)


def previous_distinct(tokens: Tokens) -> Tags:
    """The nearest earlier token that differs from each token, or filler."""
    return tuple(
        next((other for other in reversed(tokens[:i]) if other != token), FILLER)
        for i, token in enumerate(tokens)
    )


def unique(tokens: Tokens) -> Tags:
    """The distinct tokens in order of appearance, then filler."""
    distinct = tuple(dict.fromkeys(tokens))
    return distinct + (FILLER,) * (len(tokens) - len(distinct))


def prefix_parity(tokens: Tokens) -> Tags:
    """Whether the number of ones so far is even or odd."""
    ones, tags = 0, []
    for token in tokens:
        ones += token == "1"
        tags.append("odd" if ones % 2 else "even")
    return tuple(tags)


def palindrome(tokens: Tokens) -> str:
    """Whether the sequence reads the same from both ends."""
    return "yes" if tokens == tokens[::-1] else "no"


def majority(tokens: Tokens) -> str:
    """The most frequent token, the one that comes first on a tie."""
    return Counter(tokens).most_common(1)[0][0] if tokens else FILLER


def maximum_position(tokens: Tokens) -> str:
    """Where the largest number stands, counted from 1; the first of equal ones."""
    if not tokens:
        return "0"
    return str(1 + max(range(len(tokens)), key=lambda i: (int(tokens[i]), -i)))


def add_digits(tokens: Tokens, *, base: int) -> Tags:
    """Two numbers' digits in turn, the lowest first: at the second, that of the sum.

    The first digit of a pair has no label, nor has a last one without a partner. The
    carry out of the last pair is not asked for.
    """
    tags: list[str | None] = []
    carry = 0
    for first, second in zip(tokens[::2], tokens[1::2], strict=False):
        carry, digit = divmod(int(first) + int(second) + carry, base)
        tags += [None, str(digit)]
    return tuple(tags) + (None,) * (len(tokens) % 2)


def add_numbers(tokens: Tokens, *, base: int) -> Tags:
    """``a + b``, the highest digits first: at every digit of b, the digit of the sum.

    Only as many digits of the sum as b has are asked for. A second ``+`` ends b, and
    without a first one there is no b: all other tokens have no label.
    """
    if PLUS not in tokens:
        return (None,) * len(tokens)
    begin = tokens.index(PLUS) + 1
    end = tokens.index(PLUS, begin) if PLUS in tokens[begin:] else len(tokens)
    augend, addend = tokens[: begin - 1][::-1], tokens[begin:end][::-1]
    digits: list[str] = []
    carry = 0
    for place, second in enumerate(addend):
        first = augend[place] if place < len(augend) else "0"
        carry, digit = divmod(int(first) + int(second) + carry, base)
        digits.insert(0, str(digit))
    return (*(None,) * begin, *digits, *(None,) * (len(tokens) - end))
