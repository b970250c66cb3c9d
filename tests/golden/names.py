"""names: a Transformer Program.

Takes 0 to 3 tokens. A text is split at white space. "<s>" before them is added.
Words are folded before they are looked up. Other tokens count as "<unk>". Gives
every token one of 4 labels.

Holds at any length: any_length=True takes more tokens.

Usage: python program.py [--any-length] TEXT
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

TOKENS = ("<unk>", "the", "mr.", "0")
LABELS = ("word", "name", "number", "verb")
MAX_LENGTH = 3


def trace(tokens: Sequence[str], any_length: bool = False) -> dict[str, list[Any]]:
    """Every variable by name, at every position of the framed sequence."""
    tokens = split_whitespace(tokens)
    words = tokens
    tokens = frame(
        folded(tokens, fold),
        TOKENS,
        MAX_LENGTH,
        any_length,
        begin="<s>",
        unknown="<unk>",
    )
    positions = list(range(len(tokens)))
    ones = [1] * len(tokens)
    shape = ["other", *map(shape_of, words)]
    suffix = ["other", *map(suffix_of, words)]
    kind = kind_of(shape, suffix)
    # From each position, the token at the nearest earlier position whose position is
    # its own position - 1.
    title = attend(
        positions, positions, tokens, lambda q, k: k == q - 1, scope="before"
    )
    named = [1 if a == "mr." else 0 if b != "the" else 2 for a, b in zip(title, tokens)]
    return {
        name: x for name, x in locals().items() if name not in ("any_length", "words")
    }


def run(tokens: Sequence[str], any_length: bool = False) -> list[str]:
    """The label of every token."""
    v = trace(tokens, any_length)
    return [best(LABELS, score(v, i)) for i in range(1, len(v["tokens"]))]


def fold(word: str) -> str:
    """The word as it is looked up: in lower case, each run of digits as 0."""
    return re.sub(r"\d+", "0", word.lower())


def shape_of(word: str) -> str:
    """The shape of a word; "other" if not known."""
    known = {"x", "Xx", "d", "d.d"}
    found = character_kinds(word)
    return found if found in known else "other"


def suffix_of(word: str) -> str:
    """The last 3 characters of a word in lower case; "other" if not known."""
    known = {"ing", "mr."}
    found = word.lower()[-3:]
    return found if found in known else "other"


def kind_of(shape: list[str], suffix: list[str]) -> list[int]:
    """A table from shape and suffix to 0..3."""
    table = {"ing": {"x": 3, "Xx": 1, "other": 0}}
    otherwise = {"x": 0, "Xx": 1, "other": 0}
    return [table.get(a, otherwise).get(b, 2) for a, b in zip(suffix, shape)]


# What each value adds to the score of "word", "name", "number", "verb"; nothing if not
# listed.
WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = {
    "kind": {0: (2, 0, 0, 0), 1: (0, 2, 0, 0), 2: (0, 0, 2, 0), 3: (0, 0, 0, 2)},
    "named": {1: (0, 3, 0, 0), 2: (3, 0, 0, 0)},
}


def score(v: dict[str, list[Any]], i: int) -> list[int]:
    """The score of every label at position i."""
    zero = (0,) * len(LABELS)
    rows: list[tuple[int, ...]] = [zero]
    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]
    return [sum(column) for column in zip(*rows)]


# Helpers, which are alike in all programs.


def split_whitespace(text: Sequence[str]) -> list[str]:
    """A text split at white space; a list of tokens stays as it is."""
    return text.split() if isinstance(text, str) else list(text)


def character_kinds(word: str) -> str:
    """X for upper-case letters, x for lower-case, c for others, d for digits.

    Other characters stand for themselves, and what follows its equal is left out.
    """
    kinds: list[str] = []
    for character in word:
        kind = character
        if character.isdecimal():
            kind = "d"
        elif character.isalpha():
            kind = "X" if character.isupper() else "x" if character.islower() else "c"
        if kinds[-1:] != [kind]:
            kinds.append(kind)
    return "".join(kinds)


def folded(words: Sequence[str], fold: Callable[[str], str]) -> Sequence[str]:
    """The words as they are looked up; what is no word is left to be refused."""
    if isinstance(words, str):
        return words
    return [fold(word) if isinstance(word, str) else word for word in words]


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


def best(labels: Sequence[str], scores: Sequence[int]) -> str:
    """The label with the largest score, the first of them on a tie."""
    return labels[max(range(len(labels)), key=scores.__getitem__)]


def main(arguments: list[str]) -> int:
    """Label the text given on the command line."""
    if arguments in ([], ["-h"], ["--help"]):
        print(__doc__)
        return 0
    any_length = arguments[0] == "--any-length"
    if any_length:
        arguments = arguments[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if any(split_whitespace(text) != [text] for text in arguments):
        arguments = split_whitespace(" ".join(arguments))
    try:
        labels = " ".join(run(arguments, any_length))
        known = TOKENS
        unknown = [x for x in dict.fromkeys(arguments) if fold(x) not in known]
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if unknown:
        named = ", ".join(map(repr, unknown[:10])) + (", ..." if unknown[10:] else "")
        print(f"warning: unknown tokens: {named}", file=sys.stderr)
    print(labels)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
