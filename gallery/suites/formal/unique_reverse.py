"""unique_reverse: a Transformer Program.

Takes 0 to 101 tokens. "<s>" before them is added. Gives every token one of 151
labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

LABELS = (*map(str, range(150)), "$")
MAX_LENGTH = 101


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    # From each position, the position at the nearest earlier position with the same
    # token.
    position_at_same_token_before = attend_equal(
        tokens, tokens, positions, scope="before"
    )
    # From each position, the token at the nearest position up to its own whose position
    # is its own position_at_same_token_before - 1.
    copy_2 = attend(
        position_at_same_token_before,
        positions,
        tokens,
        lambda q, k: k == q - 1,
        scope="causal",
    )
    # At each position, the number of earlier positions with the same token.
    same_token_before = count_equal(tokens, tokens, ones, scope="before")
    flag_1 = [int(a == 0 and b != "<s>") for a, b in zip(same_token_before, tokens)]
    mask_1 = [a + 1 if b == 1 else 0 for a, b in zip(same_token_before, flag_1)]
    flag_2 = [int(x == 0) for x in same_token_before]
    # At each position, the sum of flag_2 over earlier positions with the same mask_1.
    same_mask_1_with_flag_2_before = count_equal(mask_1, mask_1, flag_2, scope="before")
    # From each position, the token at the nearest position up to its own whose
    # same_mask_1_with_flag_2_before is its own position - 2.
    copy_3 = attend(
        positions,
        same_mask_1_with_flag_2_before,
        tokens,
        lambda q, k: k == q - 2,
        scope="causal",
    )
    fallback_1 = [b if a == "<s>" else a for a, b in zip(copy_2, copy_3)]
    return {name: x for name, x in locals().items() if name != "any_length"}


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    return [
        "$" if x in ("|", "<s>") else x
        for x in trace(tokens, any_length)["fallback_1"][1:]
    ]


TOKENS = {
    *"""
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
    31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58
    59 60 61 62 63 64 65 66 67 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82 83 84 85 86
    87 88 89 90 91 92 93 94 95 96 97 98 99 100 101 102 103 104 105 106 107 108 109 110
    111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 127 128 129 130 131
    132 133 134 135 136 137 138 139 140 141 142 143 144 145 146 147 148 149 |
    """.split(),
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


def attend_equal(
    query: Sequence[Any], key: Sequence[Any], value: Sequence[Any], scope: str = "all"
) -> list[Any]:
    """Copy the value from the nearest position whose key is the query, in one pass."""
    output, matches = [*value], places(key)
    for q, here in places(query).items():
        for i, j in nearest(here, matches.get(q, []), scope, len(key)).items():
            output[i] = value[j]
    return output


def count_equal(
    query: Sequence[Any], key: Sequence[Any], value: Sequence[int], scope: str = "all"
) -> list[int]:
    """Add up the values of all positions whose key is the query, in one pass."""
    every: dict[Any, int] = {}
    for j, k in enumerate(key):
        every[k] = every.get(k, 0) + value[j]
    output, past = [], dict.fromkeys(every, 0)
    for i, q in enumerate(query):
        before = past.get(q, 0)
        past[key[i]] += value[i]
        causal = past.get(q, 0)
        total = every.get(q, 0)
        found = {"before": before, "causal": causal, "after": total - causal}
        output.append(found.get(scope, total))
    return output


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
