"""Program -> a drawing of its circuit, as text for Graphviz."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from transformer_programs.codegen.export.common import Described, Exported
from transformer_programs.language import TOKENS, Program

_ROLES = ("query", "key", "value")

_SHAPES = {
    "attend": ("box", "#CCE5F5"),
    "count": ("box", "#FCE6C8"),
    "embed": ("cds", "#E4E4E4"),
    "lookup": ("box3d", "#E4E4E4"),
    "decide": ("hexagon", "#D5EFE5"),
}
"""The shape and the colour of every kind of statement."""

_COLUMNS = 34  # of a line of a label

_FONT = 'fontname="Helvetica", fontsize=10'


def emit_dot(program: Program) -> str:
    """Return the circuit of a program in the language of Graphviz.

    Raises:
        ProgramError: If the program is not valid.
    """
    return "\n".join(_lines(Exported(program))) + "\n"


def quoted(text: str) -> str:
    """Return a text in quotes, in which nothing is a command of Graphviz.

    A backslash begins one in labels, and an ampersand an entity of HTML.
    """
    found = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    found = found.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{found}"'


def _label(name: str, text: str) -> str:
    # The name, and below it a sentence, on lines of some width.
    lines = textwrap.wrap(text, _COLUMNS, break_on_hyphens=False)
    parts = [quoted(line)[1:-1] for line in (name, *lines)]
    return '"' + "\\n".join(parts) + '"'


def _lines(exported: Exported) -> Iterator[str]:
    program, form = exported.program, exported.form
    yield f"digraph {quoted(exported.title or 'program')} {{"
    yield "  rankdir=BT;"
    yield f"  node [shape=box, style=filled, fillcolor=white, {_FONT}];"
    yield f"  edge [{_FONT}, color=gray40];"
    yield f"  label={_label(exported.title, ' '.join(exported.about))};"
    yield f"  {_FONT.replace(', ', '; ')};"
    given = [*(surface.name for surface in form.surfaces)]
    names = {TOKENS: f"{len(form.symbols):,} known", "positions": "0, 1, ..."}
    names |= {"ones": "1"} | {s.name: f"{s.kind.value} of words" for s in form.surfaces}
    read = {name for s in program.statements for name in s.inputs}
    read |= {term.variable for term in program.readout.terms}
    # Inputs stand together at the bottom, as far as anything reads them.
    inputs = [n for n in (TOKENS, "positions", "ones", *given) if n in read]
    yield "  { rank=same;"
    for name in inputs:
        yield f"    {quoted(name)} [shape=ellipse, label={_label(name, names[name])}];"
    yield "  }"
    for found in exported.statements():
        yield from _statement(found)
    labels = program.readout.labels
    some = ", ".join(labels[:6]) + (", ..." if labels[6:] else "")
    text = _label(f"{len(labels)} labels: {some}", exported.decided)
    # No variable has this name.
    yield f'  "<labels>" [shape=ellipse, penwidth=2, label={text}];'
    for term in program.readout.terms:
        yield f'  {quoted(term.variable)} -> "<labels>";'
    yield "}"


def _statement(found: Described) -> Iterator[str]:
    shape, colour = _SHAPES[found.kind]
    text = found.sentence if found.form is None else f"{found.name} = {found.form}"
    label = _label(found.name, text)
    place = quoted(found.name)
    yield f'  {place} [shape={shape}, fillcolor="{colour}", label={label}];'
    letters: Sequence[str] = ()
    if found.kind in ("attend", "count"):
        letters = _ROLES
    elif found.form is not None:
        letters = {1: ("x",), 2: ("a", "b")}.get(len(found.inputs), "abcdefgh")
    # A variable that is read twice has one edge.
    roles: dict[str, list[str]] = {name: [] for name in found.inputs}
    for name, role in zip(found.inputs, letters, strict=False):
        roles[name].append(role)
    for name, parts in roles.items():
        what = f" [label={quoted(', '.join(parts))}]" if parts else ""
        yield f"  {quoted(name)} -> {place}{what};"
