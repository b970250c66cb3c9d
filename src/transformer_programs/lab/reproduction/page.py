"""A page of sections, each of which one command writes and no other touches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from transformer_programs.errors import SchemaError
from transformer_programs.system import (
    read_text,
    write_files,
    writing,
)

PREFACE = """\
# Results

Every section of this page is written by the command that it names, from what was
measured and stored.
"""
"""What a new page begins with."""


def update_section(page: Path, name: str, text: str) -> None:
    """Replace a section of a page, or add it at the end; all else stays as it is.

    Args:
        page: the page, which is made if it is not there.
        name: of the section, in the comments around it.
        text: its new text.

    Raises:
        SchemaError: if the section begins and does not end.
        RunFolderError: if the page cannot be written.
    """
    with writing(page):
        page.parent.mkdir(parents=True, exist_ok=True)
        old = read_text(page, named=True) if page.exists() else PREFACE
    begin, end = _marks(name)
    new = f"{begin}\n{text}{end}\n"
    before, found, rest = old.partition(f"{begin}\n")
    if not found:
        write_files(page.parent, {page.name: f"{old}\n{new}"})
        return
    _, ended, after = rest.partition(f"{end}\n")
    if not ended:
        raise SchemaError(
            f"{page}: {begin} has no {end} after it; put it back, or remove both"
        )
    write_files(page.parent, {page.name: f"{before}{new}{after}"})


def section_of(page: Path, name: str) -> str | None:
    """The text of a section; None if there is none."""
    begin, end = _marks(name)
    _, found, rest = read_text(page, named=True).partition(f"{begin}\n")
    return rest.partition(f"{end}\n")[0] if found else None


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown: text on the left, numbers right of it."""
    lines = [head, ("---",) + ("---:",) * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- begin: {name} -->", f"<!-- end: {name} -->"
