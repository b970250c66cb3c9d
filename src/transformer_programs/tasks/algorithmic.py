"""The exact definitions of the built-in tasks (paper, section 4 and appendix B).

Each maps bare tokens to one label per token and is defined on every sequence of the
task's symbols, also on those that its data never contain.
"""

from __future__ import annotations

from collections import Counter

Tokens = tuple[str, ...]
Tags = tuple[str | None, ...]

FILLER = "<s>"
"""Fills the places of ``most_freq`` that no token is left for."""

NEVER_SEEN = "<unk>"
"""What ``induction`` says of a letter that no number has followed."""

_CLOSER_OF = {"(": ")", "{": "}"}


def reverse(tokens: Tokens) -> Tags:
    """The tokens from the last to the first."""
    return tokens[::-1]


def sort(tokens: Tokens) -> Tags:
    """The tokens, which are numbers, in rising order."""
    return tuple(sorted(tokens, key=int))


def hist(tokens: Tokens) -> Tags:
    """How often each token occurs."""
    counts = Counter(tokens)
    return tuple(str(counts[token]) for token in tokens)


def double_hist(tokens: Tokens) -> Tags:
    """How many distinct tokens occur as often as each token does."""
    counts = Counter(tokens)
    sharing = Counter(counts.values())
    return tuple(str(sharing[counts[token]]) for token in tokens)


def most_freq(tokens: Tokens) -> Tags:
    """The distinct tokens by falling frequency, ties by first position, then filler."""
    ranked = [token for token, _ in Counter(tokens).most_common()]
    return tuple(ranked) + (FILLER,) * (len(tokens) - len(ranked))


def dyck(tokens: Tokens) -> Tags:
    """For every prefix: T balanced, P start of something balanced, F neither."""
    tags = []
    awaited: list[str] = []
    possible = True
    for token in tokens:
        if token in _CLOSER_OF:
            awaited.append(_CLOSER_OF[token])
        else:
            possible = possible and bool(awaited) and awaited.pop() == token
        tags.append(("P" if awaited else "T") if possible else "F")
    return tuple(tags)


def induction(tokens: Tokens) -> Tags:
    """For every letter, the number that followed its latest earlier occurrence.

    ``<unk>`` if there is no earlier occurrence, or if a letter followed it, which
    happens only where letters and numbers do not alternate. Numbers get no label.
    """
    tags: list[str | None] = []
    follower: dict[str, str] = {}
    for position, token in enumerate(tokens):
        if position:
            follower[tokens[position - 1]] = token
        if token.isdigit():
            tags.append(None)
        else:
            number = follower.get(token, NEVER_SEEN)
            tags.append(number if number.isdigit() else NEVER_SEEN)
    return tuple(tags)
