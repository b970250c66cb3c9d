"""How entities are written as tags: IOB1 is read as IOB2 where the user says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.errors import DataError
from transformer_programs.metrics import iob2_from_iob1, is_bio, opens_inside
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Record


def in_scheme(records: Sequence[Record], options: ReadOptions) -> list[Record]:
    """The records with tags as IOB2, if ``options.tag_scheme`` says what they are.

    Raises:
        DataError: for labels that are no BIO tags, or break the scheme iob2.
    """
    if options.tag_scheme is None:
        return list(records)
    return [_in_scheme(record, options.tag_scheme) for record in records]


def scheme_notes(records: Sequence[Record], options: ReadOptions) -> tuple[str, ...]:
    """Advice, if tags seem to be IOB1 and nothing says what they are."""
    if options.tag_scheme is not None:
        return ()
    tags = {tag for record in records for tag in _tags(record) if tag is not None}
    if not all(map(is_bio, tags)):
        return ()
    places = [
        (record, position) for record in records for position in _openings(record)
    ]
    if not places:
        return ()
    record, position = places[0]
    entities = "entity begins" if len(places) == 1 else "entities begin"
    return (
        f"{len(places):,} {entities} with I-, as in IOB1 (the first: "
        f"{_tags(record)[position]!r} at position {position} of {record.where}), and "
        "scores of entities count none of them; if the tags are IOB1, as in "
        "CoNLL-2003, read them with tag_scheme 'iob1' (--tag-scheme iob1)",
    )


def _in_scheme(record: Record, scheme: str) -> Record:
    tags = _tags(record)
    for position, tag in enumerate(tags):
        if tag is not None and not is_bio(tag):
            raise DataError(
                f"{record.where}: expected tags O, B-X or I-X, as tag_scheme "
                f"{scheme!r} says, found {tag!r} at position {position}"
            )
    if isinstance(record.target, str):
        raise DataError(
            f"{record.where}: expected one tag per token, as tag_scheme {scheme!r} "
            "says, found a single label; omit tag_scheme"
        )
    if scheme == "iob1":
        return record._replace(target=iob2_from_iob1(tags))
    for position in _openings(record):
        raise DataError(
            f"{record.where}: expected B-X where an entity begins, as tag_scheme "
            f"'iob2' says, found {tags[position]!r} at position {position}; is it "
            "'iob1'?"
        )
    return record


def _tags(record: Record) -> tuple[str | None, ...]:
    return () if isinstance(record.target, str) else record.target


def _openings(record: Record) -> Iterator[int]:
    """Where I-X begins an entity."""
    tags = _tags(record)
    return (position for position in range(len(tags)) if opens_inside(tags, position))
