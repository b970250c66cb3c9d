"""What every emitted program is built from, in plain Python.

The emitter copies the source of these functions into ``program.py`` (those that the
program needs), so they use the standard library alone, run on Python 3.9, and are kept
short: they are the part of every program that its reader must trust.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any


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


def before(values: Sequence[Any]) -> list[Any]:
    """The value one position before; at position 0 its own."""
    return [*values[:1], *values[:-1]]


def after(values: Sequence[Any]) -> list[Any]:
    """The value one position after; at the last position that of position 0."""
    return [*values[1:], *values[:1]]


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


def one_of(rows: Mapping[Any, Any], otherwise: Any = ()) -> Callable[[Any, Any], bool]:
    """The predicate that holds for the keys in a query's row, or else ``otherwise``."""
    return lambda query, key: key in rows.get(query, otherwise)


def number(token: str) -> int:
    """The number that a token is, and 0 for others."""
    return int(token) if token.isascii() and token.isdecimal() else 0


def integer(token: str) -> int:
    """The integer that a token is, "-" before its digits, and 0 for others."""
    digits = token[1:] if token[:1] == "-" else token
    return int(token) if digits.isascii() and digits.isdecimal() else 0


def step(rows: Mapping[int, Any], number: int) -> Any:
    """The row that holds for a number: each holds from its own number upwards."""
    return rows[max(start for start in rows if start <= number)]


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


def split_whitespace(text: Sequence[str]) -> list[str]:
    """A text split at white space; a list of tokens stays as it is."""
    return text.split() if isinstance(text, str) else list(text)


def split_characters(text: Sequence[str]) -> list[str]:
    """The characters of a text without white space; a list of tokens stays as it is."""
    return list("".join(text.split()) if isinstance(text, str) else text)


def split_words(text: Sequence[str]) -> list[str]:
    """A text as words and single other characters; a list of tokens stays as it is."""
    return re.findall(r"\w+|[^\w\s]", text) if isinstance(text, str) else list(text)


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


def character_runs(word: str, most: int) -> str:
    """The same, with up to ``most`` equal ones in a row."""
    runs = ""
    for character in word:
        kind = character_kinds(character)
        if not runs.endswith(kind * most):
            runs += kind
    return runs


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


def best(labels: Sequence[str], scores: Sequence[int]) -> str:
    """The label with the largest score, the first of them on a tie."""
    return labels[max(range(len(labels)), key=scores.__getitem__)]
