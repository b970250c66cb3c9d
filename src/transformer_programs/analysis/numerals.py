"""Texts that are numbers."""

from __future__ import annotations

from transformer_programs.program import Value

_MOST_DIGITS = 18
"""Longer ones are plain text: Python refuses those of more than 4,300 digits."""


def numeral(text: Value) -> int | None:
    """The number that some ASCII digits are; None for any other value."""
    if not isinstance(text, str) or len(text) > _MOST_DIGITS:
        return None
    return int(text) if text.isascii() and text.isdecimal() else None
