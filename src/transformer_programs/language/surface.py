"""What a program sees of characters: how texts are split, how tokens are looked up.

A *folded* token is what stands in the vocabulary. A *surface* is a categorical variable
that follows from the characters of a token as it was typed, so that tokens outside the
vocabulary have one too. The emitted file computes both with functions of its own
(``primitives.py``, ``codegen/surfaces.py``); characters are told apart as the Unicode
data of the running Python say.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

Splitting = Literal["whitespace", "characters", "words"]
"""At white space, into single characters, or into words (letters, digits and
underscores together) and single other characters; white space is part of no token."""

_SPLIT: dict[Splitting, Callable[[str], list[str]]] = {
    "whitespace": str.split,
    "characters": lambda text: list("".join(text.split())),
    "words": re.compile(r"\w+|[^\w\s]").findall,
}

SPLITTINGS: tuple[Splitting, ...] = tuple(_SPLIT)  # all of them


def split_text(text: str, how: Splitting) -> tuple[str, ...]:
    """Return the tokens of a text."""
    return tuple(_SPLIT[how](text))


FALLBACK = "other"
"""What the last value of a surface is called: that of rare tokens, and of the frame."""

DIGITS = "0"  # what a folded token has in place of a run of digits


@dataclass(frozen=True, slots=True)
class Folding:
    """How tokens are changed before they are looked up in the vocabulary.

    Attributes:
        lowercase: whether they are put into lower case.
        digits: whether every longest run of decimal digits, of any script, becomes a
            single 0; after that.
    """

    lowercase: bool
    digits: bool

    def fold(self, token: str) -> str:
        """Return the token as it is looked up; to fold it again changes nothing."""
        if self.lowercase:
            token = token.lower()
        if self.digits:
            runs = itertools.groupby(token, str.isdecimal)
            token = "".join(DIGITS if digit else "".join(run) for digit, run in runs)
        return token


class SurfaceKind(StrEnum):
    """What a surface says of a token."""

    SHAPE = "shape"
    """The kinds of its characters, of equal ones in a row the first alone, or the first
    few: X is an upper-case letter, x a lower-case one, c another letter, d a decimal
    digit; others are kept."""
    PREFIX = "prefix"
    """The first characters of the token in lower case."""
    SUFFIX = "suffix"
    """The last characters of the token in lower case."""


@dataclass(frozen=True)
class Surface:
    """A categorical variable that is computed from a token's characters.

    Attributes:
        name: of the variable.
        kind: what is computed.
        values: all that the variable can be, in order of the ids. The last stands for
            every result that is not among them, and is that of the frame's tokens.
        length: of a prefix or suffix, in characters; of a shape, how many equal kinds
            in a row it keeps, where 0 stands for one.
    """

    name: str
    kind: SurfaceKind
    values: tuple[str, ...]
    length: int = 0

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {value: index for index, value in enumerate(self.values)}

    @property
    def fallback(self) -> int:
        """The id of the last value."""
        return len(self.values) - 1

    def id_of(self, token: str) -> int:
        """Return the id of a bare token's value."""
        return self._ids.get(computed(self.kind, self.length, token), self.fallback)


def computed(kind: SurfaceKind, length: int, token: str) -> str:
    """What a surface computes of a token, before rare results become the last value."""
    match kind:
        case SurfaceKind.SHAPE:
            runs = itertools.groupby(token, _kind_of)
            most = max(1, length)
            return "".join(kind * min(most, len([*run])) for kind, run in runs)
        case SurfaceKind.PREFIX:
            return token.lower()[:length]
        case SurfaceKind.SUFFIX:
            return token.lower()[-length:]


def _kind_of(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x" if character.islower() else "c"
    return "d" if character.isdecimal() else character
