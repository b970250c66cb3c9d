"""Tags of entities: what their letters mean, and which scheme some data are in.

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

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import NamedTuple

OUTSIDE = "O"

ANY_TYPE = "_"
"""The type of entities whose tags are letters alone."""

SEPARATORS = "-_:/|.="
"""Characters that may stand between the letter and the type."""

MOST_ODD = 0.05
"""The largest share of labels that need not be tags of the scheme."""

Tags = Sequence[str | None]
"""A tag per token, None where it is not known."""


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

# What seqeval's strict mode says of every scheme: pairs of neighbouring tags at which
# an entity starts, goes on, or ends. The two are of the same type (=), of different
# types (/), or of any (*).
_WHOLE = ("**B **S", "B=I B=E I=I I=E", "S** E**")
_RULES = {
    Scheme.IOB1: ("O*I I/I B*I I=B B=B", "B=I I=I", "I/I I*O I*B B*O B/I B=B"),
    Scheme.IOB2: ("**B", "B=I I=I", "I*O I/I I*B B*O B/I B*B"),
    # An entity of one token right before another of its type begins with its E, after
    # anything else; seqeval leaves these out.
    Scheme.IOE1: ("O*I I/I E*I E=E O*E I/E E/E", "I=I I=E", "I/I I*O I/E E=I E=E"),
    Scheme.IOE2: ("O*I O*E E*I E*E I/I I/E", "I=E I=I", "E**"),
    Scheme.IOBES: _WHOLE,
    Scheme.BILOU: _WHOLE,
}


class Part(NamedTuple):
    """The meaning of a tag: its letter in IOBES, and the type; "" for O."""

    role: str
    type: str


NOTHING = Part(OUTSIDE, "")


@dataclass(frozen=True, slots=True)
class TagFormat:
    """How entities are written.

    Attributes:
        scheme: What the letters mean.
        separator: What stands between letter and type; "" for letters alone.
    """

    scheme: Scheme = Scheme.IOB2
    separator: str = "-"

    def __str__(self) -> str:
        return self.scheme.upper()

    def name(self, *, plural: bool = True) -> str:
        """Name its tags, for messages."""
        tags = "tags" if plural else "tag"
        return f"{self} {tags}" if self.separator else f"{self} {tags} without types"

    def read(self, tag: str | None) -> Part | None:
        """Return the meaning of a tag; None if it is not in this format."""
        if tag is None or tag == OUTSIDE:
            return NOTHING
        role = _ROLES[self.scheme].get(tag[:1])
        separator, kind = tag[1:2], tag[2:]
        if role is None or separator != self.separator or bool(kind) != bool(separator):
            return None
        return Part(role, kind or ANY_TYPE)

    def parts(self, tags: Tags) -> list[Part]:
        """Return the meanings of tags; unknown and other tags are read as O."""
        return [self.read(tag) or NOTHING for tag in tags]

    def starts(self, before: Part, part: Part) -> bool:
        """Return whether an entity begins with ``part``, unless one goes on."""
        return _among(_RULES[self.scheme][0], before, part)

    def goes_on(self, before: Part, part: Part) -> bool:
        """Return whether an entity that has ``before`` has ``part`` too."""
        return _among(_RULES[self.scheme][1], before, part)

    def ends(self, part: Part, after: Part) -> bool:
        """Return whether an entity may end with ``part``, if it does not go on."""
        return _among(_RULES[self.scheme][2], part, after)


BIO = TagFormat()
"""B-X, I-X and O, as IOB2 has them."""


def _among(rules: str, before: Part, after: Part) -> bool:
    same = "=" if before.type == after.type else "/"
    return any(
        rule[0] in (before.role, "*")
        and rule[1] in (same, "*")
        and rule[2] in (after.role, "*")
        for rule in rules.split()
    )


def neighbours(tags: Tags) -> Iterator[tuple[str | None, str | None]]:
    """Pair every tag with the next; O is before the first and after the last."""
    return pairwise((OUTSIDE, *tags, OUTSIDE))


def spans(
    tags: Tags, form: TagFormat = BIO, *, lenient: bool = False
) -> Iterator[tuple[str, int, int]]:
    """Yield the type of every entity, its first position and that after its last.

    An unknown tag is read as O; if ``lenient``, as what an entity beside it lacks.
    """
    start: int | None = None
    before = NOTHING
    for position, (last, tag) in enumerate(neighbours(tags)):
        part = form.read(tag) or NOTHING
        if start is not None and not form.goes_on(before, part):
            if form.ends(before, part) or (lenient and tag is None):
                yield before.type, start, position
            start = None
        begins = form.starts(before, part) or (lenient and last is None)
        if start is None and part != NOTHING and begins:
            start = position
        before = part


def unattached(tags: Tags, form: TagFormat = BIO) -> list[int]:
    """Return positions whose tag belongs to no entity, though its scheme demands one.

    An unknown tag may be what an entity beside it lacks.
    """
    attached = set[int]()
    for _, start, end in spans(tags, form, lenient=True):
        attached.update(range(start, end))
    parts = enumerate(form.parts(tags))
    return [place for place, part in parts if part != NOTHING and place not in attached]


def allows(before: str | None, tag: str | None, form: TagFormat = BIO) -> bool:
    """Return whether two tags may be neighbours; an unknown tag allows any."""
    return not unattached((None, before, tag, None), form)


def opens_inside(before: str | None, tag: str | None, form: TagFormat = BIO) -> bool:
    """Return whether a tag is I-X that begins an entity: possible in IOB1, not in IOB2.

    After an unknown tag it may go on with one.
    """
    part = form.read(tag)
    if part is None or part.role != "I" or before is None:
        return False
    return not form.goes_on(form.read(before) or NOTHING, part)


def iob2_from_iob1(tags: Tags, form: TagFormat = BIO) -> tuple[str | None, ...]:
    """Return IOB1 tags as IOB2; tags that are IOB2 already stay as they are.

    So does I-X after an unknown tag: nothing says whether it begins an entity.
    """
    return tuple(
        f"B{tag[1:]}" if tag is not None and opens_inside(before, tag, form) else tag
        for before, tag in pairwise((OUTSIDE, *tags))
    )


_ALONE = {
    Scheme.IOB2: "BIO",
    Scheme.IOE2: "IOE",
    Scheme.IOBES: "BIOES",
    Scheme.BILOU: "BILOU",
}
"""Schemes that differ in their letters, and the labels that must all occur for single
letters, which can mean much, to be tags."""


def find_format(
    rows: Sequence[Tags], labels: Iterable[str] = (), scheme: Scheme | None = None
) -> TagFormat | None:
    """Return how entities are written, if all labels but a few (``MOST_ODD``) are tags.

    Args:
        rows: The labels of every sequence.
        labels: Further labels that exist.
        scheme: What the letters mean, if that is known; then any labels may be others.
    """
    form = nearest_format(rows, labels, scheme)
    if form is None or scheme is not None:
        return form
    counts = tag_counts(rows, labels)
    return form if odd(counts, form).total() <= MOST_ODD * counts.total() else None


def nearest_format(
    rows: Sequence[Tags], labels: Iterable[str] = (), scheme: Scheme | None = None
) -> TagFormat | None:
    """Return the format of most tags other than O, if more than half have one.

    The arguments are those of ``find_format``.
    """
    counts = tag_counts(rows, labels)
    del counts[OUTSIDE]
    between = (tag[1] for tag in counts if len(tag) > 1 and tag[1] in SEPARATORS)
    tried = [
        (counts.total() - odd(counts, form).total(), form)
        for by in ["-", *dict.fromkeys(between), ""]
        for form in (TagFormat(one, by) for one in ([scheme] if scheme else _ALONE))
        if by or scheme or set(_ALONE[form.scheme]) <= {*counts, OUTSIDE}
    ]
    most, best = max(tried, key=lambda pair: pair[0], default=(0, BIO))
    if not most or (scheme is None and 2 * most <= counts.total()):
        return None
    return best if scheme else _refined(best, rows, counts)


def tag_counts(rows: Iterable[Tags], labels: Iterable[str] = ()) -> Counter[str]:
    """Count how often every tag that is known stands in rows or among labels."""
    counts = Counter(labels)
    found = Counter(chain.from_iterable(rows))
    counts.update({tag: n for tag, n in found.items() if tag is not None})
    return counts


def odd(counts: Counter[str], form: TagFormat) -> Counter[str]:
    """Return the counts of the labels that are no tags of a format."""
    return Counter({tag: n for tag, n in counts.items() if form.read(tag) is None})


def _refined(form: TagFormat, rows: Sequence[Tags], counts: Iterable[str]) -> TagFormat:
    """Decide between IOB1 and IOB2, IOE1 and IOE2 as most entities begin or end."""
    if form.scheme is Scheme.IOB2:
        first, letter, step = Scheme.IOB1, "B", 1
    elif form.scheme is Scheme.IOE2:
        first, letter, step = Scheme.IOE1, "E", -1
    else:
        return form
    roles = {part.role for part in form.parts([*counts])}
    edges: Counter[str] = Counter()  # of entities, by the role of the tag there
    for pair, count in Counter(chain.from_iterable(map(neighbours, rows))).items():
        if None in pair:  # nothing says whether there is an edge
            continue
        before, after = form.parts(pair[::step])
        if OUTSIDE in (before.role, after.role) or before.type != after.type:
            edges[after.role] += count
    inside = letter not in roles or edges["I"] > edges[letter]
    return TagFormat(first if inside else form.scheme, form.separator)
