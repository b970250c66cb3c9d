"""How entities are written as tags: IOB1 is read as IOB2 where the user says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from transformer_programs.errors import DataError
from transformer_programs.metrics import iob2_from_iob1, is_bio, opens_inside
from transformer_programs.tasks.dataset import Target
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Records


def in_scheme(records: Records, options: ReadOptions) -> Records:
    """The records with tags as IOB2, if ``options.tag_scheme`` says what they are.

    Raises:
        DataError: for labels that are no BIO tags, or break the scheme iob2.
    """
    scheme = options.tag_scheme
    if scheme is None:
        return records
    targets = [
        _in_scheme(partial(records.where, index), target, scheme)
        for index, target in enumerate(records.targets)
    ]
    return replace(records, targets=targets)


def scheme_notes(records: Records, options: ReadOptions) -> tuple[str, ...]:
    """Advice, if tags seem to be IOB1 and nothing says what they are."""
    if options.tag_scheme is not None:
        return ()
    distinct = set(map(_tags, records.targets))
    tags = {tag for each in distinct for tag in each if tag is not None}
    if not tags or not all(map(is_bio, tags)):
        return ()
    places = [
        (index, position)
        for index, target in enumerate(records.targets)
        for position in _openings(target)
    ]
    if not places:
        return ()
    index, position = places[0]
    entities = "entity begins" if len(places) == 1 else "entities begin"
    return (
        f"{len(places):,} {entities} with I-, as in IOB1 (the first: "
        f"{_tags(records.targets[index])[position]!r} at position {position} of "
        f"{records.where(index)}), and "
        "scores of entities count none of them; if the tags are IOB1, as in "
        "CoNLL-2003, read them with tag_scheme 'iob1' (--tag-scheme iob1)",
    )


def _in_scheme(where: Callable[[], str], target: Target, scheme: str) -> Target:
    tags = _tags(target)
    for position, tag in enumerate(tags):
        if tag is not None and not is_bio(tag):
            raise DataError(
                f"{where()}: expected tags O, B-X or I-X, as tag_scheme "
                f"{scheme!r} says, found {tag!r} at position {position}"
            )
    if isinstance(target, str):
        raise DataError(
            f"{where()}: expected one tag per token, as tag_scheme {scheme!r} "
            "says, found a single label; omit tag_scheme"
        )
    if scheme == "iob1":
        return iob2_from_iob1(tags)
    for position in _openings(target):
        raise DataError(
            f"{where()}: expected B-X where an entity begins, as tag_scheme "
            f"'iob2' says, found {tags[position]!r} at position {position}; is it "
            "'iob1'?"
        )
    return target


def _tags(target: Target) -> tuple[str | None, ...]:
    return () if isinstance(target, str) else target


def _openings(target: Target) -> Iterator[int]:
    """Where I-X begins an entity: not where the tag before is not known."""
    tags = _tags(target)
    return (
        position
        for position in range(len(tags))
        if opens_inside(tags, position)
        and not (position and tags[position - 1] is None)
    )
