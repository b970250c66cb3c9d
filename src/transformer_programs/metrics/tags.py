"""BIO tags: O outside of entities, B-X and I-X at the first and at further tokens.

In IOB2 every entity of type X begins with B-X. In IOB1 it begins with I-X, unless one
of the same type ends right before it; the files of CoNLL-2003 are written like that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

OUTSIDE = "O"
BEGIN = "B-"
INSIDE = "I-"


def are_bio(labels: Iterable[str | None]) -> bool:
    """Whether all labels are O, B-X or I-X, and one of them begins an entity.

    ``None``, where no label is asked, says nothing.
    """
    given = {label for label in labels if label is not None}
    return all(map(is_bio, given)) and any(label.startswith(BEGIN) for label in given)


def is_bio(label: str) -> bool:
    """Whether a label is O, B-X or I-X."""
    return label == OUTSIDE or (label[:2] in (BEGIN, INSIDE) and len(label) > 2)


def opens_inside(tags: Sequence[str | None], position: int) -> bool:
    """Whether I-X at a position begins an entity, as IOB2 forbids and IOB1 demands."""
    tag = tags[position]
    if tag is None or not tag.startswith(INSIDE):
        return False
    before = tags[position - 1] if position else None
    return before not in (f"{BEGIN}{tag[2:]}", tag)


def iob2_from_iob1(tags: Sequence[str | None]) -> tuple[str | None, ...]:
    """IOB1 tags as IOB2; such as are IOB2 already stay as they are."""
    return tuple(
        f"{BEGIN}{tag[2:]}" if tag is not None and opens_inside(tags, position) else tag
        for position, tag in enumerate(tags)
    )
