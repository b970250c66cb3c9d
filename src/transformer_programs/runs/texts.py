"""Is the text that a run folder holds the one that its program is written down as?

``program.py`` and ``tables.json`` follow from ``program.json``. Only texts that do are
executed: whatever else a file of these names holds, somebody else wrote.
"""

from __future__ import annotations

from pathlib import Path

from transformer_programs.codegen import emit
from transformer_programs.errors import RunFolderError
from transformer_programs.program import Program
from transformer_programs.runs.folder import (
    read_tables,
)
from transformer_programs.system import (
    FILE,
    PROGRAM,
    TABLES,
    read_text,
)

Texts = tuple[str, str | None]
"""``program.py``, and the file of tables that it reads, if it reads one."""


def text_difference(run: Path, program: Program) -> tuple[Texts, str | None]:
    """The texts that a program is written down as, and where a run holds others.

    Args:
        run: the run folder.
        program: that of its ``program.json``.

    Returns:
        The texts, written anew; and the first difference in words, if there is any.

    Raises:
        RunFolderError: if a file cannot be read.
    """
    texts = emit(program)
    held = (read_text(run / FILE), read_tables(run))
    if texts[1] is not None and held[1] is None:
        raise RunFolderError(
            f"{run / TABLES}: program.py reads it, but it is missing; 'tprog compile "
            f"{run}' makes a new run of {PROGRAM}, with both"
        )
    for name, wanted, found in zip((FILE, TABLES), texts, held, strict=True):
        if wanted != found:
            differs = f"{run / name}: not what {PROGRAM} gives"
            return texts, f"{differs}: {_difference(wanted, found)}"
    return texts, None


def own_texts(run: Path, program: Program) -> Texts:
    """The texts of a run, which are what its program is written down as.

    Raises:
        RunFolderError: if they are not, or cannot be read.
    """
    texts, difference = text_difference(run, program)
    if difference is not None:
        raise RunFolderError(
            f"{difference}; it is not executed: 'tprog compile {run}' makes a new run "
            "of program.json"
        )
    return texts


def _difference(wanted: str | None, found: str | None) -> str:
    """Where two texts differ first."""
    if wanted is None or found is None:
        return "expected no such file"
    ours, theirs = wanted.split("\n"), found.split("\n")
    pairs = zip(ours, theirs, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
    if same is None:
        return f"expected {len(ours):,} lines, it has {len(theirs):,}"
    return (
        f"expected {_short(ours[same])} in line {same + 1}, it has "
        f"{_short(theirs[same])}"
    )


def _short(line: str) -> str:
    return repr(line if len(line) <= 80 else f"{line[:77]}...")
