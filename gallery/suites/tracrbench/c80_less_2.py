"""c80_less_2: a Transformer Program.

Takes 0 to 8 tokens. "<s>" before them is added. Gives every token one of 10 labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Any

TOKENS = tuple(map(str, range(10)))
LABELS = tuple(map(str, range(-2, 8)))
MAX_LENGTH = 8


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    return {name: x for name, x in locals().items() if name != "any_length"}


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    return [LABEL_OF[x] for x in trace(tokens, any_length)["tokens"][1:]]


# The label of each value of tokens.
LABEL_OF = {
    "0": "-2",
    "1": "-1",
    "2": "0",
    "3": "1",
    "4": "2",
    "5": "3",
    "6": "4",
    "7": "5",
    "8": "6",
    "9": "7",
    "<s>": "7",
}


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
