"""Tags that cannot follow each other, where labels encode entities."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_INSIDE = ("I-", "E-", "L-", "M-")
"""What begins the tag of a token within an entity, in the usual schemes."""

_UNCLOSED = ("B-", "I-", "M-")
"""What begins a tag after which an entity goes on, if its end has a tag of its own."""

_ENDS = ("E-", "L-")

Follows = Callable[[str | None, str], bool]
"""Whether a tag may follow another one, or begin a sequence."""


def follows_in(labels: Sequence[str]) -> Follows:
    """Return which tags may follow each other.

    Every tag may follow every other unless the labels say otherwise: of each kind of
    entity whose tokens have tags there has to be one that begins it.
    """
    inside = [label for label in labels if label.startswith(_INSIDE)]
    known = {*labels}
    if not inside or any(f"B-{label[2:]}" not in known for label in inside):
        return lambda before, label: True
    closing = any(label.startswith(_ENDS) for label in labels)

    def follows(before: str | None, label: str) -> bool:
        within = label.startswith(_INSIDE)
        kind = label[2:]
        open_before = before is not None and before.startswith(_UNCLOSED)
        if within:
            return open_before and before is not None and before[2:] == kind
        return not (closing and open_before)

    return follows
