"""hist: a Transformer Program.

Takes 0 to 5 tokens. "<s>" before them is added. Gives every token one of 5 labels.

Usage: python program.py TOKEN...
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

TOKENS = {"0", "1", "2"}
LABELS = ("1", "2", "3", "4", "5")
MAX_LENGTH = 5


def frame(
    tokens: Sequence[str],
    known: Collection[str],
    max_length: int,
    begin: str | None = None,
    end: str | None = None,
    unknown: str | None = None,
) -> list[str]:
    """Check the tokens and put the begin and end tokens around them."""
    if isinstance(tokens, str):
        raise ValueError(f"expected a sequence of tokens, got the string {tokens!r}")
    if len(tokens) > max_length:
        raise ValueError(
            f"too long: {len(tokens)} tokens, at most {max_length} are allowed"
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


def count(
    query: Sequence[Any],
    key: Sequence[Any],
    value: Sequence[int],
    predicate: Mapping[Any, Any],
    otherwise: Any = (),
    scope: str = "all",
) -> list[int]:
    """Add up the values of all positions whose key matches the query."""
    output = []
    for i, wanted in enumerate(predicate.get(q, otherwise) for q in query):
        matches = (j for j in visible(scope, i, len(key)) if key[j] in wanted)
        output.append(sum(value[j] for j in matches))
    return output


def step(rows: Mapping[int, Any], number: int) -> Any:
    """The row that holds for a number: each holds from its own number upwards."""
    return rows[max(start for start in rows if start <= number)]


def best(labels: Sequence[str], scores: Sequence[int]) -> str:
    """The label with the largest score, the first of them on a tie."""
    return labels[max(range(len(labels)), key=scores.__getitem__)]


def frequency(tokens: list[str], ones: list[int]) -> list[int]:
    """At each position, the number of positions with the same token."""
    predicate = {"<s>": {"<s>"}, "0": {"0"}, "1": {"1"}, "2": {"2"}}
    return count(tokens, tokens, ones, predicate)


def label(frequency: list[int]) -> list[str]:
    """A table from frequency to one of 5 tokens."""
    table = {0: "1", 2: "2", 3: "3", 4: "4", 5: "5"}
    return [step(table, x) for x in frequency]


# What each value adds to the score of each label, nothing if not listed.
WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = {
    "label": {
        "1": (1, 0, 0, 0, 0),
        "2": (0, 1, 0, 0, 0),
        "3": (0, 0, 1, 0, 0),
        "4": (0, 0, 0, 1, 0),
        "5": (0, 0, 0, 0, 1),
    },
}


def score(v: dict[str, list[Any]], i: int) -> list[int]:
    """The score of every label at position i."""
    zero = (0,) * len(LABELS)
    rows: list[tuple[int, ...]] = [zero]
    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]
    return [sum(column) for column in zip(*rows)]


def trace(tokens: Sequence[str]) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    v = SimpleNamespace()
    v.tokens = frame(tokens, TOKENS, MAX_LENGTH, begin="<s>")
    v.positions = list(range(len(v.tokens)))
    v.ones = [1] * len(v.tokens)
    v.frequency = frequency(v.tokens, v.ones)
    v.label = label(v.frequency)
    return vars(v)


def run(tokens: Sequence[str]) -> list[str]:
    """The label of every token."""
    v = trace(tokens)
    return [best(LABELS, score(v, i)) for i in range(1, len(v["tokens"]))]


def main(arguments: list[str]) -> int:
    """Label the tokens given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments[0] == "--":
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
