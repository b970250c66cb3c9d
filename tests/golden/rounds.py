"""rounds: a Transformer Program.

Takes 0 to 6 tokens. "<s>" before them is added. Gives every token one of 4 labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

TOKENS = ("saw", "walk", "dog", "they", "the")
LABELS = ("noun", "verb", "other", "many")
MAX_LENGTH = 6


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = frame(tokens, TOKENS, MAX_LENGTH, any_length, begin="<s>")
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    tag_1 = tag_1_of(tokens)
    before_ = before(tag_1)
    tag_2 = tag_2_of(tokens, before_)
    # At each position, the number of positions up to its own whose tag_2 is "noun".
    nouns = count(ones, tag_2, ones, lambda q, k: k == "noun", scope="causal")
    # At each position, the number of positions up to its own whose tag_2 is "verb".
    verbs = count(ones, tag_2, ones, lambda q, k: k == "verb", scope="causal")
    more_nouns = [int(b > 2 * a) for a, b in zip(verbs, nouns)]
    most = decide(["noun", "verb", "other"], (nouns, (1, 0, 0)), (verbs, (0, 1, 0)))
    return {
        NAMES.get(name, name): x for name, x in locals().items() if name != "any_length"
    }


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    v = trace(tokens, any_length)
    return [best(LABELS, score(v, i)) for i in range(1, len(v["tokens"]))]


def tag_1_of(tokens: list[str]) -> list[str]:
    """Of "noun", "verb" and "other" the one with the largest sum of weights by
    token.
    """
    by_tokens = {
        "saw": (3, 3, 0),
        "walk": (2, 3, 0),
        "dog": (5, 0, 0),
        "they": (4, 0, 1),
        "the": (0, 0, 2),
    }
    return decide(["noun", "verb", "other"], (tokens, by_tokens))


def tag_2_of(tokens: list[str], before_: list[str]) -> list[str]:
    """Of "noun", "verb" and "other" the one with the largest sum of weights by token
    and before.
    """
    by_tokens = {
        "saw": (3, 3, 0),
        "walk": (2, 3, 0),
        "dog": (5, 0, 0),
        "they": (4, 0, 1),
        "the": (0, 0, 2),
    }
    return decide(
        ["noun", "verb", "other"],
        (tokens, by_tokens),
        (before_, {"noun": (0, 2, 0), "verb": (1, -2, 0), "other": (2, 0, 0)}),
    )


# What each value adds to the score of "noun", "verb", "other", "many"; nothing if not
# listed.
WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = {
    "tag_2": {"noun": (1, 0, 0, 0), "verb": (0, 1, 0, 0), "other": (0, 0, 1, 0)},
    "more_nouns": {1: (0, 0, 0, 2)},
    "most": {"verb": (0, 0, 0, 3)},
}


def score(v: dict[str, list[Any]], i: int) -> list[int]:
    """The score of every label at position i."""
    zero = (0,) * len(LABELS)
    rows: list[tuple[int, ...]] = [zero]
    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]
    return [sum(column) for column in zip(*rows)]


# Names that mean something else in Python.
NAMES = {"before_": "before"}


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


def before(values: Sequence[Any]) -> list[Any]:
    """The value one position before; at position 0 its own."""
    return [*values[:1], *values[:-1]]


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


def decide(values: Sequence[Any], *terms: tuple[Sequence[Any], Any]) -> list[Any]:
    """The value with the largest sum at every position, the first of them on a tie.

    A term is a variable, and what it adds for each of the values: by a dict a row of
    weights, none if there is no row; or factors, which are multiplied by a number.
    """

    def total(*column: int) -> int:
        return sum(column)

    output, nothing = [], (0,) * len(values)
    added = [
        [w.get(x, nothing) for x in v]
        if isinstance(w, dict)
        else [tuple(x * factor for factor in w) for x in v]
        for v, w in terms
    ]
    for i in range(len(terms[0][0])):
        sums = [*map(total, *(rows[i] for rows in added))]
        output.append(values[sums.index(max(sums))])
    return output


def best(labels: Sequence[str], scores: Sequence[int]) -> str:
    """The label with the largest score, the first of them on a tie."""
    return labels[max(range(len(labels)), key=scores.__getitem__)]


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
