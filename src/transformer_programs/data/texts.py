"""Tokens and labels: which values may be some, and what is wrong with others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from transformer_programs.errors import DataError

_SURROGATE = re.compile("[\ud800-\udfff]")


class Texts(dict[Any, Any]):
    """The distinct texts of some data: each is checked once, and there once.

    Looking up a string, or an integer, gives the text that it is.

    Args:
        strip: whether white space around a text does not belong to it.
    """

    def __init__(self, *, strip: bool = False) -> None:
        super().__init__()
        self._strip = strip
        self._numbers: dict[str, str] = {}

    def __missing__(self, value: object) -> str:
        """The text of a value that was not met before.

        Raises:
            RefusedError: if it is none that may be a token or a label.
        """
        if is_integer(value):
            text = str(value)
            # Not a key of this dictionary: True and 1.0 would find it.
            return self._numbers.setdefault(text, text)
        if not isinstance(value, str) or _SURROGATE.search(value):
            raise RefusedError
        text = value.strip() if self._strip else str(value)
        if not text:
            raise RefusedError
        self[str(value)] = text
        return text

    def notes(self, what: str) -> tuple[str, ...]:
        """What was read as the same though it was not written so."""
        both = sorted(self._numbers.keys() & self.keys())
        spaced = sorted(
            text
            for written, text in self.items()
            if text is not None and written != text and text in self
        )
        found = (
            (both, "as a number and as a text"),
            (spaced, "with and without white space around"),
        )
        return tuple(
            f"{what} {shown(texts[0])}"
            + (f" and {len(texts) - 1:,} more" if texts[1:] else "")
            + f": written {how}, read as the same {what}"
            for texts, how in found
            if texts
        )


class RefusedError(Exception):
    """A value that can be no token and no label."""


def refusal(where: str, tokens: Iterable[object], target: object) -> DataError:
    """What is wrong with a row."""
    values = list(tokens)
    if not values:
        return DataError(f"{where}: expected at least one token, found none")
    lists = [("tokens", values, False)]
    if isinstance(target, list | tuple):
        lists.append(("tags", list(target), True))
    else:
        lists.append(("label", [target], False))
    for what, items, optional in lists:
        for index, value in enumerate(items):
            if value is None and optional:
                continue
            place = "" if what == "label" else f" at position {index}"
            problem = _problem(what, value)
            if problem:
                return DataError(f"{where}: {problem}{place}")
    tags = lists[1][1]
    return DataError(
        f"{where}: expected one tag per token, found {len(values)} tokens and "
        f"{len(tags)} tags"
    )


def _problem(what: str, value: object) -> str:
    """What is wrong with a token, a tag or a label; "" if nothing is."""
    if isinstance(value, str):
        if value and _SURROGATE.search(value):
            return f"expected text, found a lone surrogate in {shown(value)}"
        if value.strip() or (value and what != "label"):
            return ""
        if what == "tokens":
            return "expected tokens that are not empty, found an empty one"
        return "expected a label, found an empty one"
    if is_integer(value):
        return ""
    found = f"found {shown(value)}"
    if what == "tokens":
        return f"expected strings or integers as tokens, {found}"
    if what == "tags":
        return f"expected strings, integers or null (no label) as tags, {found}"
    if value is None:
        return (
            "expected a label, found none; leave out sequences whose label is not known"
        )
    hint = f"; write it as a string, such as {str(value).lower()!r}"
    scalar = isinstance(value, bool | float)
    return f"expected a string or an integer as label, {found}{hint if scalar else ''}"


def is_integer(value: object) -> bool:
    """Whether a value is an integer, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A value in one short line, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
