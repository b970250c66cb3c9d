"""Meaningful names of variables, where few words say what they hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import product

from transformer_programs.analysis import (
    Always,
    Comparison,
    OfKey,
    Values,
    condition,
    reachable_values,
)
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Program,
    Scope,
    Statement,
)
from transformer_programs.optimize.statements import (
    cells_of,
    is_decision,
    is_head,
    rename,
)

LONGEST = 32
"""The most characters of a name; instead of a longer one the old one stays."""

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
    """Return the same program, heads named by what they look for, and ranks as such.

    Heads without a short description and other tables keep their names.
    """
    values = reachable_values(program)
    names: dict[str, str] = {}
    taken = {*program.domains}
    for statement in program.statements:
        wanted, old = _name(statement, names, program, values), statement.output
        if wanted is not None and len(wanted) <= LONGEST:
            taken.discard(old)
            new, number = wanted, 2
            while new in taken:  # the first number that makes it new
                new, number = f"{wanted}_{number}", number + 1
            names[old] = new
            taken.add(new)
    return rename(program, names)


def _name(
    statement: Statement,
    names: Mapping[str, str],
    program: Program,
    values: Mapping[str, Values],
) -> str | None:
    domains = program.domains
    read = [values[name] for name in statement.listed]
    nouns = [{**_NOUNS, **names}.get(name, name) for name in statement.inputs]
    if is_decision(statement):
        return None
    if not is_head(statement):
        cells = cells_of(statement, domains)
        adds = len(read) == 2 and all(cells[p] == sum(p) for p in product(*read))
        return "rank" if adds and _rank(nouns) else None
    head, (_, key, value) = statement, nouns
    of_query, of_key = domains[head.query], domains[head.key]
    found = condition(head.predicate, of_query, of_key, *read)
    suffix = _SUFFIXES[head.scope]
    match found:
        case Comparison("==") if not head.sums:
            return _copied(head.listed, head.scope, found, value, key)
        case Always(True) if head.sums:
            what = "positions" if head.value == ONES else value
            return f"{what}{suffix or '_in_all'}"
        case OfKey(keys) if head.sums and head.value == ONES:
            words = _words([of_key.value(key) for key in keys])
            return None if words is None else f"{words}{suffix}"
        case Comparison(sign, 0, False) if head.sums and head.query == head.key:
            flagged = "" if head.value == ONES else f"_with_{value}"
            return f"{_ADJECTIVES[sign]}_{key}{flagged}{suffix}"
    return None


def _copied(
    read: tuple[str, ...], scope: Scope, found: Comparison, value: str, key: str
) -> str | None:
    shift = found.shift
    if read[0] == POSITIONS and scope is not Scope.ALL:
        return None  # the scope may hide what the name speaks of
    if read == (POSITIONS, POSITIONS) and not found.falling:
        if abs(shift) == 1:
            return f"{'previous' if shift < 0 else 'next'}_{value}"
        return f"{value}_{abs(shift)}_{'back' if shift < 0 else 'ahead'}"
    if read[0] == read[1] and not shift:
        return f"{value}_at_same_{key}{_SUFFIXES[scope]}"
    return f"{value}_by_{key}" if read[0] == POSITIONS and read[1] != TOKENS else None


def _rank(parts: Sequence[str]) -> bool:
    # Whether they are numbers of smaller ones and of equal ones on one side.
    for one, other in (parts, parts[::-1]):
        what = one.removeprefix("smaller_").removeprefix("larger_")
        if one != what and other in (f"same_{what}_before", f"same_{what}_after"):
            return True
    return False


def _words(values: Sequence[str | int]) -> str | None:
    # Some tokens as part of a name: letters as they are, signs by their name.
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
