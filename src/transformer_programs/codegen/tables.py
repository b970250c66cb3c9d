"""The shortest of a few exact ways to write a table or predicate as a literal.

- *cases*: a dict from value to result, the most common result left to a default;
  where the values are many words, they are listed by result;
- *steps*: for ordered inputs, a dict in which every row holds from its key upwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transformer_programs.codegen.layout import (
    FEWEST,
    Bracket,
    Grouped,
    Piece,
    Text,
    dict_of,
    lay_out,
    literal,
    one_line,
    plain,
    set_of,
)
from transformer_programs.program import Domain, Kind, Predicate

_BODY = 4
"""Columns by which the body of a function is indented."""

ORDERED = (Kind.NUMBER, Kind.POSITION)
"""Kinds of which rows of a table may hold from one value on."""


@dataclass(frozen=True, slots=True)
class Cases:
    """A dict, and the result for every value that it does not name (None if total)."""

    rows: Bracket
    otherwise: Piece | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """A dict of rows, each of which holds from its key up to the next."""

    rows: Bracket


Axis = Cases | Steps
"""How the values of one input choose a result."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How the values of two inputs choose a cell.

    Attributes:
        axis: chooses the row by one input.
        swapped: whether that is the second input.
        stepped: whether the rows are steps of the other input.
        default: the cell for every value of the other input that a row does not name
            (None if rows name them all, or are steps).
    """

    axis: Axis
    swapped: bool = False
    stepped: bool = False
    default: str | None = None


def predicate_cases(predicate: Predicate, query: Domain, key: Domain) -> Cases:
    """For every query value the set of keys that match it."""
    rows = [set_of(key.value(k) for k in row) for row in predicate]
    return _cases(query, rows)


def one_input(table: Sequence[int], source: Domain, target: Domain) -> Axis:
    """Return a table over one variable."""
    results = [literal(target.value(entry)) for entry in table]
    axis = _axis(source, results)
    if isinstance(axis, Steps) or not source.tokens:
        return axis
    pairs = zip(source.tokens, results, strict=True)
    named = ((text, result) for text, result in pairs if result != axis.otherwise)
    return Cases(by_text(named), axis.otherwise)


def by_text(entries: Iterable[tuple[str, str]]) -> Bracket:
    """Return a dict from text to result; many words stand together by their result."""
    groups: dict[str, list[str]] = {}
    whole = []
    for text, result in entries:
        groups.setdefault(result, []).append(text)
        whole.append((literal(text), result))
    found = dict_of(whole)
    if len(whole) < FEWEST or not all(plain(w) for ws in groups.values() for w in ws):
        return found
    ordered = sorted(groups, key=lambda r: (len(r), r) if r.isdecimal() else (0, ""))
    grouped = dict_of((result, Text(tuple(groups[result]))) for result in ordered)
    return min(found, Bracket("{", (Grouped(grouped),), "}"), key=_lines)


def two_inputs(
    table: Sequence[int], first: Domain, second: Domain, target: Domain
) -> Grid:
    """A table over two variables: the shortest of rows by the first or the second."""
    cells = [literal(target.value(entry)) for entry in table]
    rows = [cells[i : i + second.size] for i in range(0, len(cells), second.size)]
    columns = [cells[i :: second.size] for i in range(second.size)]
    options = [
        *_grids(rows, first, second, swapped=False),
        *_grids(columns, second, first, swapped=True),
    ]
    return min(options, key=lambda option: _cost(option.axis))


def _grids(
    rows: Sequence[Sequence[str]], by: Domain, within: Domain, *, swapped: bool
) -> Iterator[Grid]:
    default = Counter(cell for row in rows for cell in row).most_common(1)[0][0]
    total = [_row(within, row, None) for row in rows]
    yield Grid(_axis(by, total), swapped)
    named = [_row(within, row, default) for row in rows]
    yield Grid(_axis(by, named), swapped, default=default)
    if within.kind in ORDERED:
        steps = [_steps(row) for row in rows]
        yield Grid(_axis(by, steps), swapped, stepped=True)


def _row(domain: Domain, cells: Sequence[str], default: str | None) -> Bracket:
    return dict_of(
        (literal(value), cell)
        for value, cell in zip(domain.values, cells, strict=True)
        if cell != default
    )


def _axis(domain: Domain, results: Sequence[Piece]) -> Axis:
    cases = _cases(domain, results)
    if domain.kind not in ORDERED:
        return cases
    options: list[Axis] = [cases, Steps(_steps(results))]
    return min(options, key=_cost)


def _cases(domain: Domain, results: Sequence[Piece]) -> Cases:
    """All values by name, or all but those with the most common result."""
    entries = [(literal(v), r) for v, r in zip(domain.values, results, strict=True)]
    total = Cases(dict_of(entries))
    common, times = Counter(results).most_common(1)[0]
    if times == 1:
        return total
    named = Cases(dict_of(e for e in entries if e[1] != common), common)
    return min(total, named, key=_cost)


def _steps(results: Sequence[Piece]) -> Bracket:
    previous: Piece | None = None
    entries = []
    for number, result in enumerate(results):
        if result != previous:
            entries.append((str(number), result))
        previous = result
    return dict_of(entries)


def _lines(rows: Bracket) -> int:
    return len(lay_out("table = ", rows, indent=_BODY))


def _cost(axis: Axis) -> tuple[int, int]:
    """Lines first, then characters."""
    characters = len(one_line(axis.rows))
    if isinstance(axis, Cases) and axis.otherwise is not None:
        characters += len(one_line(axis.otherwise))
    return _lines(axis.rows), characters
