"""JavaScript: what it says differently from Python, and its literals."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from transformer_programs.codegen.export.common import (
    WIDTH,
    grouped,
    listing,
    plain_ascii,
)
from transformer_programs.codegen.export.expressions import (
    EQUAL,
    Fragment,
    UntranslatableError,
)
from transformer_programs.language import Value

_MOST_DIGITS = 15
"""Numbers of more digits may not be exact in JavaScript."""


def literal(value: object) -> str:
    """Return a token, a number or a list as JavaScript source, in ASCII.

    No part of it ends a script or begins a comment of a page that contains it.
    """
    text = json.dumps(value, ensure_ascii=True)
    return re.sub(r"<(?=[/!]|script)", r"\\u003c", text, flags=re.IGNORECASE)


class JavaScript:
    """What JavaScript says differently.

    Args:
        numerals: whether texts that are numbers are read as in Python.
    """

    equal, unequal = "===", "!=="

    def __init__(self, numerals: bool = True) -> None:
        self._numerals = numerals

    def text(self, value: str) -> str:
        """Return a text as source."""
        return literal(value)

    def call(self, function: str, arguments: Sequence[Fragment]) -> Fragment:
        """Return a call."""
        texts = ", ".join(argument.text for argument in arguments)
        match function:
            case "int" if arguments[0].kind == "truth":
                return Fragment(f"Number({texts})", "number")
            case "int" if arguments[0].kind == "number":
                return arguments[0]
            case "int" | "integer" if self._numerals:
                return Fragment(f"integer({texts})", "number")
            case "number" if self._numerals:
                return Fragment(f"number({texts})", "number")
            case "str":
                return Fragment(f"String({texts})", "text")
            case "min" | "max" | "abs":
                return Fragment(f"Math.{function}({texts})", "number")
            case "//" | "%":
                name = {"//": "div", "%": "mod"}[function]
                return Fragment(f"{name}({texts})", "number")
        raise UntranslatableError(function)

    def member(
        self, value: Fragment, listed: Sequence[Fragment], *, inside: bool
    ) -> Fragment:
        """Return whether a value is one of a list."""
        items = ", ".join(part.text for part in listed)
        sign = "" if inside else "!"
        return Fragment(f"{sign}[{items}].includes({value.text})", "truth", EQUAL)

    def chosen(self, listed: Sequence[Fragment], index: Fragment) -> Fragment:
        """Return an item of a list."""
        items = ", ".join(part.text for part in listed)
        return Fragment(f"[{items}][{index.text}]", listed[0].kind)


def array(values: Sequence[object]) -> str:
    """Return a list as source."""
    return literal([*values])


def numbered(results: Sequence[str]) -> str:
    """Return the results for 0, 1, ... as a list."""
    return listing("[", results, "]", 0)


def by_result(
    pairs: Iterable[tuple[Value, str]], usual: str | None, indent: int = 0
) -> str:
    """Return a map of values to results, without the usual result."""
    items = [
        f"[{result}, {array(values)}]"
        for result, values in grouped(pairs).items()
        if result != usual
    ]
    return listing("grouped([", items, "])", indent)


def constant(opening: str, values: Sequence[str]) -> str:
    """Return a statement that defines a list."""
    return listing(f"{opening}[", [literal(value) for value in values], "];", 0)


def comment(text: str, indent: int = 0) -> Iterator[str]:
    """Yield the lines of a comment, which ends no script of a page."""
    safe = re.sub(r"<(?=[/!]|script)", "< ", plain_ascii(text), flags=re.IGNORECASE)
    margin = " " * indent + "// "
    for line in textwrap.wrap(safe, WIDTH - len(margin)):
        yield margin + line


def readable(text: str) -> bool:
    """Return whether JavaScript reads the same number as Python, if it is one."""
    if len(text) > _MOST_DIGITS:
        return not text.removeprefix("-").isdecimal()
    try:
        int(text)
    except ValueError:
        return True
    return re.fullmatch("-?[0-9]+", text) is not None
