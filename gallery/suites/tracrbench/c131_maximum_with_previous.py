"""c131_maximum_with_previous: a Transformer Program.

Takes 0 to 8 tokens. "<s>" before them is added. Gives every token one of 5 labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

TOKENS = ("0", "1", "2", "3", "4")
LABELS = ("0", "1", "2", "3", "4")
MAX_LENGTH = 8


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    # From each position, the token at the nearest position whose position is its own
    # position - 1.
    previous_token = attend(positions, positions, tokens, lambda q, k: k == q - 1)
    label = [str(max(number(a), number(b))) for a, b in zip(tokens, previous_token)]
    return {name: x for name, x in locals().items() if name != "any_length"}


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    return trace(tokens, any_length)["label"][1:]


# Helpers, which are alike in all programs.


def frame(
    tokens: Sequence[str],
    known: Collection[str],
    max_length: int,
    any_length: bool | None = None,
    begin: str | None = None,
    end: str | None = None,
    unknown: str | None = None,
) -> list[str]:
    """Check the tokens and put the begin and end tokens around them.

    With any_length=True they may be more than max_length; None says that the program
    does not hold there.
    """
    if isinstance(tokens, str):
        right = sorted(known)[: min(max_length, 3)]
        raise ValueError(f"expected a list of tokens like {right}, got {tokens!r}")
    if len(tokens) > max_length and not any_length:
        hint = "" if any_length is None else "; any_length (--any-length) allows more"
        raise ValueError(
            f"too long: {len(tokens)} tokens, at most {max_length} are allowed{hint}"
        )
    framed = [] if begin is None else [begin]
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise ValueError(
                f"expected strings as tokens, got {token!r} at position {position}"
            )
        if token not in known and unknown is None:
            some = ", ".join(map(repr, sorted(known)[:20]))
            more = "" if len(known) <= 20 else f", ... ({len(known)} in all)"
            raise ValueError(
                f"unknown token {token!r} at position {position}; "
                f"known tokens: {some}{more}"
            )
        framed.append(token if token in known else str(unknown))
    framed += [] if end is None else [end]
    if not framed:
        raise ValueError(f"empty sequence: expected 1 to {max_length} tokens")
    return framed


def visible(scope: str, i: int, length: int) -> range:
    """The positions that position i may look at."""
    if scope == "before":
        return range(i)
    if scope == "after":
        return range(i + 1, length)
    if scope == "causal":
        return range(i + 1)
    return range(length)


def places(values: Sequence[Any]) -> dict[Any, list[int]]:
    """The positions of every value."""
    found: dict[Any, list[int]] = {}
    for i, x in enumerate(values):
        found.setdefault(x, []).append(i)
    return found


def nearest(
    here: Sequence[int], matches: Sequence[int], scope: str, length: int
) -> dict[int, int]:
    """The nearest match that each position sees, 0 if there is none; all in order."""
    found, after = {}, 0
    for i in here:
        while after < len(matches) and matches[after] < i:
            after += 1
        seen = visible(scope, i, length)
        near = [j for j in matches[max(after - 1, 0) : after + 2] if j in seen]
        found[i] = min(near, key=lambda j: (j == i, abs(j - i), j), default=0)
    return found


def attend(
    query: Sequence[Any],
    key: Sequence[Any],
    value: Sequence[Any],
    predicate: Callable[[Any, Any], bool],
    scope: str = "all",
) -> list[Any]:
    """Copy the value from the nearest position whose key matches the query.

    A position itself counts as the farthest, the earlier of two equally near ones wins,
    and position 0 stands in when nothing matches.
    """
    output = [*value]
    for q, here in places(query).items():
        matches = [j for j, k in enumerate(key) if predicate(q, k)]
        for i, j in nearest(here, matches, scope, len(key)).items():
            output[i] = value[j]
    return output


def number(token: str) -> int:
    """The number that a token is, and 0 for others."""
    return int(token) if token.isascii() and token.isdecimal() else 0


def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    any_length = arguments[0] == "--any-length"
    if any_length:
        arguments = arguments[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    try:
        labels = " ".join(run(arguments, any_length))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
