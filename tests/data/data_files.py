"""Files that tests write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROWS = [(f"w{i} is here", "pos" if i % 3 else "neg") for i in range(30)]
"""Texts with their labels."""


def table(
    delimiter: str,
    header: Sequence[str] = ("text", "label"),
    rows: Sequence[Sequence[str]] = ROWS,
    newline: str = "\n",
) -> str:
    lines = [delimiter.join(row) for row in ([header] if header else []) + [*rows]]
    return newline.join(lines) + newline


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path
