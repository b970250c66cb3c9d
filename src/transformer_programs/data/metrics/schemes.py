"""Which scheme the tags of some data are written in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from transformer_programs.data.metrics.tags import (
    OUTSIDE,
    SEPARATORS,
    Part,
    Scheme,
    TagFormat,
    Tags,
    neighbours,
)

MOST_ODD = 0.05
"""The most tags that may be none of the scheme, as a share of all."""

_FAMILIES = (Scheme.IOB2, Scheme.IOE2, Scheme.IOBES, Scheme.BILOU)
"""Schemes that differ in their letters."""

_ALONE = {
    Scheme.IOB2: "BIO",
    Scheme.IOBES: "BIOES",
    Scheme.BILOU: "BILOU",
    Scheme.IOE2: "IOE",
}
"""The labels that are tags without types only if all of these are among them: single
letters can mean many things."""


def find_format(rows: Sequence[Tags], labels: Iterable[str] = ()) -> TagFormat | None:
    """How entities are written, if labels are such tags.

    A few labels may be others: ``MOST_ODD``.

    Args:
        rows: the labels of every sequence.
        labels: more labels that there are.
    """
    form = nearest_format(rows, labels)
    if form is None:
        return None
    counts = _counts(rows, labels)
    odd = sum(count for tag, count in counts.items() if form.read(tag) is None)
    return form if odd <= MOST_ODD * counts.total() else None


def nearest_format(
    rows: Sequence[Tags], labels: Iterable[str] = (), scheme: Scheme | None = None
) -> TagFormat | None:
    """The format that most tags besides O are written in, if more than half are.

    Args:
        rows: as for ``find_format``.
        labels: likewise.
        scheme: what the letters mean, if that is known.
    """
    counts = _counts(rows, labels)
    counts.pop(OUTSIDE, None)
    tried = [
        (_covered(form, counts), form)
        for form in _candidates(counts, scheme)
        if form.separator or scheme or set(_ALONE[form.scheme]) <= {*counts, OUTSIDE}
    ]
    most, best = max(tried, key=lambda pair: pair[0], default=(0, TagFormat()))
    if not most or (scheme is None and 2 * most <= counts.total()):
        return None
    return best if scheme else _refined(best, rows, counts)


def _candidates(counts: Counter[str], scheme: Scheme | None) -> list[TagFormat]:
    between = dict.fromkeys(
        tag[1:2] for tag in counts if len(tag) > 1 and tag[1] in SEPARATORS
    )
    separators = ["-", *between, ""]
    schemes = (scheme,) if scheme else _FAMILIES
    return [TagFormat(one, separator) for separator in separators for one in schemes]


def _counts(rows: Sequence[Tags], labels: Iterable[str]) -> Counter[str]:
    counts = Counter(labels)
    found = Counter(chain.from_iterable(rows))
    counts.update({tag: n for tag, n in found.items() if tag is not None})
    return counts


def _covered(form: TagFormat, counts: Mapping[str, int]) -> int:
    return sum(n for tag, n in counts.items() if form.read(tag) is not None)


def _refined(
    form: TagFormat, rows: Sequence[Tags], counts: Mapping[str, int]
) -> TagFormat:
    """IOB1 or IOB2, IOE1 or IOE2: as most entities begin or end."""
    roles = {part.role for part in map(form.read, counts) if part is not None}
    match form.scheme:
        case Scheme.IOB2:
            first, letter, forward = Scheme.IOB1, "B", True
        case Scheme.IOE2:
            first, letter, forward = Scheme.IOE1, "E", False
        case _:
            return form
    if letter not in roles:
        return TagFormat(first, form.separator)
    with_inside, with_letter = _edges(form, rows, letter, forward=forward)
    scheme = first if with_inside > with_letter else form.scheme
    return TagFormat(scheme, form.separator)


def _edges(
    form: TagFormat, rows: Sequence[Tags], letter: str, *, forward: bool
) -> tuple[int, int]:
    """Edges of entities with I, and with the letter where IOB1 and IOE1 have I."""
    inside = marked = 0
    counts = Counter(chain.from_iterable(map(neighbours, rows)))
    for (one, other), count in counts.items():
        if one is None or other is None:  # nothing says whether there is an edge
            continue
        before, after = form.parts((one, other) if forward else (other, one))
        if not _of_one_type(before, after):
            inside += count * (after.role == "I")
            marked += count * (after.role == letter)
    return inside, marked


def _of_one_type(one: Part, other: Part) -> bool:
    """Whether two tags side by side speak of the same type."""
    return one.role != OUTSIDE != other.role and one.type == other.type
