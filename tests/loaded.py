"""Emitted texts executed in this process: fast, and only for what was just emitted."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transformer_programs.system import TABLES


def load_file(source: str, tables: str | None = None) -> dict[str, Any]:
    """What the text of a ``program.py`` defines, by name: ``run``, ``trace`` ..."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "program.py"
        module: dict[str, Any] = {"__name__": "program", "__file__": str(place)}
        exec(compile(source, "program.py", "exec"), module)
        if tables is not None:
            place.with_name(TABLES).write_bytes(tables.encode())
            module["tables"]()
    return module
