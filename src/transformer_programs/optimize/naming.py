"""Variables named by what they hold, where it can be told in few words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from transformer_programs.analysis import (
    Always,
    Comparison,
    Condition,
    OfKey,
    Values,
    condition,
    reachable_values,
)
from transformer_programs.optimize.statements import rename
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Domain,
    Head,
    Program,
    Scope,
    Table,
)

LONGEST = 32
"""Longer names are not given: the old one stays."""

_SUFFIXES = {
    Scope.ALL: "",
    Scope.BEFORE: "_before",
    Scope.AFTER: "_after",
    Scope.CAUSAL: "_so_far",
}

_ADJECTIVES = {
    "==": "same",
    "!=": "other",
    "<": "smaller",
    "<=": "smaller_or_same",
    ">": "larger",
    ">=": "larger_or_same",
}

_NOUNS = {TOKENS: "token", POSITIONS: "position"}


def name_by_meaning(program: Program) -> Program:
    """The same program, its heads named by what they look for, and ranks so.

    Heads that cannot be named shortly, other tables, and embeddings keep their names.
    """
    values = reachable_values(program)
    names: dict[str, str] = {}
    taken = {*program.domains}
    for statement in program.statements:
        wanted = None
        if isinstance(statement, Head):
            found = _condition(statement, program.domains, values)
            wanted = _name(statement, found, names, program.domains)
        elif isinstance(statement, Table) and _adds(statement, program, values):
            wanted = _rank([names.get(name, name) for name in statement.inputs])
        if wanted is None or len(wanted) > LONGEST:
            continue
        taken.discard(statement.output)
        names[statement.output] = _free(wanted, taken)
        taken.add(names[statement.output])
    return rename(program, names)


def _adds(lookup: Table, program: Program, values: Mapping[str, Values]) -> bool:
    """Whether a table is the sum of two numbers."""
    if len(lookup.inputs) < 2:
        return False
    first, second = (values[name] for name in lookup.inputs)
    width = program.domains[lookup.inputs[1]].size
    return all(
        lookup.table[a * width + b] == a + b
        for a in first.tolist()
        for b in second.tolist()
    )


def _rank(parts: Sequence[str]) -> str | None:
    """What the number of smaller ones and of equal ones on one side add up to."""
    for one, other in (parts, parts[::-1]):
        what = one.removeprefix("smaller_").removeprefix("larger_")
        if one != what and other in (f"same_{what}_before", f"same_{what}_after"):
            return "rank"
    return None


def _condition(
    head: Head, domains: Mapping[str, Domain], values: Mapping[str, Values]
) -> Condition | None:
    query, key = domains[head.query], domains[head.key]
    return condition(head.predicate, query, key, values[head.query], values[head.key])


def _name(
    head: Head,
    found: Condition | None,
    names: Mapping[str, str],
    domains: Mapping[str, Domain],
) -> str | None:
    def noun(variable: str) -> str:
        return _NOUNS.get(variable, names.get(variable, variable))

    if not head.sums:
        return _copied(head, found, noun(head.value), noun(head.key))
    suffix = _SUFFIXES[head.scope]
    match found:
        case Always(True) if head.value != ONES:
            return f"{noun(head.value)}{suffix or '_in_all'}"
        case Always(True):
            return f"positions{suffix or '_in_all'}"
        case OfKey(keys) if head.value == ONES:
            words = _words([domains[head.key].value(key) for key in keys])
            return None if words is None else f"{words}{suffix}"
        case Comparison(sign, 0, False) if head.query == head.key:
            what = f"{_ADJECTIVES[sign]}_{noun(head.key)}"
            flagged = "" if head.value == ONES else f"_with_{noun(head.value)}"
            return f"{what}{flagged}{suffix}"
    return None


def _copied(head: Head, found: Condition | None, value: str, key: str) -> str | None:
    """The name of what a head copies."""
    if not isinstance(found, Comparison) or found.sign != "==":
        return None
    if head.query == POSITIONS and head.scope is not Scope.ALL:
        return None  # the scope may hide what the name speaks of
    if head.query == head.key == POSITIONS and not found.falling:
        shift = found.shift
        if abs(shift) == 1:
            return f"{'previous' if shift < 0 else 'next'}_{value}"
        return f"{value}_{abs(shift)}_{'back' if shift < 0 else 'ahead'}"
    if head.query == head.key and not found.shift:
        return f"{value}_at_same_{key}{_SUFFIXES[head.scope]}"
    if head.query == POSITIONS and head.key != TOKENS:
        return f"{value}_by_{key}"
    return None


def _words(values: Sequence[str | int]) -> str | None:
    """Some tokens as part of a name: letters as they are, signs by their name."""
    words = []
    for value in values:
        text = str(value)
        if len(text) == 1 and text.isprintable() and not text.isalnum():
            text = unicodedata.name(text, "")
        text = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
        if not text:
            return None
        words.append(text)
    return f"count_of_{'_or_'.join(words)}" if words else None


def _free(name: str, taken: set[str]) -> str:
    """The name, or with the first number that makes it new."""
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
