"""What one statement does with all values that it can read, as a heat map."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transformer_programs.analysis import ClosedForms, describe
from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.language import ONES, Program, Value
from transformer_programs.runs.pictures.svg import (
    BLUE,
    GRAY,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_GRAY,
    PALE_GREEN,
    PALE_ORANGE,
    PAPER,
    Picture,
    box,
    mixed,
    picture,
    shortened,
    width_of,
    words,
)

MOST_SHOWN = 40
"""Rows, and columns, that are drawn; of weights the strongest rows."""

_FULL = 12
"""Rows of a table that is drawn with all of them, also those that tell nothing."""

_TEXT, _HIGH, _EDGE = 11, 22, 20
_LETTERS = 22  # of a value beside a row
_WIDEST = 56  # pixels of a name above a column that does not stand upright
_INSIDE = 9  # of a value in a cell
_COLUMNS = 78  # of a line of the sentence

_FEW = (PALE_BLUE, PALE_ORANGE, PALE_GREEN, "#eadff0", "#f9f1c5", "#f7d9de", PALE_GRAY)
"""Paper for values that have no order."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell: its text, the colours of its paper and of its ink, and a full text."""

    text: str
    fill: str
    ink: str = INK
    about: str = ""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Cells with the names of rows and columns, and what these are values of."""

    title: str
    lines: Sequence[str]
    across: str
    down: str
    columns: Sequence[str]
    rows: Sequence[str]
    cells: Sequence[Sequence[_Cell]]


def table_picture(program: Program, variable: str | None) -> Picture:
    """Draw a statement, or the readout; see ``Program.plot_table``.

    Raises:
        SettingsError: If no statement writes the variable.
    """
    closed = ClosedForms(program)
    heads = {head.output: head for head in program.heads}
    tables = {table.output: table for table in program.tables}
    decisions = {decide.output: decide for decide in program.decisions}
    if variable is None:
        labels, lines = program.readout.labels, ["what each value adds to the scores"]
        terms = [(term.variable, term.weights) for term in program.readout.terms]
        grid = _weights(program, closed, "labels", lines, labels, terms)
    elif variable in heads:
        grid = _predicate(program, closed, variable)
    elif variable in tables:
        grid = _entries(program, closed, variable)
    elif variable in decisions:
        decide = decisions[variable]
        lines = textwrap.wrap(describe(decide, closed), _COLUMNS)
        terms = [(term.variable, term.weights) for term in decide.terms]
        values = [*map(str, decide.domain.values)]
        grid = _weights(program, closed, variable, lines, values, terms)
    else:
        known = ", ".join((*heads, *tables, *decisions)) or "none"
        raise SettingsError(
            SettingName("variable"),
            f": {variable!r} is written by no statement; expected one of {known}, or "
            "None for the readout",
        )
    return _drawn(program.name, grid)


def _predicate(program: Program, closed: ClosedForms, name: str) -> _Grid:
    head = next(head for head in program.heads if head.output == name)
    queries, keys = (_occurring(closed, read) for read in (head.query, head.key))
    color = ORANGE if head.sums else BLUE
    query, key = program.domains[head.query], program.domains[head.key]
    cells = []
    for q in queries:
        matches = frozenset(head.predicate[q])
        row = []
        for k in keys:
            fill = mixed(color, 0.85) if k in matches else PALE_GRAY
            verb = "matches" if k in matches else "does not match"
            about = f"key {key.value(k)} {verb} query {query.value(q)}"
            row.append(_Cell("", fill, about=about))
        cells.append(row)
    return _Grid(
        name,
        textwrap.wrap(describe(head, closed), _COLUMNS),
        "" if head.key == ONES else f"key: {head.key}",
        "" if head.query == ONES else f"query: {head.query}",
        [_named(key.value(k)) for k in keys],
        [_named(query.value(q)) for q in queries],
        cells,
    )


def _entries(program: Program, closed: ClosedForms, name: str) -> _Grid:
    table = next(table for table in program.tables if table.output == name)
    first, *more = table.inputs
    rows = _occurring(closed, first)
    columns = _occurring(closed, more[0]) if more else [0]
    size = program.domains[more[0]].size if more else 1
    ids = [[table.table[r * size + c] for c in columns] for r in rows]
    shown = sorted({i for row in ids for i in row})
    ordered = not table.domain.tokens
    paper = {i: _paper(shown.index(i), len(shown), ordered=ordered) for i in shown}
    cells = [
        [_Cell(_inside(table.domain.value(i)), *paper[i]) for i in row] for row in ids
    ]
    form = closed.expression(table)
    text = describe(table, closed) if form is None else f"= {form}"
    lines = textwrap.wrap(text, _COLUMNS, break_on_hyphens=False)
    told = [r for r, row in enumerate(ids) if {*row} != {table.commonest}]
    if len(ids) > _FULL and len(told) < len(ids):
        others = _named(table.domain.value(table.commonest))
        lines.append(f"({len(ids) - len(told):,} rows, all {others}, are left out)")
        rows, cells = [rows[r] for r in told], [cells[r] for r in told]
    letters = "ab" if more else "x"
    return _Grid(
        name,
        lines,
        f"{letters[1]}: {more[0]}" if more else "",
        f"{letters[0]}: {first}",
        [_named(program.domains[more[0]].value(c)) for c in columns] if more else [""],
        [_named(program.domains[first].value(r)) for r in rows],
        cells,
    )


def _weights(
    program: Program,
    closed: ClosedForms,
    title: str,
    lines: Sequence[str],
    columns: Sequence[str],
    terms: Sequence[tuple[str, Sequence[Sequence[int]]]],
) -> _Grid:
    rows: list[tuple[str, Sequence[int]]] = []
    for variable, weights in terms:
        domain = program.domains[variable]
        if domain.numerical:
            rows.append((f"{variable}, each 1", weights[0]))
            continue
        for i in _occurring(closed, variable):
            rows.append((f"{variable} {_named(domain.value(i))}", weights[i]))
    # Rows that speak for no value more than for another say nothing.
    rows = [row for row in rows if len({*row[1]}) > 1] or rows
    strong = sorted(rows, key=lambda row: min(row[1]) - max(row[1]))[:MOST_SHOWN]
    kept = [row for row in rows if row in strong] if len(rows) > MOST_SHOWN else rows
    if len(rows) > MOST_SHOWN:
        lines = [*lines, f"(the {MOST_SHOWN} strongest of {len(rows):,} values)"]
    largest = max((abs(w) for _, row in kept for w in row), default=0) or 1
    cells = []
    for _, row in kept:
        shares = [0.9 * abs(w) / largest for w in row]
        cells.append(
            [
                _Cell(
                    f"{weight:,}" if weight else "",
                    mixed(BLUE if weight > 0 else ORANGE, share),
                    PAPER if share > 0.5 else INK,
                )
                for weight, share in zip(row, shares, strict=True)
            ]
        )
    names = [name for name, _ in kept]
    return _Grid(title, lines, "", "", [*map(_named, columns)], names, cells)


def _occurring(closed: ClosedForms, variable: str) -> list[int]:
    found: list[int] = closed.values[variable].tolist()
    return found


def _paper(rank: int, count: int, *, ordered: bool) -> tuple[str, str]:
    # Values that have an order get darker, others differ in colour.
    if not ordered:
        return _FEW[rank % len(_FEW)], INK
    share = 0.06 + 0.8 * rank / max(count - 1, 1)
    return mixed(BLUE, share), (PAPER if share > 0.5 else INK)


def _named(value: Value) -> str:
    return shortened(value, _LETTERS)


def _inside(value: Value) -> str:
    return shortened(value, _INSIDE)


def _drawn(program: str, grid: _Grid) -> Picture:
    left_out = []
    for noun, names in (("rows", grid.rows), ("columns", grid.columns)):
        if len(names) > MOST_SHOWN:
            left_out.append(f"the first {MOST_SHOWN} of {len(names):,} {noun}")
    lines = [*grid.lines, *([f"({', '.join(left_out)})"] if left_out else [])]
    rows, columns = grid.rows[:MOST_SHOWN], grid.columns[:MOST_SHOWN]
    cells = [row[:MOST_SHOWN] for row in grid.cells[:MOST_SHOWN]]
    inside = max((len(cell.text) for row in cells for cell in row), default=0)
    # Names of columns that are wider than a cell may be stand upright.
    widest = max((width_of(name, _TEXT) for name in columns), default=0)
    upright = widest > _WIDEST
    wide = 28 if upright else max(28, widest + 8)
    wide = max(wide, width_of("x" * inside, _TEXT) + 10)
    side = max((width_of(name, _TEXT) for name in (*rows, grid.down)), default=0)
    left = _EDGE + side + 10
    top = _EDGE + 22 + 15 * len(lines) + (20 if grid.across else 6)
    head = (widest + 8) if upright else 18
    parts = [*_headings(grid, lines, left, top)]
    for index, name in enumerate(columns):
        x = left + (index + 0.5) * wide
        if upright:
            place = f"translate({x + 4:.1f} {top + head - 5:.1f}) rotate(-90)"
            parts.append(f'<g transform="{place}">{_small(0, 0, name)}</g>')
        else:
            parts.append(_small(x, top + head - 5, name, "middle"))
    for r, (name, row) in enumerate(zip(rows, cells, strict=True)):
        y = top + head + r * _HIGH
        parts.append(_small(left - 8, y + 15, name, "end"))
        parts += _cells(row, left, y, wide)
    width = max(
        left + wide * len(columns),
        *(_EDGE + width_of(line, 10.5) for line in (*lines, grid.title)),
    )
    height = top + head + _HIGH * len(rows) + _EDGE
    about = f"{program}: {grid.title}; {' '.join(grid.lines)}"
    return picture(parts, width + _EDGE, height, about)


def _headings(
    grid: _Grid, lines: Sequence[str], left: float, top: float
) -> Iterator[str]:
    yield words(_EDGE, _EDGE + 10, grid.title, size=13, bold=True)
    for index, text in enumerate(lines):
        y = _EDGE + 28 + 15 * index
        yield words(_EDGE, y, text, size=10.5, color=GRAY)
    if grid.across:
        yield words(left, top - 2, grid.across, size=_TEXT, bold=True)
    if grid.down:
        yield words(
            *(left - 8, top + 13, grid.down),
            size=_TEXT,
            anchor="end",
            bold=True,
        )


def _cells(row: Sequence[_Cell], left: float, y: float, wide: float) -> Iterator[str]:
    for index, cell in enumerate(row):
        x = left + index * wide
        yield box(
            *(x + 1, y + 1, wide - 2, _HIGH - 2),
            fill=cell.fill,
            radius=3,
            about=cell.about,
        )
        if cell.text:
            yield words(
                *(x + wide / 2, y + 15, cell.text),
                size=_TEXT,
                color=cell.ink,
                anchor="middle",
            )


def _small(x: float, y: float, text: str, anchor: str = "start") -> str:
    return words(x, y, text, size=_TEXT, color=GRAY, anchor=anchor)
