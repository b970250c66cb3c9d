"""Program -> a picture of its circuit, without Graphviz."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from transformer_programs.codegen.export.common import Exported
from transformer_programs.codegen.export.dot import (
    LABELS,
    SHAPES,
    Marked,
    edges,
    inputs_in_words,
    labels_in_words,
    node_text,
)
from transformer_programs.language import Program

_WIDTH, _GAP, _RISE, _LINE, _PAD = 220, 24, 56, 14, 8  # pixels
_COLUMNS, _MOST_LINES = 36, 5
_GREY = "#B0B0B0"


@dataclass(frozen=True, slots=True)
class _Box:
    name: str
    lines: tuple[str, ...]
    colour: str
    used: bool
    layer: int

    @property
    def height(self) -> int:
        """The pixels of its lines."""
        return 2 * _PAD + _LINE * len(self.lines)


def emit_svg(program: Program, marked: Marked | None = None) -> str:
    """Return the circuit of a program as an SVG: inputs below, labels above.

    Args:
        program: the program.
        marked: what of it is used; the rest is grey.
    """
    exported = Exported(program)
    marked = marked or Marked.everything(program)
    boxes = _boxes(exported, marked)
    places, width, height = _placed(program, boxes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif" '
        'font-size="11">',
        f"<title>{escape(exported.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_edges(program, marked, boxes, places),
        *(line for box in boxes.values() for line in _drawn(box, *places[box.name])),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _boxes(exported: Exported, marked: Marked) -> dict[str, _Box]:
    program = exported.program
    found: dict[str, _Box] = {}

    def add(name: str, title: str, text: str, colour: str, layer: int) -> None:
        used = name in marked.used
        words = [text, *([marked.notes[name]] if name in marked.notes else [])]
        parts = [x for word in words for x in textwrap.wrap(word, _COLUMNS)]
        if len(parts) > _MOST_LINES:
            parts = [*parts[: _MOST_LINES - 1], "..."]
        lines = (title, *parts)
        found[name] = _Box(name, lines, colour if used else "white", used, layer)

    for name, text in inputs_in_words(program).items():
        add(name, name, text, "white", 0)
    for statement in exported.statements():
        below = [found[name].layer for name in statement.inputs]
        layer = 1 + max(below, default=0)
        text = node_text(statement)
        add(statement.name, statement.name, text, SHAPES[statement.kind][1], layer)
    top = 1 + max(box.layer for box in found.values())
    title = labels_in_words(program)
    add(LABELS, title, exported.decided, "white", top)
    return found


def _placed(
    program: Program, boxes: dict[str, _Box]
) -> tuple[dict[str, tuple[int, int]], int, int]:
    # The middle and the top of every box; a layer is ordered by what it reads.
    rows: dict[int, list[_Box]] = {}
    for box in boxes.values():
        rows.setdefault(box.layer, []).append(box)
    widest = max(map(len, rows.values()))
    width = widest * (_WIDTH + _GAP) + _GAP
    heights = {layer: max(box.height for box in row) for layer, row in rows.items()}
    height = sum(heights.values()) + _RISE * (len(rows) - 1) + 2 * _GAP
    reads: dict[str, list[str]] = {name: [] for name in boxes}
    for source, target, _ in edges(program):
        reads[target].append(source)
    places: dict[str, tuple[int, int]] = {}
    bottom = height - _GAP
    for layer in sorted(rows):
        middles = {
            box.name: sum(places[x][0] for x in reads[box.name])
            / max(len(reads[box.name]), 1)
            for box in rows[layer]
        }
        row = sorted(rows[layer], key=lambda box: middles[box.name])
        left = (width - len(row) * (_WIDTH + _GAP) + _GAP) // 2
        for index, box in enumerate(row):
            middle = left + index * (_WIDTH + _GAP) + _WIDTH // 2
            places[box.name] = middle, bottom - heights[layer]
        bottom -= heights[layer] + _RISE
    return places, width, height


def _edges(
    program: Program,
    marked: Marked,
    boxes: dict[str, _Box],
    places: dict[str, tuple[int, int]],
) -> Iterator[str]:
    # Grey ones first, so that those that are used lie above them.
    drawn = []
    for source, target, roles in edges(program):
        used = marked.uses(source, target)
        (x, y), (to, top) = places[source], places[target]
        end = top + boxes[target].height
        bend = (y - end) // 2
        path = f"M{x},{y} C{x},{y - bend} {to},{end + bend} {to},{end}"
        colour, thick = ("#444444", "1.4") if used else (_GREY, "0.7")
        title = escape(f"{source} is {', '.join(roles)}") if roles else escape(source)
        line = (
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thick}">'
            f"<title>{title}</title></path>"
        )
        drawn.append((used, line))
    yield from (line for _, line in sorted(drawn, key=lambda pair: pair[0]))


def _drawn(box: _Box, middle: int, top: int) -> Iterator[str]:
    left = middle - _WIDTH // 2
    ink = "#222222" if box.used else _GREY
    yield (
        f'<rect x="{left}" y="{top}" width="{_WIDTH}" height="{box.height}" rx="5" '
        f'fill="{box.colour}" stroke="{ink}"/>'
    )
    for index, text in enumerate(box.lines):
        weight = ' font-weight="bold"' if index == 0 else ""
        y = top + _PAD + _LINE * index + 10
        yield (
            f'<text x="{middle}" y="{y}" text-anchor="middle" fill="{ink}"{weight}>'
            f"{escape(_printable(text))}</text>"
        )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
