"""How a text becomes tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

Splitting = Literal["whitespace", "characters", "words"]
"""At white space, into single characters, or into words (letters, digits and
underscores together) and single other characters; white space is part of no token."""

_WORD = re.compile(r"\w+|[^\w\s]")
"""A run of letters, digits and underscores; or any other single character."""

_SPLIT: dict[Splitting, Callable[[str], list[str]]] = {
    "whitespace": str.split,
    "characters": lambda text: list("".join(text.split())),
    "words": _WORD.findall,
}

SPLITTINGS: tuple[Splitting, ...] = tuple(_SPLIT)
"""All of them."""


def split_text(text: str, how: Splitting) -> tuple[str, ...]:
    """Return the tokens of a text."""
    return tuple(_SPLIT[how](text))
