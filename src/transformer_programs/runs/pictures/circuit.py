"""The circuit of a program: layers of statements, and who reads which variable."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from transformer_programs.codegen import LABELS, Exported, Marked
from transformer_programs.errors import SettingsError
from transformer_programs.language import ONES, POSITIONS, TOKENS, Program
from transformer_programs.runs.pictures.svg import (
    BLUE,
    FAINT,
    GRAY,
    GREEN,
    INK,
    ORANGE,
    PALE,
    PALE_BLUE,
    PALE_GRAY,
    PALE_GREEN,
    PALE_ORANGE,
    PAPER,
    Picture,
    box,
    curve,
    dot,
    line,
    picture,
    shortened,
    width_of,
    words,
)

MOST_STATEMENTS = 60
"""Statements of a program that is drawn."""

_COLUMNS = 32  # of a line in a box
_NAME, _TEXT, _LINE = 12, 10, 14  # sizes of text, and the height of a line
_LEAST, _SIDE, _BETWEEN, _APART = 96, 12, 26, 58
_LANE = 10  # the width of a variable that passes a layer
_EDGE = 22
_LETTERS = 30  # of a name

_ROLES = {"q": BLUE, "k": ORANGE, "v": GREEN}
_HEADS = {"attend": (PALE_BLUE, BLUE), "count": (PALE_ORANGE, ORANGE)}

_Spans = Sequence[tuple[float, float]]
"""The top and the bottom of every layer."""


@dataclass(slots=True)
class _Node:
    """A box, or a lane of a variable that passes a layer on its way down.

    Attributes:
        name: The variable; of the readout ``labels``.
        layer: The layer that it stands in.
        text: The lines below its name.
        note: The lines below these: what of it is used.
        colors: Of its paper and its edge; None of a lane.
        reads: The nodes read, with the letters of the roles that they have, and whether
            they are used here.
        used: Whether it is; the rest is grey.
        about: What is shown when a pointer rests on it.
        x: The middle.
    """

    name: str
    layer: int
    text: Sequence[str] = ()
    colors: tuple[str, str] | None = None
    reads: list[tuple[_Node, str, bool]] = field(default_factory=list)
    about: str = ""
    note: Sequence[str] = ()
    used: bool = True
    x: float = 0

    @property
    def width(self) -> float:
        """The width of its box."""
        if self.colors is None:
            return _LANE
        wide = [width_of(shortened(self.name, _LETTERS), _NAME)]
        wide += [width_of(line, _TEXT) for line in (*self.text, *self.note)]
        return max(_LEAST, *(w + 2 * _SIDE for w in wide))

    @property
    def height(self) -> float:
        """The height of its box."""
        return 28 + _LINE * (len(self.text) + len(self.note))


def circuit_picture(program: Program, marked: Marked | None = None) -> Picture:
    """Draw a program as a graph; see ``Program.plot_circuit``.

    Args:
        program: The program.
        marked: What of it is used; the rest is grey.

    Raises:
        SettingsError: If it has too many statements, and nothing is marked.
    """
    if marked is None and len(program.statements) > MOST_STATEMENTS:
        raise SettingsError(
            f"{program.name}: a program of {len(program.statements)} statements is "
            f"not drawn; expected at most {MOST_STATEMENTS}; draw what decides a "
            "label: run.circuit(label=LABEL).program.plot_circuit()"
        )
    layers = _layers(_nodes(program, marked or Marked.everything(program)))
    spans, y = [], float(_EDGE)
    for layer in layers:
        high = max((node.height for node in layer), default=-_APART)
        spans.append((y, y + high))
        y += high + _APART
    _place(layers)
    least = min(node.x - node.width / 2 for layer in layers for node in layer)
    most = max(node.x + node.width / 2 for layer in layers for node in layer)
    for layer in layers:
        for node in layer:
            node.x += _EDGE - least
    # Grey edges first, so that those that are used lie above them.
    edges = [edge for layer in layers for n in layer for edge in _edges(n, spans)]
    parts = [part for _, part in sorted(edges, key=lambda edge: edge[0])]
    parts += [part for layer in layers for n in layer for part in _ports(n, spans)]
    parts += [part for layer in layers for n in layer for part in _box(n, spans)]
    about = f"{program.name}: which statement reads which variable"
    return picture(parts, most - least + 2 * _EDGE, y - _APART + _EDGE, about)


def _nodes(program: Program, marked: Marked) -> list[_Node]:
    # What is read of the inputs, the statements, and the readout. What is 1 everywhere
    # tells nothing.
    read = {name for s in program.statements for name in s.inputs}
    terms = [t.variable for t in program.readout.terms if t.variable != ONES]
    found: dict[str, _Node] = {}
    given = [TOKENS, POSITIONS, *(s.name for s in program.input.surfaces)]
    for name in given:
        if name in read or name in terms:
            text = f"{program.domains[name].size:,} known"
            text = "0, 1, 2, ..." if name == POSITIONS else text
            used = name in marked.used
            colors = (PALE_GRAY, PALE)
            found[name] = _Node(name, 0, (text,), colors, used=used)
    for said in Exported(program).statements():
        name = said.name
        roles = {n: r.replace("x", "") for n, r in said.reads.items() if n != ONES}
        layer = 1 + max((found[n].layer for n in roles), default=0)
        reads = [(found[n], r, marked.uses(n, name)) for n, r in roles.items()]
        text = said.sentence if said.form is None else f"= {said.form}"
        lines = textwrap.wrap(text, _COLUMNS, break_on_hyphens=False, max_lines=5)
        note = textwrap.wrap(marked.notes.get(name, ""), _COLUMNS)
        colors = _HEADS.get(said.kind, (PALE_GREEN, GREEN))
        node = _Node(name, layer, lines, colors, reads, said.sentence, note)
        node.used = name in marked.used
        found[name] = node
    labels = program.readout.labels
    last = 1 + max((node.layer for node in found.values()), default=0)
    some = ", ".join(labels[:6]) + (", ..." if labels[6:] else "")
    lines = textwrap.wrap(some, _COLUMNS, max_lines=2)
    shown = [(found[n], "", marked.uses(n, LABELS)) for n in dict.fromkeys(terms)]
    end = _Node("labels", last, lines, (GREEN, GREEN), shown, some)
    return [*found.values(), end]


def _layers(nodes: Sequence[_Node]) -> list[list[_Node]]:
    # A variable that is read further down gets one lane in every layer between.
    layers: list[list[_Node]] = [[] for _ in range(1 + nodes[-1].layer)]
    lanes: dict[tuple[str, int], _Node] = {}

    def above(node: _Node, layer: int, used: bool) -> _Node:
        if node.layer == layer:
            return node
        read = above(node, layer - 1, used)
        if (node.name, layer) not in lanes:
            lane = _Node(node.name, layer, reads=[(read, "", True)], used=False)
            lanes[node.name, layer] = lane
            layers[layer].append(lane)
        lanes[node.name, layer].used |= used
        return lanes[node.name, layer]

    for node in nodes:
        node.reads = [
            (above(n, node.layer - 1, used), role, used) for n, role, used in node.reads
        ]
        layers[node.layer].append(node)
    return layers


def _place(layers: Sequence[list[_Node]]) -> None:
    # Every node as near to the middle of those above and below as there is room for.
    for layer in layers:
        _spread(layer)
    readers: dict[int, list[_Node]] = {}
    for layer in layers:
        for node in layer:
            for read, *_ in node.reads:
                readers.setdefault(id(read), []).append(node)
    for round_ in range(8):
        down = round_ % 2 == 0
        for layer in layers if down else layers[::-1]:
            for node in layer:
                near = [read for read, *_ in node.reads]
                near = near if down else readers.get(id(node), [])
                if near:
                    node.x = sum(n.x for n in near) / len(near)
            layer.sort(key=lambda node: node.x)
            _spread(layer)


def _spread(layer: Sequence[_Node]) -> None:
    # Apart from each other, and on the whole where they wanted to be.
    wanted, edge = [node.x for node in layer], None
    for node in layer:
        if edge is not None:
            node.x = max(node.x, edge + _BETWEEN + node.width / 2)
        edge = node.x + node.width / 2
    moved = [node.x - x for node, x in zip(layer, wanted, strict=True)]
    for node in layer:
        node.x -= sum(moved) / len(moved)


def _ports(node: _Node, spans: _Spans) -> Iterator[str]:
    # The letters of the roles, above all edges.
    y = spans[node.layer][0]
    for x, _, role, color in _arrivals(node):
        if node.colors is None:
            return
        yield dot(x, y, color=color, radius=2.5)
        if role:
            shown = ",".join(role)
            wide = width_of(shown, 10.5)
            yield box(x + 4, y - 16, wide + 4, 13, fill=PAPER, radius=3)
            place = (x + 6, y - 6, shown)
            yield words(*place, size=10.5, color=color, bold=True)


def _edges(node: _Node, spans: _Spans) -> Iterator[tuple[bool, str]]:
    # Each with whether it is used.
    y, low = spans[node.layer]
    for x, read, _, color in _arrivals(node):
        used = color != FAINT
        high, start = spans[node.layer - 1]
        start = high + read.height if read.colors else start
        yield used, curve((read.x, start), (x, y), color=color, width=1.6)
        if node.colors is None:
            yield used, line((x, y), (x, low), color=color, width=1.6)


def _arrivals(node: _Node) -> Iterator[tuple[float, _Node, str, str]]:
    # Ports stand in the order of where their edges come from.
    reads = sorted(node.reads, key=lambda found: found[0].x)
    step = min(32.0, (node.width - 24) / max(len(reads), 1))
    for index, (read, role, used) in enumerate(reads):
        color = _ROLES.get(role[:1], GRAY) if used and node.used else FAINT
        yield node.x + (index - (len(reads) - 1) / 2) * step, read, role, color


def _box(node: _Node, spans: _Spans) -> Iterator[str]:
    if node.colors is None:
        return
    y = spans[node.layer][0]
    fill, edge = node.colors if node.used else (PAPER, FAINT)
    x = node.x - node.width / 2
    ink, pale = (INK, GRAY) if node.used else (FAINT, FAINT)
    if fill == edge:
        ink = pale = PAPER
    yield box(
        *(x, y, node.width, node.height),
        fill=fill,
        stroke=edge,
        radius=8,
        about=node.about,
    )
    name = shortened(node.name, _LETTERS)
    yield words(
        *(node.x, y + 18, name),
        size=_NAME,
        color=ink,
        anchor="middle",
        bold=True,
    )
    for index, shown in enumerate((*node.text, *node.note)):
        yield words(
            *(node.x, y + 33 + index * _LINE, shown),
            size=_TEXT,
            color=pale if index < len(node.text) else ink,
            anchor="middle",
        )
