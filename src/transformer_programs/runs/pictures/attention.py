"""What the heads of a program look at in one sequence, beside its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from transformer_programs.analysis import Derivations
from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.language import ONES, TOKENS, Program as Plain
from transformer_programs.runs.pictures.svg import (
    BLUE,
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

MOST_POSITIONS = 60
"""Positions of a sequence that is drawn, its frame included."""

_CODE, _LINE = 11, 16  # size of the text of a program, and the height of a line
_CHIP, _HIGH = 12, 20  # size of a value, and the height of what it stands in
_GAP, _FAN, _APART = 4, 42, 24  # between rows, of lines, between statements
_EDGE = 18
_LETTERS = 12  # of a value


@dataclass(frozen=True, slots=True)
class Traced:
    """A program on one sequence, as far as it is drawn.

    Attributes:
        program: The program.
        source: The text of its file.
        found: Its values on the sequence.
        labels: What it says, one for every bare token or for the sequence.
        shown: The variables to draw, in order of writing.
    """

    program: Plain
    source: str
    found: Derivations
    labels: list[str] | str
    shown: Sequence[str]


def attention_picture(traced: Traced) -> Picture:
    """Draw the statements of a program on a sequence; see ``Program.plot_attention``.

    Raises:
        SettingsError: If the sequence is too long to be drawn, or a variable that is
            asked for is written by no statement.
    """
    width = len(traced.found.words)
    if width > MOST_POSITIONS:
        raise SettingsError(
            f"a sequence of {width} positions is not drawn; expected at most "
            f"{MOST_POSITIONS}, its frame included; draw a shorter one"
        )
    there = [statement.output for statement in traced.program.statements]
    for name in traced.shown:
        if name not in there:
            known = ", ".join(there) or "none: the program has no statements"
            raise SettingsError(
                SettingName("variables"),
                f": {name!r} is written by no statement; expected some of {known}",
            )
    return _TraceSheet(traced).picture()


class _TraceSheet:
    """Rows of values, one below the other; every statement is a group of rows."""

    def __init__(self, traced: Traced) -> None:
        self.traced, self.found = traced, traced.found
        self.texts = statement_texts(traced.program, traced.source)
        self.heads = {head.output: head for head in traced.program.heads}
        self.values = {name: self._values(name) for name in self._read()}
        letters = max(len(v) for row in self.values.values() for v in row)
        self.pitch = max(36.0, width_of("x" * letters, _CHIP) + 20)
        lines = [line for name in traced.shown for line in self.texts[name][1]]
        self.left = _EDGE + max((width_of(x, _CODE) for x in lines), default=0) + 18
        self.right = self.left + self.pitch * len(self.found.words)
        self.y: float = _EDGE

    def _read(self) -> Iterator[str]:
        yield TOKENS
        for statement in self.traced.program.statements:
            yield from (statement.output, *statement.inputs)

    def _values(self, name: str) -> list[str]:
        # The words as they were typed; else what the program computes.
        found = self.found
        if name == TOKENS:
            return [shortened(word, _LETTERS) for word in found.words]
        count = range(len(found.words))
        return [shortened(found.value(name, i), _LETTERS) for i in count]

    def picture(self) -> Picture:
        parts: list[str] = []
        for name in self.traced.shown:
            parts += self._statement(name)
            self.y += _APART / 2
            parts.append(line((_EDGE, self.y), (self.right, self.y), color=PALE_GRAY))
            self.y += _APART / 2
        parts += self._labels()
        names = [f"= {name}" for name in self.traced.shown] + ["labels"]
        names += ["query " + h.query for h in self.heads.values()]
        names += ["value " + h.value for h in self.heads.values()]
        side = max(width_of(name, 10.5) for name in names)
        width = self.right + 10 + side + _EDGE
        said = self.traced.labels
        about = " ".join(self.found.words) + ": "
        about += said if isinstance(said, str) else " ".join(said)
        about = f"{self.traced.program.name}: what its heads look at in {about}"
        return picture(parts, width, self.y + _EDGE, about)

    def _statement(self, name: str) -> Iterator[str]:
        top, color = self.y, GREEN
        if name in self.heads:
            color = ORANGE if self.heads[name].sums else BLUE
            yield from self._head(name)
        else:
            yield from self._row(name, f"= {name}", PALE_GREEN)
        written, text = self.texts[name]
        bottom = top + _LINE * len(text)
        # The text stands in the middle of its rows, or they grow with it.
        start = top + max(0.0, (self.y - bottom) / 2) + _LINE - 4
        for index, shown in enumerate(text):
            yield _code(start + index * _LINE, shown, written, color)
        self.y = max(self.y, bottom)

    def _head(self, name: str) -> Iterator[str]:
        head = self.heads[name]
        above = [] if head.value in (ONES, head.key) else [(head.value, "value")]
        above += [] if head.key == ONES else [(head.key, "key")]
        for read, role in above or [(TOKENS, "")]:
            yield from self._row(read, f"{role} {read}".strip())
            self.y += _GAP
        high, low = self.y - _GAP, self.y - _GAP + _FAN
        yield from self._lines(name, high, low)
        self.y = low
        if head.query != ONES:
            yield from self._row(head.query, f"query {head.query}")
            self.y += _GAP
        fill = PALE_ORANGE if head.sums else PALE_BLUE
        yield from self._row(name, f"= {name}", fill)

    def _lines(self, name: str, high: float, low: float) -> Iterator[str]:
        head = self.heads[name]
        color, width = (ORANGE, 1.3) if head.sums else (BLUE, 1.8)
        read: set[int] = set()
        for i in range(len(self.found.words)):
            places, missed = self.found.attended(name, i)
            strong = 0.3 if self.found.framing(i) else 0.9
            for j in places:
                idle = missed or (head.sums and self.values[head.value][j] == "0")
                yield curve(
                    (self._middle(i), low),
                    (self._middle(j), high),
                    color=GRAY if idle else color,
                    width=1 if idle else width,
                    opacity=min(0.45, strong) if idle else strong,
                    dashed=missed,
                )
                if not idle:
                    read.add(j)
        for j in sorted(read):
            yield dot(self._middle(j), high, color=color)

    def _row(self, name: str, side: str, fill: str = "") -> Iterator[str]:
        for i, value in enumerate(self.values[name]):
            frame = self.found.framing(i)
            yield from self._chip(i, value, fill, pale=frame and not fill)
        color = INK if fill else GRAY
        yield words(self.right + 10, self.y + 14, side, size=10.5, color=color)
        self.y += _HIGH

    def _chip(self, i: int, value: str, fill: str, *, pale: bool) -> Iterator[str]:
        edge, color = (fill or PALE), (GRAY if not fill or pale else INK)
        x, wide = self.left + i * self.pitch + 3, self.pitch - 6
        paper = fill or (PALE_GRAY if pale else PAPER)
        yield box(x, self.y, wide, _HIGH, fill=paper, stroke=edge)
        yield words(
            *(self._middle(i), self.y + 14.5, value),
            size=_CHIP,
            color=color,
            anchor="middle",
            bold=bool(fill),
        )

    def _labels(self) -> Iterator[str]:
        # One below every token, or one for the sequence.
        said = self.traced.labels
        shown = [said] if isinstance(said, str) else said
        offset = 0 if isinstance(said, str) else self.found.offset
        for i, label in enumerate(shown):
            x, wide = self.left + (i + offset) * self.pitch + 3, self.pitch - 6
            text = shortened(label, _LETTERS)
            wide = max(wide, width_of(text, _CHIP) + 12)
            yield box(x, self.y, wide, _HIGH, fill=GREEN, stroke=GREEN)
            yield words(
                *(x + wide / 2, self.y + 14.5, text),
                size=_CHIP,
                color=PAPER,
                anchor="middle",
                bold=True,
            )
        noun = "label" if isinstance(said, str) else "labels"
        yield words(self.right + 10, self.y + 14, noun, size=10.5, bold=True)
        self.y += _HIGH

    def _middle(self, i: int) -> float:
        return self.left + (i + 0.5) * self.pitch


def _code(y: float, text: str, name: str, kind: str) -> str:
    # A comment, or code that may begin with the variable that it writes.
    color = GRAY if text.startswith("#") else INK
    lead = (name, kind) if text.startswith(f"{name} =") else None
    return words(_EDGE, y, text, size=_CODE, color=color, lead=lead)


def statement_texts(program: Plain, source: str) -> dict[str, tuple[str, list[str]]]:
    """Return what ``program.py`` calls every variable, and the lines of its statement.

    Comments before a statement are lines of it.
    """
    lines = source.splitlines()
    functions = (n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    trace = next(function for function in functions if function.name == "trace")
    # Statements are the last assignments, in their order; inputs come before.
    assigned = [node for node in trace.body if isinstance(node, ast.Assign)]
    names = [statement.output for statement in program.statements]
    found = {}
    for name, node in zip(names[::-1], assigned[::-1], strict=False):
        first = node.lineno - 1
        while lines[first - 1].lstrip().startswith("#"):
            first -= 1
        text = [x.removeprefix("    ") for x in lines[first : node.end_lineno]]
        found[name] = ast.unparse(node.targets[0]), text
    return found
