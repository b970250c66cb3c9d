"""Families of features: what kinds of n-grams are weighed together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from transformer_programs.language import TOKENS, InputFormat
from transformer_programs.learn.linear.grams import GramKind
from transformer_programs.settings import LARGE_VOCABULARY

OF_WORDS, OF_CHARACTERS = 2, 4
"""Tokens of the longest n-grams of sequences."""

MOST_PLACES = 128
"""Longer sequences are not weighed place by place."""

_REACH = {True: 2, False: 4}
"""How far from a labelled token its n-grams reach, by whether tokens are words."""

_LENGTHS = {True: 2, False: 4}
"""Tokens of the longest of them."""

_NEAR = 1
"""How far from a labelled token character features are read."""

MOST_ONCE = 10_000
"""N-grams of a kind that count once in a sequence, where that is better."""


@dataclass(frozen=True, slots=True)
class Family:
    """Kinds of n-grams.

    Attributes:
        kinds: The kinds.
        most_once: How many of each count once in a sequence.
    """

    kinds: tuple[GramKind, ...]
    most_once: int = 0


def has_words(form: InputFormat) -> bool:
    """Return whether tokens are words: many, and few of a single character."""
    tokens = form.vocabulary.tokens
    characters = sum(len(token) == 1 for token in tokens)
    return len(tokens) > LARGE_VOCABULARY and characters <= len(tokens) // 2


def of_sequences(form: InputFormat, longest: int | None) -> Iterator[Family]:
    """Yield the families for labels of sequences, the plainest first."""
    words = has_words(form)
    most = longest or (OF_WORDS if words else OF_CHARACTERS)
    anywhere = _anywhere(most)
    if words or form.max_length > MOST_PLACES:
        yield Family(anywhere)
        if form.max_length > MOST_PLACES:
            # What is said again and again in long texts counts once.
            loose = tuple(GramKind(TOKENS, length) for length in range(1, most + 1))
            yield Family(loose, MOST_ONCE)
        return
    for placed in range(1, min(most, 2) + 1):
        yield Family(_placed(placed))
    yield Family((*_placed(1), *_anywhere(min(most, 3))))
    yield Family(anywhere)


def _placed(longest: int) -> tuple[GramKind, ...]:
    lengths = range(1, longest + 1)
    return tuple(GramKind(TOKENS, length, placed=True) for length in lengths)


def _anywhere(longest: int) -> tuple[GramKind, ...]:
    ties = product((False, True), repeat=2)
    return tuple(
        GramKind(TOKENS, length, start, end)
        for end, start in ties
        for length in range(1, longest + 1)
    )


def of_tokens(form: InputFormat, longest: int | None, *, causal: bool) -> Family:
    """Return the family for labels of tokens."""
    words = has_words(form)
    reach = _REACH[words]
    most = longest or _LENGTHS[words]
    last = 0 if causal else reach
    found = [
        GramKind(TOKENS, length, offset=offset)
        for length in range(1, most + 1)
        for offset in range(length - 1 - reach, last + 1)
    ]
    near = range(-_NEAR, (0 if causal else _NEAR) + 1)
    found += [GramKind(s.name, 1, offset=o) for s in form.surfaces for o in near]
    return Family(tuple(found))
