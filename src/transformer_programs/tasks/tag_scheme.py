"""How entities are written as tags: as the user says, or as the data look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from transformer_programs.errors import DataError
from transformer_programs.metrics import (
    BIO,
    Scheme,
    TagFormat,
    entities,
    find_format,
    iob2_from_iob1,
    nearest_format,
    opens_inside,
)
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Record

MOST_SHOWN = 5
"""Odd labels that a note names."""

Tags = tuple[str | None, ...]


def in_scheme(records: Sequence[Record], options: ReadOptions) -> list[Record]:
    """The records, checked, with IOB1 as IOB2, if ``options.tag_scheme`` is given.

    Raises:
        DataError: for labels that are no tags of that scheme, or break its rules.
    """
    if options.tag_scheme is None:
        return list(records)
    scheme = Scheme(options.tag_scheme)
    form = nearest_format(_rows(records), scheme=scheme) or TagFormat(scheme)
    return [_in_format(record, form) for record in records]


def scheme_read(options: ReadOptions) -> Scheme | None:
    """The scheme of the records that ``in_scheme`` gives; None if it is not known."""
    if options.tag_scheme is None:
        return None
    scheme = Scheme(options.tag_scheme)
    return Scheme.IOB2 if scheme is Scheme.IOB1 else scheme


def scheme_notes(
    records: Sequence[Record], train: Sequence[Record], options: ReadOptions
) -> tuple[str, ...]:
    """In what scheme tags seem to be, and what is odd about them, if none is given.

    Args:
        records: all that there are.
        train: those that say what the scheme is.
        options: how they were read.
    """
    rows = _rows(train)
    near = nearest_format(rows) if options.tag_scheme is None and any(rows) else None
    if near is None:
        return ()
    form = find_format(rows)
    odd = _odd_note(records, near, scored=form is not None)
    if form is None:
        return odd
    return (*_name_note(form), *odd, *_lost_note(records, form))


def no_entity_notes(
    train: Sequence[Record], validation: Sequence[Record], options: ReadOptions
) -> tuple[str, ...]:
    """Why programs are not chosen by entities, if validation data have none.

    Args:
        train: records that say what the scheme is.
        validation: what programs are chosen by.
        options: how they were read.
    """
    scheme, rows = scheme_read(options), _rows(train)
    if not any(rows):
        return ()
    form = nearest_format(rows, scheme=scheme) if scheme else find_format(rows)
    if form is None or any(entities(tags, form) for tags in _rows(validation)):
        return ()
    return ("no entity in the validation data: labels alone choose among programs",)


def measuring_notes(rows: Sequence[Tags], form: TagFormat | None) -> tuple[str, ...]:
    """What is odd about tags that a program is measured by.

    Args:
        rows: those of every sequence.
        form: how entities are read from them; None if they are not.
    """
    near = nearest_format(rows)
    if near is None:
        return ()
    given = [tag for tags in rows for tag in tags if tag is not None]
    odd = sum((form or near).read(tag) is None for tag in given)
    if form is None:
        return (
            f"{odd:,} of {len(given):,} labels are no {near.name()}, so entities are "
            "not scored",
        )
    notes = []
    if near != form:
        notes.append(
            f"labels look like {near.name()}, and are scored as {form.name()}, as in "
            "training; --tag-scheme says what they are"
        )
    if odd:
        notes.append(
            f"{odd:,} of {len(given):,} labels: no {form.name(plural=False)}, so O "
            "where entities are scored"
        )
    return tuple(notes)


def _name_note(form: TagFormat) -> tuple[str, ...]:
    if form == BIO:
        return ()
    written = f", written {_letter(form)}{form.separator}X" if form.separator else ""
    advice = ""
    if form.scheme is Scheme.IOB1:
        advice = "; --tag-scheme iob1 (tag_scheme='iob1') makes them IOB2"
    return (
        f"labels are read as {form.name()}{written}, and entities are scored "
        f"strictly{advice}",
    )


def _letter(form: TagFormat) -> str:
    return "E" if form.scheme in (Scheme.IOE1, Scheme.IOE2) else "B"


def _odd_note(
    records: Sequence[Record], form: TagFormat, *, scored: bool
) -> tuple[str, ...]:
    """Which labels are no tags, and where the first one is."""
    given = [
        (record, position, tag)
        for record in records
        for position, tag in enumerate(_tags(record))
        if tag is not None
    ]
    known = {tag: form.read(tag) is not None for _, _, tag in given}
    places = [place for place in given if not known[place[2]]]
    if not places:
        return ()
    record, position, first = places[0]
    counts = Counter(tag for _, _, tag in places).most_common()
    named = ", ".join(f"{tag!r} ({count:,})" for tag, count in counts[:MOST_SHOWN])
    more = f" and {len(counts) - MOST_SHOWN:,} more" if len(counts) > MOST_SHOWN else ""
    is_none, count = ("is no", "counts") if len(places) == 1 else ("are no", "count")
    none = f"{form.name(plural=len(places) > 1)}"
    then = f"and {count} as O where entities are scored"
    if not scored:
        then = "so entities are not scored"
    return (
        f"{len(places):,} of {len(given):,} labels {is_none} {none}, {then}: "
        f"{named}{more} (the first: {first!r} at position {position} of "
        f"{record.where})",
    )


def _lost_note(records: Sequence[Record], form: TagFormat) -> tuple[str, ...]:
    """Tags that stand where their scheme does not let them stand."""
    if form.scheme is Scheme.IOB2:
        return _opening_note(records, form)
    places = [(record, p) for record in records for p in _outside(_tags(record), form)]
    if not places:
        return ()
    record, position = places[0]
    belong = "tag belongs" if len(places) == 1 else "tags belong"
    return (
        f"{len(places):,} {belong} to no entity as {form} writes them (the first: "
        f"{_tags(record)[position]!r} at position {position} of {record.where}), and "
        "scores of entities count none of them",
    )


def _opening_note(records: Sequence[Record], form: TagFormat) -> tuple[str, ...]:
    """Entities that begin as in IOB1, though most do not."""
    places = [
        (record, position)
        for record in records
        for position in _openings(_tags(record), form)
    ]
    if not places:
        return ()
    record, position = places[0]
    begin = "entity begins" if len(places) == 1 else "entities begin"
    return (
        f"{len(places):,} {begin} with I{form.separator}, as in IOB1 (the first: "
        f"{_tags(record)[position]!r} at position {position} of {record.where}), and "
        "scores of entities count none of them; if the tags are IOB1, as in "
        "CoNLL-2003, read them with tag_scheme 'iob1' (--tag-scheme iob1)",
    )


def _in_format(record: Record, form: TagFormat) -> Record:
    tags, scheme = _tags(record), form.scheme.value
    for position, tag in enumerate(tags):
        if form.read(tag) is None:
            raise DataError(
                f"{record.where}: expected {form.name()}, as tag_scheme {scheme!r} "
                f"says, found {tag!r} at position {position}"
            )
    if isinstance(record.target, str):
        raise DataError(
            f"{record.where}: expected one tag per token, as tag_scheme {scheme!r} "
            "says, found a single label; omit tag_scheme"
        )
    if form.scheme is Scheme.IOB1:
        return record._replace(target=iob2_from_iob1(tags, form))
    for position in _outside(tags, form):
        near = nearest_format([tags])
        other = near is not None and near.scheme is not form.scheme
        guess = f"; is it {near.scheme.value!r}?" if near is not None and other else ""
        raise DataError(
            f"{record.where}: expected that every tag but O belongs to an entity, as "
            f"tag_scheme {scheme!r} says; {tags[position]!r} at position {position} "
            f"does not{guess}"
        )
    return record


def _rows(records: Sequence[Record]) -> list[Tags]:
    return [_tags(record) for record in records]


def _tags(record: Record) -> Tags:
    return () if isinstance(record.target, str) else record.target


def _outside(tags: Tags, form: TagFormat) -> Iterator[int]:
    """Where tags other than O belong to no entity."""
    if all(tag is None or tag == "O" for tag in tags):
        return
    inside = {p for found in entities(tags, form) for p in range(*found[1:])}
    for position, part in enumerate(form.parts(tags)):
        if part.type and position not in inside:
            yield position


def _openings(tags: Tags, form: TagFormat) -> Iterator[int]:
    """Where I-X begins an entity."""
    return (p for p in range(len(tags)) if opens_inside(tags, p, form))
