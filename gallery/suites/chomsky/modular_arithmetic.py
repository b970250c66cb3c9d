"""modular_arithmetic: a Transformer Program.

Takes 0 to 40 tokens. "<s>" before them is added. Gives the sequence one of 5 labels,
its scores read at the first position.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

TOKENS = ("0", "1", "2", "3", "4", "+", "-", "*")
LABELS = ("0", "1", "2", "3", "4")
MAX_LENGTH = 40


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    # At each position, the number of later positions.
    positions_after = count(ones, ones, ones, lambda q, k: True, scope="after")
    flag_1 = [int(x == 0) for x in positions_after]
    state_1 = state_1_of(tokens, flag_1)
    state_2 = state_2_of(state_1)
    # At each position, the sum of state_2 over later positions.
    state_2_after = count(ones, ones, state_2, lambda q, k: True, scope="after")
    state_3 = [x % 4 for x in state_2_after]
    state_4 = state_4_of(state_1, state_3)
    # From each position, the state_4 at the nearest later position whose state_4 is 0,
    # 1, 2 or 3.
    copy_1 = attend(ones, state_4, state_4, lambda q, k: k != 4, scope="after")
    state_5 = [
        b % 4 if a == 0 else b % 4 + 4 if a % 2 < 1 else 0
        for a, b in zip(state_3, copy_1)
    ]
    state_6 = state_6_of(state_1, copy_1)
    # At each position, the sum of state_6 over later positions.
    state_6_after = count(ones, ones, state_6, lambda q, k: True, scope="after")
    state_7 = [x % 4 for x in state_6_after]
    state_8 = [3 * a + a + b for a, b in zip(state_5, state_7)]
    state_9 = state_9_of(state_1, state_7)
    # From each position, the state_9 at the nearest later position whose state_9 is 0,
    # 1, 2 or 3.
    copy_2 = attend(ones, state_9, state_9, lambda q, k: k != 4, scope="after")
    state_10 = state_10_of(state_8, copy_2)
    state_11 = [
        b + 12 if a == 3 else b + 8 if a == 2 else b + 4 if a == 1 else b
        for a, b in zip(copy_1, state_7)
    ]
    state_12 = state_12_of(state_11, copy_2)
    state_13 = state_13_of(state_1, state_12)
    # At each position, the sum of state_13 over later positions.
    state_13_after = count(ones, ones, state_13, lambda q, k: True, scope="after")
    state_14 = [x % 5 for x in state_13_after]
    label = label_of(state_10, state_14)
    return {name: x for name, x in locals().items() if name != "any_length"}


def run(tokens: Sequence[str], any_length: bool = False) -> str:
    """The label of the sequence."""
    x: str = trace(tokens, any_length)["label"][0]
    return x


def state_1_of(tokens: list[str], flag_1: list[int]) -> list[int]:
    """A table from token and flag_1 to 0..17."""
    table = {
        "0": {1: 9},
        "1": {0: 1, 1: 10},
        "2": {0: 2, 1: 11},
        "3": {0: 3, 1: 12},
        "4": {0: 4, 1: 13},
        "+": {0: 5, 1: 14},
        "-": {0: 6, 1: 15},
        "*": {0: 7, 1: 16},
        "<s>": {0: 8, 1: 17},
    }
    return [table[a].get(b, 0) for a, b in zip(tokens, flag_1)]


def state_2_of(state_1: list[int]) -> list[int]:
    """A table from state_1 to 0..2."""
    table = {0: 0, 5: 0, 6: 0, 8: 0, 9: 0, 14: 0, 15: 0, 17: 0}
    return [table.get(x, 2) for x in state_1]


def state_4_of(state_1: list[int], state_3: list[int]) -> list[int]:
    """A table from state_1 and state_3 to 0..4."""
    table = {
        0: {0: 1, 1: 4, 2: 4, 3: 4, 4: 4, 7: 4, 9: 1},
        2: {0: 3, 1: 4, 2: 4, 3: 4, 4: 4, 5: 2, 6: 2, 7: 4, 9: 1},
    }
    otherwise = {0: 4, 1: 4, 2: 4, 3: 4, 4: 4, 5: 4, 6: 4, 7: 4, 9: 1}
    return [table.get(a, otherwise).get(b, 0) for a, b in zip(state_3, state_1)]


def state_6_of(state_1: list[int], copy_1: list[int]) -> list[int]:
    """A table from state_1 and copy_1 to 0..3."""
    table = {1: {11: 1, 12: 3, 13: 2}, 3: {11: 1, 12: 3, 13: 2}}
    otherwise = {2: 1, 3: 3, 4: 2, 11: 1, 12: 3, 13: 2}
    return [table.get(a, otherwise).get(b, 0) for a, b in zip(copy_1, state_1)]


def state_9_of(state_1: list[int], state_7: list[int]) -> list[int]:
    """A table from state_1 and state_7 to 0..4."""
    table = {
        0: {1: 4, 2: 4, 3: 4, 4: 4, 7: 4},
        1: {0: 3, 1: 4, 2: 4, 3: 4, 4: 4, 5: 3, 6: 3, 7: 4},
        2: {0: 2, 1: 4, 2: 4, 3: 4, 4: 4, 5: 2, 6: 2, 7: 4},
        3: {0: 1, 1: 4, 2: 4, 3: 4, 4: 4, 5: 1, 6: 1, 7: 4},
    }
    return [table[a].get(b, 0) for a, b in zip(state_7, state_1)]


def state_10_of(state_8: list[int], copy_2: list[int]) -> list[int]:
    """A table from state_8 and copy_2 to 0..79."""
    table = {
        0: {1: 1, 2: 2, 3: 3},
        1: {0: 4, 1: 5, 2: 6, 3: 7, 4: 4},
        2: {0: 8, 1: 9, 2: 10, 3: 11, 4: 8},
        3: {0: 12, 1: 13, 2: 14, 3: 15, 4: 12},
        4: {0: 16, 4: 16},
        5: {3: 17},
        6: {2: 18},
        7: {1: 19},
        8: {0: 20, 1: 21, 2: 22, 3: 23, 4: 20},
        9: {0: 24, 1: 25, 2: 26, 3: 27, 4: 24},
        10: {0: 28, 1: 29, 2: 30, 3: 31, 4: 28},
        11: {0: 32, 1: 33, 2: 34, 3: 35, 4: 32},
        12: {0: 36, 4: 36},
        13: {3: 37},
        14: {2: 38},
        15: {1: 39},
        16: {0: 40, 1: 41, 2: 42, 3: 43, 4: 40},
        17: {0: 44, 1: 45, 2: 46, 3: 47, 4: 44},
        18: {0: 48, 1: 49, 2: 50, 3: 51, 4: 48},
        19: {0: 52, 1: 53, 2: 54, 3: 55, 4: 52},
        20: {0: 56, 4: 56},
        21: {3: 57},
        22: {2: 58},
        23: {1: 59},
        24: {0: 60, 1: 61, 2: 62, 3: 63, 4: 60},
        25: {0: 64, 1: 65, 2: 66, 3: 67, 4: 64},
        26: {0: 68, 1: 69, 2: 70, 3: 71, 4: 68},
        27: {0: 72, 1: 73, 2: 74, 3: 75, 4: 72},
        28: {0: 76, 4: 76},
        29: {3: 77},
        30: {2: 78},
        31: {1: 79},
    }
    return [table[a].get(b, 0) for a, b in zip(state_8, copy_2)]


def state_12_of(state_11: list[int], copy_2: list[int]) -> list[int]:
    """A table from state_11 and copy_2 to 0..39."""
    table = {
        1: {0: 1, 1: 5, 2: 9, 3: 13, 7: 19, 8: 21, 9: 25, 10: 29, 11: 33, 15: 39},
        2: {0: 2, 1: 6, 2: 10, 3: 14, 6: 18, 8: 22, 9: 26, 10: 30, 11: 34, 14: 38},
        3: {0: 3, 1: 7, 2: 11, 3: 15, 5: 17, 8: 23, 9: 27, 10: 31, 11: 35, 13: 37},
    }
    otherwise = {1: 4, 2: 8, 3: 12, 4: 16, 8: 20, 9: 24, 10: 28, 11: 32, 12: 36}
    return [table.get(a, otherwise).get(b, 0) for a, b in zip(copy_2, state_11)]


def state_13_of(state_1: list[int], state_12: list[int]) -> list[int]:
    """A table from state_1 and state_12 to 0..4."""
    table = {
        1: {5: 2, 6: 3, 14: 1, 15: 4},
        2: {5: 4, 6: 1, 14: 1, 15: 4},
        3: {5: 3, 6: 2, 14: 1, 15: 4},
        4: {5: 2, 6: 3, 14: 1, 15: 4},
        5: {5: 4, 6: 1, 14: 1, 15: 4},
        6: {5: 3, 6: 2, 14: 1, 15: 4},
        8: {5: 4, 6: 1, 14: 1, 15: 4},
        9: {5: 3, 6: 2, 14: 1, 15: 4},
        11: {5: 2, 6: 3, 14: 1, 15: 4},
        12: {5: 3, 6: 2, 14: 1, 15: 4},
        14: {5: 2, 6: 3, 14: 1, 15: 4},
        15: {5: 4, 6: 1, 14: 1, 15: 4},
        16: {14: 1, 15: 4},
        17: {14: 1, 15: 4},
        18: {14: 1, 15: 4},
        19: {14: 1, 15: 4},
        21: {5: 2, 6: 3, 14: 1, 15: 4},
        22: {5: 4, 6: 1, 14: 1, 15: 4},
        23: {5: 3, 6: 2, 14: 1, 15: 4},
        24: {5: 2, 6: 3, 14: 1, 15: 4},
        25: {5: 4, 6: 1, 14: 1, 15: 4},
        26: {5: 3, 6: 2, 14: 1, 15: 4},
        28: {5: 4, 6: 1, 14: 1, 15: 4},
        29: {5: 3, 6: 2, 14: 1, 15: 4},
        31: {5: 2, 6: 3, 14: 1, 15: 4},
        32: {5: 3, 6: 2, 14: 1, 15: 4},
        34: {5: 2, 6: 3, 14: 1, 15: 4},
        35: {5: 4, 6: 1, 14: 1, 15: 4},
        36: {14: 1, 15: 4},
        37: {14: 1, 15: 4},
        38: {14: 1, 15: 4},
        39: {14: 1, 15: 4},
    }
    otherwise = {5: 1, 6: 4, 14: 1, 15: 4}
    return [table.get(a, otherwise).get(b, 0) for a, b in zip(state_12, state_1)]


def label_of(state_10: list[int], state_14: list[int]) -> list[str]:
    """A table from state_10 and state_14 to one of 5 tokens."""
    table = {
        20: {0: "1", 1: "2", 2: "3", 3: "4"},
        21: {0: "2", 1: "3", 2: "4", 4: "1"},
        22: {0: "4", 2: "1", 3: "2", 4: "3"},
        23: {0: "3", 1: "4", 3: "1", 4: "2"},
        24: {0: "2", 1: "3", 2: "4", 4: "1"},
        25: {0: "4", 2: "1", 3: "2", 4: "3"},
        26: {0: "3", 1: "4", 3: "1", 4: "2"},
        27: {0: "1", 1: "2", 2: "3", 3: "4"},
        28: {0: "4", 2: "1", 3: "2", 4: "3"},
        29: {0: "3", 1: "4", 3: "1", 4: "2"},
        30: {0: "1", 1: "2", 2: "3", 3: "4"},
        31: {0: "2", 1: "3", 2: "4", 4: "1"},
        32: {0: "3", 1: "4", 3: "1", 4: "2"},
        33: {0: "1", 1: "2", 2: "3", 3: "4"},
        34: {0: "2", 1: "3", 2: "4", 4: "1"},
        35: {0: "4", 2: "1", 3: "2", 4: "3"},
        36: {0: "4", 2: "1", 3: "2", 4: "3"},
        37: {0: "4", 2: "1", 3: "2", 4: "3"},
        38: {0: "1", 1: "2", 2: "3", 3: "4"},
        39: {0: "1", 1: "2", 2: "3", 3: "4"},
        40: {0: "1", 1: "2", 2: "3", 3: "4"},
        41: {0: "2", 1: "3", 2: "4", 4: "1"},
        42: {0: "4", 2: "1", 3: "2", 4: "3"},
        43: {0: "3", 1: "4", 3: "1", 4: "2"},
        44: {0: "2", 1: "3", 2: "4", 4: "1"},
        45: {0: "4", 2: "1", 3: "2", 4: "3"},
        46: {0: "3", 1: "4", 3: "1", 4: "2"},
        47: {0: "1", 1: "2", 2: "3", 3: "4"},
        48: {0: "4", 2: "1", 3: "2", 4: "3"},
        49: {0: "3", 1: "4", 3: "1", 4: "2"},
        50: {0: "1", 1: "2", 2: "3", 3: "4"},
        51: {0: "2", 1: "3", 2: "4", 4: "1"},
        52: {0: "3", 1: "4", 3: "1", 4: "2"},
        53: {0: "1", 1: "2", 2: "3", 3: "4"},
        54: {0: "2", 1: "3", 2: "4", 4: "1"},
        55: {0: "4", 2: "1", 3: "2", 4: "3"},
        56: {0: "4", 2: "1", 3: "2", 4: "3"},
        57: {0: "4", 2: "1", 3: "2", 4: "3"},
        58: {0: "4", 2: "1", 3: "2", 4: "3"},
        59: {0: "4", 2: "1", 3: "2", 4: "3"},
        60: {0: "4", 2: "1", 3: "2", 4: "3"},
        61: {0: "4", 2: "1", 3: "2", 4: "3"},
        62: {0: "4", 2: "1", 3: "2", 4: "3"},
        63: {0: "4", 2: "1", 3: "2", 4: "3"},
        64: {0: "4", 2: "1", 3: "2", 4: "3"},
        65: {0: "4", 2: "1", 3: "2", 4: "3"},
    }
    otherwise = {1: "1", 2: "2", 3: "3", 4: "4"}
    return [table.get(a, otherwise).get(b, "0") for a, b in zip(state_10, state_14)]


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


def count(
    query: Sequence[Any],
    key: Sequence[Any],
    value: Sequence[int],
    predicate: Callable[[Any, Any], bool],
    scope: str = "all",
) -> list[int]:
    """Add up the values of all positions whose key matches the query."""
    output = [*value]
    for q, here in places(query).items():
        totals = [0]
        for j, v in enumerate(value):
            totals.append(totals[-1] + (v if predicate(q, key[j]) else 0))
        for i in here:
            seen = visible(scope, i, len(key))
            output[i] = totals[seen.stop] - totals[seen.start]
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
        labels = run(arguments, any_length)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
