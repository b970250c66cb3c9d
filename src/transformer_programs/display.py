"""Results as tables and text: on a terminal, in a notebook, and as plain strings."""

from __future__ import annotations

import html
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing rich takes a while, and not every command prints a table
    from rich.console import RenderableType
    from rich.table import Table

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
    from rich.console import Console

    console = Console(
        file=io.StringIO(),
        width=_UNBOUNDED,
        color_system=None,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=True,
        force_jupyter=False,
        force_terminal=False,
    )
    with console.capture() as captured:
        console.print(drawn)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def table(title: str, *columns: str) -> Table:
    """An empty table in the house style."""
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", box=None, header_style="bold")
    for column in columns:
        drawn.add_column(column, no_wrap=True)
    return drawn


def add_row(drawn: Table, *cells: str) -> None:
    """Add a row of plain text."""
    from rich.text import Text

    drawn.add_row(*map(Text, cells))


def fitted(drawn: Table) -> Table:
    """The table as wide as it is: a cut value would be a wrong one."""
    from rich.console import Console

    console = Console(width=_UNBOUNDED, file=io.StringIO())
    drawn.width = console.measure(drawn).maximum
    return drawn
