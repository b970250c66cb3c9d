"""The part of ``program.py`` that says what this program does, and the rest of it."""

from __future__ import annotations

HELPERS = "# Helpers, which are alike in all programs."
"""The line that stands between the two."""


def heart(source: str) -> str:
    """The text of ``program.py`` up to its helpers: what is this program's own."""
    found, marker, _ = source.partition(f"\n\n\n{HELPERS}\n")
    return f"{found}\n" if marker else source
