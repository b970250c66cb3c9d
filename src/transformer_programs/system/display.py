"""Results as tables and text: on a terminal, in a notebook, and as plain strings."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from transformer_programs.system.visible import visible

if TYPE_CHECKING:  # importing rich takes a while, and not every command prints a table
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

_UNBOUNDED = 1_000_000
"""Columns of a text that is not cut anywhere."""


class Shown:
    """What is shown as people read it, wherever it is printed.

    Subclasses define ``__rich__``; ``print(x)`` and notebooks show the same without
    colours.
    """

    __slots__ = ()

    def __rich__(self) -> RenderableType:
        """What to draw."""
        raise NotImplementedError

    def __str__(self) -> str:
        return plain(self)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def plain(drawn: RenderableType) -> str:
    """What is drawn, as text without colours; no line is cut or wrapped."""
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
    """A console on which nothing that is printed is a command for the terminal.

    Labels, tokens and names come from files, which anybody may have written.

    Args:
        options: of rich's console.
    """
    from rich.console import Console
    from rich.segment import Segment

    class Visible(Console):
        def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
            """Render with control characters written out."""
            for segment in super().render(*arguments, **options):
                if segment.control:
                    yield segment
                else:
                    yield Segment(visible(segment.text), segment.style)

    return Visible(highlight=False, emoji=False, soft_wrap=True, **options)


def table(title: str, *columns: str) -> Table:
    """An empty table in the house style."""
    from rich.table import Table

    heading = cell(title) if title else None
    drawn = Table(title=heading, title_justify="left", box=None, header_style="bold")
    for column in columns:
        drawn.add_column(cell(column), no_wrap=True)
    return drawn


def cell(text: str, style: str = "") -> Text:
    """Plain text in one line."""
    from rich.text import Text

    return Text(visible(text, cell=True), style)


def add_row(drawn: Table, *cells: str) -> None:
    """Add a row of plain text."""
    drawn.add_row(*map(cell, cells))


def fitted(drawn: Table) -> Table:
    """The table as wide as it is: a cut value would be a wrong one."""
    wide = console(width=_UNBOUNDED, file=io.StringIO())
    drawn.width = wide.measure(drawn).maximum
    return drawn
