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
from transformer_programs.language import Domain, Kind, Predicate

_BODY = 4  # columns by which the body of a function is indented

ORDERED = (Kind.NUMBER, Kind.POSITION)
"""Kinds of which rows of a table may hold from one value on."""


@dataclass(frozen=True, slots=True)
class Axis:
    """How the values of one input choose a result.

    Attributes:
        rows: a dict from value to result.
        otherwise: the result for every value that it does not name (None if total).
        stepped: whether each row holds from its key up to the next.
    """

    rows: Bracket
    otherwise: Piece | None = None
    stepped: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """How the values of two inputs choose a cell.

    Attributes:
        axis: chooses the row by one input.
        swapped: whether that is the second input.
        stepped: whether the rows are steps of the other input.
        default: the cell for every value of it that a row does not name, if any.
    """

    axis: Axis
    swapped: bool = False
    stepped: bool = False
    default: str | None = None


def predicate_cases(predicate: Predicate, query: Domain, key: Domain) -> Axis:
    """Return for every query value the set of keys that match it."""
    return _cases(query, [set_of(key.value(k) for k in row) for row in predicate])


def one_input(table: Sequence[int], source: Domain, target: Domain) -> Axis:
    """Return a table over one variable."""
    results = [literal(target.value(entry)) for entry in table]
    axis = _axis(source, results)
    if axis.stepped or not source.tokens:
        return axis
    pairs = zip(source.tokens, results, strict=True)
    named = ((text, result) for text, result in pairs if result != axis.otherwise)
    return Axis(by_text(named), axis.otherwise)


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
    """Return a table over two variables, the shortest of rows by either of them."""
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
    common = Counter(cell for row in rows for cell in row).most_common(1)[0][0]
    for default in (None, common):
        named = [_row(within, row, default) for row in rows]
        yield Grid(_axis(by, named), swapped, default=default)
    if within.kind in ORDERED:
        yield Grid(_axis(by, [*map(_steps, rows)]), swapped, stepped=True)


def _row(domain: Domain, cells: Sequence[Piece], default: Piece | None) -> Bracket:
    pairs = zip(domain.values, cells, strict=True)
    return dict_of((literal(value), cell) for value, cell in pairs if cell != default)


def _axis(domain: Domain, results: Sequence[Piece]) -> Axis:
    cases = _cases(domain, results)
    if domain.kind not in ORDERED:
        return cases
    return min(cases, Axis(_steps(results), stepped=True), key=_cost)


def _cases(domain: Domain, results: Sequence[Piece]) -> Axis:
    # All values by name, or all but those with the most common result.
    total = Axis(_row(domain, results, None))
    common, times = Counter(results).most_common(1)[0]
    if times == 1:
        return total
    return min(total, Axis(_row(domain, results, common), common), key=_cost)


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
    # Lines first, then characters.
    otherwise = "" if axis.otherwise is None else axis.otherwise
    return _lines(axis.rows), len(one_line(axis.rows)) + len(one_line(otherwise))
