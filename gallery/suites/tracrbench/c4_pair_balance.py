"""c4_pair_balance: a Transformer Program.

Takes 0 to 8 tokens. "<s>" before them is added. Gives every token one of 45 labels.

Bound to this length by label (a table over difference_1 and positions).

Usage: python program.py TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

TOKENS = ("(", ")", "a", "b", "c")
MAX_LENGTH = 8


def trace(tokens: Sequence[str]) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    # At each position, the number of positions up to its own whose token is "(".
    count_of_left_parenthesis_so_far = count(
        ones, tokens, ones, lambda q, k: k == "(", scope="causal"
    )
    # At each position, the number of positions up to its own whose token is ")".
    count_2 = count(ones, tokens, ones, lambda q, k: k == ")", scope="causal")
    difference_1 = [
        a - b + 9 for a, b in zip(count_of_left_parenthesis_so_far, count_2)
    ]
    label = label_of(difference_1, positions)
    return locals()


def run(tokens: Sequence[str]) -> list[str]:
    """The label of every token."""
    return trace(tokens)["label"][1:]


def label_of(difference_1: list[int], positions: list[int]) -> list[str]:
    """A table from difference_1 and position to one of 45 tokens."""
    table = {
        0: {0: "-1", 7: "-6/7", 8: "-3/4"},
        4: {0: "-1", 6: "-5/6", 7: "-5/7", 8: "-5/8"},
        5: {0: "-1", 5: "-4/5", 6: "-2/3", 7: "-4/7", 8: "-1/2"},
        6: {0: "-1", 4: "-3/4", 5: "-3/5", 6: "-1/2", 7: "-3/7", 8: "-3/8"},
        7: {0: "-1", 3: "-2/3", 4: "-1/2", 5: "-2/5", 6: "-1/3", 7: "-2/7", 8: "-1/4"},
        8: {
            0: "-1",
            2: "-1/2",
            3: "-1/3",
            4: "-1/4",
            5: "-1/5",
            6: "-1/6",
            7: "-1/7",
            8: "-1/8",
        },
        9: {0: "0"},
        10: {
            0: "1",
            2: "1/2",
            3: "1/3",
            4: "1/4",
            5: "1/5",
            6: "1/6",
            7: "1/7",
            8: "1/8",
        },
        11: {0: "1", 3: "2/3", 4: "1/2", 5: "2/5", 6: "1/3", 7: "2/7", 8: "1/4"},
        12: {0: "1", 4: "3/4", 5: "3/5", 6: "1/2", 7: "3/7", 8: "3/8"},
        13: {0: "1", 5: "4/5", 6: "2/3", 7: "4/7", 8: "1/2"},
        14: {0: "1", 6: "5/6", 7: "5/7", 8: "5/8"},
        15: {0: "1", 7: "6/7", 8: "5/8"},
    }
    return [step(step(table, a), b) for a, b in zip(difference_1, positions)]


LABELS = (
    *"""
    -1 -7/8 -6/7 -5/6 -4/5 -3/4 -5/7 -2/3 -5/8 -3/5 -4/7 -1/2 -3/7 -2/5 -3/8 -1/3 -2/7
    -1/4 -1/5 -1/6 -1/7 -1/8 0 1/8 1/7 1/6 1/5 1/4 2/7 1/3 3/8 2/5 3/7 1/2 4/7 3/5 5/8
    2/3 5/7 3/4 4/5 5/6 6/7 7/8 1
    """.split(),
)


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


def step(rows: Mapping[int, Any], number: int) -> Any:
    """The row that holds for a number: each holds from its own number upwards."""
    return rows[max(start for start in rows if start <= number)]


def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    try:
        labels = " ".join(run(arguments))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
