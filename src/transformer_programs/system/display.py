"""Results as tables and text, on terminals, in notebooks and as plain strings."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # importing rich takes a while, and not every command prints a table
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_UNBOUNDED = 1_000_000
"""The width, in columns, of text that is not cut anywhere."""

_HIDDEN = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # that change the direction
    r"\u2028\u2029"  # line ends that are none in a terminal
    r"\ud800-\udfff"  # halves of characters, which no terminal can be sent
)

_COMMANDS = re.compile(f"[{_HIDDEN}]")
_IN_CELLS = re.compile(f"[{_HIDDEN}\\t\\n]")


class Shown:
    """Base of results that are printed as people read them, also in notebooks.

    Subclasses define ``__rich__``.
    """

    __slots__ = ()

    def __rich__(self) -> RenderableType:
        """Return what is drawn."""
        raise NotImplementedError

    def __str__(self) -> str:
        return plain(self)

    def _repr_html_(self) -> str:
        import html  # slow to load

        return f"<pre>{html.escape(str(self))}</pre>"


def plain(drawn: RenderableType) -> str:
    """Return what is drawn as text without colours; no line is cut or wrapped."""
    found = console(
        file=io.StringIO(),
        width=_UNBOUNDED,
        color_system=None,
        markup=False,
        force_jupyter=False,
        force_terminal=False,
    )
    with found.capture() as captured:
        found.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def console(**options: Any) -> Console:
    """Return a rich console that escapes commands for the terminal in what it prints.

    Labels, tokens and names come from files, which anybody may have written.
    """
    from rich.console import Console
    from rich.segment import Segment

    class Visible(Console):
        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            """Render with control characters escaped."""
            for segment in super().render(*arguments, **options):
                if segment.control:
                    yield segment
                else:
                    yield Segment(_visible(segment.text), segment.style)

    return Visible(highlight=False, emoji=False, soft_wrap=True, **options)


def table(title: str, *columns: str) -> Table:
    """Return an empty table in our style."""
    from rich.table import Table

    heading = cell(title) if title else None
    drawn = Table(title=heading, title_justify="left", box=None, header_style="bold")
    for column in columns:
        drawn.add_column(cell(column), no_wrap=True)
    return drawn


def cell(text: str, style: str = "") -> Text:
    """Return plain text in one line."""
    from rich.text import Text

    return Text(_visible(text, cell=True), style)


def add_row(drawn: Table, *cells: str) -> None:
    """Add a row of plain text."""
    drawn.add_row(*map(cell, cells))


def fitted(drawn: Table) -> Table:
    """Return the table at its full width: a cut value would be a wrong one."""
    wide = console(width=_UNBOUNDED, file=io.StringIO())
    drawn.width = wide.measure(drawn).maximum
    return drawn


def _visible(text: str, *, cell: bool = False) -> str:
    """Return text in which what terminals take for commands is escaped.

    In a cell of a table tabs and line ends are escaped, too.
    """
    hidden = _IN_CELLS if cell else _COMMANDS
    return hidden.sub(lambda found: repr(found[0])[1:-1], text)


def visible_json(text: str) -> str:
    """Return equal JSON without such characters in its strings."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_text(name: str) -> str:
    """Return a name as Matplotlib shows it, to which dollar signs mean formulas."""
    return _visible(name, cell=True).replace("$", r"\$")
