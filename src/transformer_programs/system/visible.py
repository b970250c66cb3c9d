"""Text from files, made safe to show on terminals."""

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
    """Return text in which what terminals take for commands is escaped.

    Args:
        text: The text.
        cell: Whether it is a cell of a table: then tabs and line ends are escaped too.
    """
    return (_IN_CELLS if cell else _COMMANDS).sub(_written, text)


def visible_json(text: str) -> str:
    """Return equal JSON without such characters in its strings."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_text(name: str) -> str:
    """Return a name as Matplotlib shows it, to which dollar signs mean formulas."""
    return visible(name, cell=True).replace("$", r"\$")


def _written(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
