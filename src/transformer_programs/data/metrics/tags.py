"""How tags write entities: which token begins one, goes on with it, or ends it.

A tag is O outside of entities, else a letter, a separator and a type, such as B-PER or
I_LOC; or a letter alone. What the letters mean is a *scheme*:

    IOB1   I inside; B begins one right after another of the same type
    IOB2   B begins, I goes on (also called BIO)
    IOE1   I inside; E ends one right before another of the same type
    IOE2   E ends, I stands before it
    IOBES  B begins, I goes on, E ends, S is an entity of one token
    BILOU  the same with L for E and U for S
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

OUTSIDE = "O"

ANY_TYPE = "_"
"""The type of entities whose tags are letters alone."""

SEPARATORS = "-_:/|.="
"""What may stand between the letter and the type."""

Tags = Sequence[str | None]
"""A tag for every token; None, where it is not known, is read as O."""


class Scheme(StrEnum):
    """What the letters of tags mean."""

    IOB1 = "iob1"
    IOB2 = "iob2"
    IOE1 = "ioe1"
    IOE2 = "ioe2"
    IOBES = "iobes"
    BILOU = "bilou"


_ROLES = {
    Scheme.IOB1: {"B": "B", "I": "I"},
    Scheme.IOB2: {"B": "B", "I": "I"},
    Scheme.IOE1: {"E": "E", "I": "I"},
    Scheme.IOE2: {"E": "E", "I": "I"},
    Scheme.IOBES: {letter: letter for letter in "BIES"},
    Scheme.BILOU: {"B": "B", "I": "I", "L": "E", "U": "S"},
}
"""The letters of every scheme, and which of IOBES each is."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """Pairs of neighbours: of the same type (=), of two (/), or of any types (*)."""

    starts: tuple[str, ...]
    goes_on: tuple[str, ...]
    ends: tuple[str, ...]


_WHOLE = _Rules(
    starts=("**B", "**S"),
    goes_on=("B=I", "B=E", "I=I", "I=E"),
    ends=("S**", "E**"),
)

_RULES = {
    Scheme.IOB1: _Rules(
        starts=("O*I", "I/I", "B*I", "I=B", "B=B"),
        goes_on=("B=I", "I=I"),
        ends=("I/I", "I*O", "I*B", "B*O", "B/I", "B=B"),
    ),
    Scheme.IOB2: _Rules(
        starts=("**B",),
        goes_on=("B=I", "I=I"),
        ends=("I*O", "I/I", "I*B", "B*O", "B/I", "B*B"),
    ),
    # An entity of one token right before another of its type begins with its E, after
    # anything else; seqeval leaves these out.
    Scheme.IOE1: _Rules(
        starts=("O*I", "I/I", "E*I", "E=E", "O*E", "I/E", "E/E"),
        goes_on=("I=I", "I=E"),
        ends=("I/I", "I*O", "I/E", "E=I", "E=E"),
    ),
    Scheme.IOE2: _Rules(
        starts=("O*I", "O*E", "E*I", "E*E", "I/I", "I/E"),
        goes_on=("I=E", "I=I"),
        ends=("E**",),
    ),
    Scheme.IOBES: _WHOLE,
    Scheme.BILOU: _WHOLE,
}
"""What seqeval's strict mode says of every scheme, as pairs of neighbouring tags."""


class Part(NamedTuple):
    """What a tag says.

    Attributes:
        role: its letter, as IOBES has it.
        type: of the entity; "" for O.
    """

    role: str
    type: str


NOTHING = Part(OUTSIDE, "")


@dataclass(frozen=True, slots=True)
class TagFormat:
    """How entities are written.

    Attributes:
        scheme: what the letters mean.
        separator: what stands between letter and type; "" for letters alone.
    """

    scheme: Scheme = Scheme.IOB2
    separator: str = "-"

    def __str__(self) -> str:
        return self.scheme.upper()

    def name(self, *, plural: bool = True) -> str:
        """What its tags are called."""
        tags = "tags" if plural else "tag"
        return f"{self} {tags}" if self.separator else f"{self} {tags} without types"

    def read(self, tag: str | None) -> Part | None:
        """What a tag says; None if it is no tag of this format."""
        if tag is None or tag == OUTSIDE:
            return NOTHING
        role = _ROLES[self.scheme].get(tag[:1])
        if role is None:
            return None
        if not self.separator:
            return Part(role, ANY_TYPE) if len(tag) == 1 else None
        kind = tag[2:]
        return Part(role, kind) if tag[1:2] == self.separator and kind else None

    def parts(self, tags: Tags) -> list[Part]:
        """What the tags of a sequence say; others are read as O."""
        return [self.read(tag) or NOTHING for tag in tags]

    def starts(self, before: Part, part: Part) -> bool:
        """Whether an entity begins with a part, unless one goes on."""
        return _among(_RULES[self.scheme].starts, before, part)

    def goes_on(self, before: Part, part: Part) -> bool:
        """Whether an entity that has the part before has this one too."""
        return _among(_RULES[self.scheme].goes_on, before, part)

    def ends(self, part: Part, after: Part) -> bool:
        """Whether an entity may end with a part, if it does not go on after it."""
        return _among(_RULES[self.scheme].ends, part, after)

    def allows(self, before: str | None, tag: str | None) -> bool:
        """Whether two tags may stand side by side; one that is not known lets both."""
        if before is None or tag is None:
            return True
        one, other = self.read(before) or NOTHING, self.read(tag) or NOTHING
        return self.goes_on(one, other) or (
            (one == NOTHING or self.ends(one, other))
            and (other == NOTHING or self.starts(one, other))
        )


BIO = TagFormat()
"""B-X, I-X and O, as IOB2 has them."""


def _among(rules: Iterable[str], before: Part, after: Part) -> bool:
    same = "=" if before.type == after.type else "/"
    return any(
        rule[0] in (before.role, "*")
        and rule[1] in (same, "*")
        and rule[2] in (after.role, "*")
        for rule in rules
    )


def neighbours(tags: Tags) -> Iterator[tuple[str | None, str | None]]:
    """Every tag with the one after it; O is before the first and after the last."""
    return pairwise((OUTSIDE, *tags, OUTSIDE))


def unattached(tags: Tags, form: TagFormat = BIO) -> Iterator[int]:
    """Where tags other than O belong to no entity, though their scheme demands one.

    A tag that is not known may be what an entity beside it lacks.
    """
    padded = (OUTSIDE, *tags, OUTSIDE)
    parts = form.parts(padded)
    start: int | None = None
    for place in range(1, len(padded)):
        before, part = parts[place - 1], parts[place]
        if start is not None and not form.goes_on(before, part):
            if padded[place] is not None and not form.ends(before, part):
                yield from range(start - 1, place - 1)
            start = None
        if start is None and part != NOTHING:
            if padded[place - 1] is None or form.starts(before, part):
                start = place
            else:
                yield place - 1


def opens_inside(tags: Tags, position: int, form: TagFormat = BIO) -> bool:
    """Whether I-X at a position begins an entity, as IOB2 forbids and IOB1 demands.

    After a tag that is not known it may go on with one.
    """
    part = form.read(tags[position])
    if part is None or part.role != "I":
        return False
    before = tags[position - 1] if position else OUTSIDE
    if before is None:
        return False
    return not form.goes_on(form.read(before) or NOTHING, part)


def iob2_from_iob1(tags: Tags, form: TagFormat = BIO) -> tuple[str | None, ...]:
    """IOB1 tags as IOB2; such as are IOB2 already stay as they are.

    So does I-X after a tag that is not known: nothing says whether it begins an entity.
    """
    return tuple(
        f"B{tag[1:]}" if tag is not None and opens_inside(tags, position, form) else tag
        for position, tag in enumerate(tags)
    )
