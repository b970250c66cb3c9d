"""The circuit of a program as a drawing: wires of the residual stream, and who reads.

A row is a variable, a column a statement, both in the order of layers. A wire begins
where its variable is written, on the diagonal, and runs to its last reader. Left of the
diagonal there are no wires: the names stand there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from transformer_programs.codegen import Described, Exported
from transformer_programs.language import ONES, POSITIONS, TOKENS, Program
from transformer_programs.runs.page.listing import levels
from transformer_programs.runs.page.markup import escaped

LABELS = "labels"

_ROW, _COLUMN, _TOP = 36, 52, 34
_BOX = (48, 26)
_WIDE = 820  # pixels beyond which a drawing is not made smaller
_LETTER = 7.2  # pixels of a letter of a name, at most

_MOST_SMALL = 40  # statements of a circuit that a notebook shows

# Colours of a drawing that stands alone, on a background of its own.
_STYLE = """
svg.circuit { background: #fff; max-width: 100%; height: auto; }
svg.circuit text { font: 12px sans-serif; fill: #1d2129; }
svg.circuit .layer, svg.circuit .detail { font-size: 10.5px; fill: #565c68; }
svg.circuit .name, svg.circuit .kind, svg.circuit .role { font-weight: 600; }
svg.circuit .band { fill: #f7f5f0; } svg.circuit .band.even { fill: #efede5; }
svg.circuit .hit { fill: none; } svg.circuit .pill { fill: #fff; }
svg.circuit path { fill: none; stroke: #565c68; stroke-width: 1.5; }
svg.circuit .box { fill: #dbe9f6; stroke: #0b5cad; }
svg.circuit .kind-count .box { fill: #fbe3cd; stroke: #b25000; }
svg.circuit .kind-table .box {
  fill: #efdff3; stroke: #6b3fa0; }
svg.circuit .kind-decide .box, svg.circuit .kind-readout .box {
  fill: #d9efe1; stroke: #1c7048; }
svg.circuit .role-q { stroke: #0b5cad; } svg.circuit .role-k { stroke: #b25000; }
svg.circuit .role-v { stroke: #1c7048; } svg.circuit .role-w { stroke: #565c68; }
svg.circuit .role-x, svg.circuit .role-a, svg.circuit .role-b { stroke: #6b3fa0; }
"""

_OTHERS = {
    "embed": ("table", "class of a token"),
    "lookup": ("table", "looked up"),
    "decide": ("decide", "largest sum of weights"),
}

_SCOPES = {
    "all": "all positions",
    "before": "before",
    "after": "after",
    "causal": "up to here",
}

_GIVEN = {
    TOKENS: "the input, token by token",
    POSITIONS: "0, 1, 2, ...",
    ONES: "1 everywhere",
}


@dataclass(frozen=True, slots=True)
class DrawnColumn:
    """A statement, or the readout, as it is drawn.

    Attributes:
        name: The variable written; none of the readout.
        kind: What its box is called.
        detail: A few words below its name.
        sentence: What it computes.
        reads: The variables read, each with the letters of the roles that it plays.
        level: Its layer.
    """

    name: str | None
    kind: str
    detail: str
    sentence: str
    reads: dict[str, str]
    level: int

    @property
    def title(self) -> str:
        """What stands beside its box."""
        return LABELS if self.name is None else self.name


def columns(exported: Exported) -> list[DrawnColumn]:
    """Return the statements in the order of layers, and the readout."""
    described = [*exported.statements()]
    depth = levels({found.name: found.inputs for found in described})
    drawn = [
        DrawnColumn(
            found.name,
            *_kind(found),
            found.sentence,
            dict.fromkeys(found.inputs, "") if found.kind == "decide" else found.reads,
            depth[found.name],
        )
        for found in sorted(described, key=lambda found: depth[found.name])
    ]
    readout = exported.program.readout
    reads = {term.variable: "" for term in readout.terms}
    last = 1 + max(depth.values(), default=0)
    count = len(readout.labels)
    detail = f"{count} label{'' if count == 1 else 's'}"
    return [*drawn, DrawnColumn(None, "readout", detail, exported.decided, reads, last)]


def _kind(found: Described) -> tuple[str, str]:
    # What the box of a statement is called, and a few words below its name.
    if found.kind in ("attend", "count"):
        return found.kind, f"head, {_SCOPES[found.scope or 'all']}"
    if found.kind == "lookup" and found.form is not None:
        return "table", "computed"
    return _OTHERS[found.kind]


def drawing(program: Program, drawn: list[DrawnColumn], name: str) -> str:
    """Return the circuit as SVG; it is called ``name`` for those who cannot see it."""
    read = {variable for column in drawn for variable in column.reads}
    given = [v for v in (TOKENS, POSITIONS, ONES) if v in read]
    given += [s.name for s in program.input.surfaces if s.name in read]
    left = _margin(given, drawn)
    width = left + _COLUMN * len(drawn) + 16
    height = _TOP + _ROW * (len(given) + len(drawn)) + 8
    sketch = _Sketch(left, len(given), drawn)
    parts = [*sketch.bands(height), *sketch.wires(given), *sketch.given(given)]
    for index, column in enumerate(drawn):
        parts += sketch.reads(index, column, given)
    for index, column in enumerate(drawn):
        parts += sketch.node(index, column)
    kind = "circuit wide" if width > _WIDE else "circuit"
    return (
        f'<svg class="{kind}" role="group" aria-label="{escaped(name)}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{''.join(parts)}</svg>"
    )


def in_notebook(program: Program) -> str:
    """Return the circuit as SVG that brings its own style; "" if it is too large."""
    if not 0 < len(program.statements) <= _MOST_SMALL:
        return ""
    drawn = columns(Exported(program))
    found = drawing(program, drawn, f"Circuit of {program.name}")
    start = found.index(">") + 1
    return f"{found[:start]}<style>{_STYLE}</style>{found[start:]}"


def _margin(given: list[str], drawn: list[DrawnColumn]) -> int:
    # So that the name of every row has room left of its box.
    widest = max((len(name) * _LETTER for name in given), default=0) + 18
    for index, column in enumerate(drawn):
        letters = max(len(column.title), round(len(column.detail) * 0.82))
        widest = max(widest, letters * _LETTER + 24 - index * _COLUMN)
    return round(widest)


class _Sketch:
    def __init__(self, left: int, given: int, drawn: list[DrawnColumn]) -> None:
        self.left, self.given_rows, self.drawn = left, given, drawn
        self.last: dict[str, int] = {}
        for index, column in enumerate(drawn):
            self.last |= dict.fromkeys(column.reads, index)

    def x(self, column: int) -> int:
        return self.left + column * _COLUMN + _COLUMN // 2

    def y(self, row: int) -> int:
        return _TOP + row * _ROW + _ROW // 2

    def bands(self, height: int) -> Iterator[str]:
        start = 0
        for index, column in enumerate(self.drawn, start=1):
            ends = index == len(self.drawn) or self.drawn[index].level != column.level
            if not ends:
                continue
            x, width = self.left + start * _COLUMN, (index - start) * _COLUMN
            shade = "even" if column.level % 2 == 0 else "odd"
            text = "readout" if column.name is None else f"layer {column.level}"
            yield (
                f'<rect class="band {shade}" x="{x}" y="0" width="{width}" '
                f'height="{height}"/><text class="layer" x="{x + width / 2:g}" y="18" '
                f'text-anchor="middle">{text}</text>'
            )
            start = index

    def given(self, given: list[str]) -> Iterator[str]:
        for row, name in enumerate(given):
            y = self.y(row)
            yield (
                f'<g class="node given" data-s="{escaped(name)}" tabindex="0" '
                f'role="img" aria-label="{escaped(f"{name}: {self._about(name)}")}">'
                f'<circle cx="{self.left - 4}" cy="{y}" r="4"/><text class="name" '
                f'x="{self.left - 14}" y="{y + 4}" text-anchor="end">{escaped(name)}'
                "</text></g>"
            )

    def _about(self, name: str) -> str:
        return _GIVEN.get(name, "a feature of the characters of each token")

    def wires(self, given: list[str]) -> Iterator[str]:
        for name, row in self._rows(given).items():
            start = self.left - 4
            if row >= len(given):
                start = self.x(row - len(given))
            end = self.x(self.last[name]) if name in self.last else start + 40
            yield (
                f'<path class="wire" data-s="{escaped(name)}" '
                f'd="M{start} {self.y(row)}H{end}"/>'
            )

    def reads(self, index: int, column: DrawnColumn, given: list[str]) -> Iterator[str]:
        # Upright lines from what is read down to the box, with the roles on the wires.
        x, y = self.x(index), self.y(self.given_rows + index)
        places = self._rows(given)
        for variable, roles in column.reads.items():
            row = self.y(places[variable])
            role = roles or "w"
            wide = 8 + 7 * len(role)
            yield (
                f'<g class="read" data-from="{escaped(variable)}" '
                f'data-to="{escaped(column.name or "")}"'
                f"{' data-readout' if column.name is None else ''}>"
                f'<path class="drop role-{role[0]}" d="M{x} {row}V{y - _BOX[1] // 2}"/>'
                f'<rect class="pill role-{role[0]}" x="{x - wide / 2:g}" y="{row - 8}" '
                f'width="{wide}" height="16" rx="8"/><text class="role" x="{x}" '
                f'y="{row + 4}" text-anchor="middle">{role}</text></g>'
            )

    def _rows(self, given: list[str]) -> dict[str, int]:
        rows = {name: i for i, name in enumerate(given)}
        for index, column in enumerate(self.drawn, start=len(given)):
            if column.name is not None:
                rows[column.name] = index
        return rows

    def node(self, index: int, column: DrawnColumn) -> Iterator[str]:
        x, y = self.x(index), self.y(self.given_rows + index)
        wide, high = _BOX
        edge = x - wide // 2
        label = f"{column.title}, {column.detail}: {column.sentence}"
        here = f'data-s="{escaped(column.name)}"' if column.name else "data-labels"
        yield (
            f'<g class="node kind-{column.kind}" {here} tabindex="0" role="button" '
            f'aria-label="{escaped(label)}"><title>{escaped(column.sentence)}</title>'
            f'<rect class="hit" x="0" y="{y - _ROW // 2}" width="{x + wide // 2}" '
            f'height="{_ROW}"/><rect class="box" x="{edge}" y="{y - high // 2}" '
            f'width="{wide}" height="{high}" rx="6"/><text class="kind" x="{x}" '
            f'y="{y + 4}" text-anchor="middle">{column.kind}</text>'
            f'<text class="name" x="{edge - 8}" y="{y - 1}" text-anchor="end">'
            f'{escaped(column.title)}</text><text class="detail" x="{edge - 8}" '
            f'y="{y + 12}" text-anchor="end">{escaped(column.detail)}</text></g>'
        )
