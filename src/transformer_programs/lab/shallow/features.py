"""What linear models see of a text, or of a token among its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from transformer_programs.program import SurfaceKind, computed

REACH = 2
"""How many tokens to either side of a token are looked at."""

AFFIX = 4
"""The longest prefix and suffix that are features, of a token and its neighbours."""

_EDGE = "\n"
"""Stands before the first token and after the last, where tokens have no newline."""


class Seen(StrEnum):
    """What is looked at of the tokens around a place; each has all before it too."""

    WORDS = "words"
    SHAPES = "words and shapes"
    AFFIXES = "words, shapes and affixes"


def bag(tokens: Sequence[str], *, pairs: bool) -> list[str]:
    """The tokens of a text, and perhaps neighbouring pairs, the edges counted."""
    if not pairs:
        return list(tokens)
    framed = (_EDGE, *tokens, _EDGE)
    both = (f"{a}\n{b}" for a, b in pairwise(framed))
    return [*tokens, *both]


def beginnings(tokens: Sequence[str]) -> list[str]:
    """The first word, the first two and the first three, as one feature each."""
    return [f"{n}\n" + "\n".join(tokens[:n]) for n in (1, 2, 3) if len(tokens) >= n]


def window(
    tokens: Sequence[str], words: Sequence[str], place: int, seen: Seen
) -> list[str]:
    """The features of the tokens around a place, each with where it is from there.

    Args:
        tokens: what shapes and affixes are of.
        words: the same as they are looked up in the vocabulary; the unknown token in
            place of those outside.
        place: the position that a label is given to.
        seen: what is looked at.
    """
    found = []
    for offset in range(-REACH, REACH + 1):
        there = place + offset
        if not 0 <= there < len(tokens):
            found.append(f"{offset}{_EDGE}")
            continue
        token = tokens[there]
        found.append(f"{offset}w{words[there]}")
        if seen is not Seen.WORDS:
            found.append(f"{offset}s{shape(token)}")
        if seen is Seen.AFFIXES and abs(offset) < 2:
            found += (f"{offset}{affix}" for affix in _affixes(token))
    return found


@lru_cache(maxsize=100_000)
def shape(token: str) -> str:
    """The kinds of a token's characters, as programs may see them."""
    return computed(SurfaceKind.SHAPE, 0, token)


@lru_cache(maxsize=100_000)
def _affixes(token: str) -> tuple[str, ...]:
    """The first and the last characters of a token, one to four, in small letters."""
    return tuple(
        f"{name}{computed(kind, length, token)}"
        for length in range(1, min(AFFIX, len(token)) + 1)
        for name, kind in (("p", SurfaceKind.PREFIX), ("e", SurfaceKind.SUFFIX))
    )
