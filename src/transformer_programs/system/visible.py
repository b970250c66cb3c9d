"""Texts of files as terminals may show them: nothing in them is a command."""

from __future__ import annotations

import re

_HIDDEN = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # that change the direction
    r"\u2028\u2029"  # line ends that are none in a terminal
    r"\ud800-\udfff"  # halves of characters, which no terminal can be sent
)

_COMMANDS = re.compile(f"[{_HIDDEN}]")
_IN_CELLS = re.compile(f"[{_HIDDEN}\\t\\n]")


def visible(text: str, *, cell: bool = False) -> str:
    """A text without characters that terminals take for commands.

    They are written out, as Python writes them.

    Args:
        text: what a file holds, or words around it.
        cell: whether it is one cell of a table: then tabs and line ends are written so
            as well.
    """
    return (_IN_CELLS if cell else _COMMANDS).sub(_written, text)


def visible_json(text: str) -> str:
    """JSON that means the same, without such characters in its strings."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_text(name: str) -> str:
    """A name as pictures show it, where what stands between dollar signs is no formula.

    (Matplotlib would take it for one.)
    """
    return visible(name, cell=True).replace("$", r"\$")


def _written(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
