"""Program -> a drawing of its circuit, as text for Graphviz."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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

_GREY = ", fontcolor=gray70, color=gray70"

_FONT = 'fontname="Helvetica", fontsize=10'


LABELS = "<labels>"
"""Stands for the labels; no variable has this name."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What of a program is used.

    Attributes:
        used: the variables that are, and ``LABELS``.
        read: those of them that the labels follow from.
        notes: what to say of some, by name.
    """

    used: frozenset[str]
    read: frozenset[str]
    notes: Mapping[str, str]

    @classmethod
    def everything(cls, program: Program) -> Marked:
        """Return that all of a program is used."""
        read = frozenset(term.variable for term in program.readout.terms)
        return cls(frozenset({*program.domains, LABELS}), read, {})

    def uses(self, source: str, target: str) -> bool:
        """Return whether a variable is used where another is computed."""
        if target == LABELS:
            return source in self.read
        return source in self.used and target in self.used


def _inputs_in_words(program: Program) -> dict[str, str]:
    # The inputs that anything reads, and what they are.
    form = program.input
    names = {TOKENS: f"{len(form.symbols):,} known", "positions": "0, 1, ..."}
    names |= {"ones": "1"} | {s.name: f"{s.kind.value} of words" for s in form.surfaces}
    read = {name for statement in program.statements for name in statement.inputs}
    read |= {term.variable for term in program.readout.terms}
    return {name: text for name, text in names.items() if name in read}


def _labels_in_words(program: Program) -> str:
    # How many labels there are, and the first of them.
    labels = program.readout.labels
    some = ", ".join(labels[:6]) + (", ..." if labels[6:] else "")
    return f"{len(labels)} labels: {some}"


def emit_dot(program: Program, marked: Marked | None = None) -> str:
    """Return the circuit of a program in the language of Graphviz.

    Args:
        program: the program.
        marked: what of it is used; the rest is grey.

    Raises:
        ProgramError: If the program is not valid.
    """
    marked = marked or Marked.everything(program)
    return "\n".join(_lines(Exported(program), marked)) + "\n"


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


def _lines(exported: Exported, marked: Marked) -> Iterator[str]:
    program = exported.program
    yield f"digraph {quoted(exported.title or 'program')} {{"
    yield "  rankdir=BT;"
    yield f"  node [shape=box, style=filled, fillcolor=white, {_FONT}];"
    yield f"  edge [{_FONT}, color=gray40];"
    yield f"  label={_label(exported.title, ' '.join(exported.about))};"
    yield f"  {_FONT.replace(', ', '; ')};"
    # Inputs stand together at the bottom, as far as anything reads them.
    yield "  { rank=same;"
    for name, text in _inputs_in_words(program).items():
        grey = "" if name in marked.used else _GREY
        place, label = quoted(name), _label(name, text)
        yield f"    {place} [shape=ellipse, label={label}{grey}];"
    yield "  }"
    for found in exported.statements():
        yield from _statement(found, marked)
    text = _label(_labels_in_words(program), exported.decided)
    yield f'  "{LABELS}" [shape=ellipse, penwidth=2, label={text}];'
    for term in program.readout.terms:
        grey = "" if marked.uses(term.variable, LABELS) else " [color=gray85]"
        yield f'  {quoted(term.variable)} -> "{LABELS}"{grey};'
    yield "}"


def _statement(found: Described, marked: Marked) -> Iterator[str]:
    shape, colour = _SHAPES[found.kind]
    text = found.sentence if found.form is None else f"{found.name} = {found.form}"
    if found.name in marked.notes:
        text += f" ({marked.notes[found.name]})"
    label = _label(found.name, text)
    place, grey = quoted(found.name), ""
    if found.name not in marked.used:
        colour, grey = "white", _GREY
    yield f'  {place} [shape={shape}, fillcolor="{colour}", label={label}{grey}];'
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
        said = [f"label={quoted(', '.join(parts))}"] if parts else []
        said += [] if marked.uses(name, found.name) else ["color=gray85"]
        what = f" [{', '.join(said)}]" if said else ""
        yield f"  {quoted(name)} -> {place}{what};"
