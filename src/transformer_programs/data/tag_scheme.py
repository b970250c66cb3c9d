"""How entities are written as tags: as the user says, or as the data look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import chain

from transformer_programs.data.dataset import Target
from transformer_programs.data.metrics import (
    BIO,
    Scheme,
    TagFormat,
    find_format,
    iob2_from_iob1,
    nearest_format,
    neighbours,
    opens_inside,
    scored_entities,
    unattached,
)
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.errors import DataError, SettingName

MOST_SHOWN = 5
"""Odd labels that a note names."""

Tags = tuple[str | None, ...]

Pair = tuple[str | None, str | None]
"""A tag and the one after it. Data of millions of tokens have few distinct pairs, and
these say whether there is anything to look for."""


def in_scheme(records: Records, options: ReadOptions) -> Records:
    """The records, checked, with IOB1 as IOB2, if ``options.tag_scheme`` is given.

    Raises:
        DataError: for labels that are no tags of that scheme, or break its rules.
    """
    if options.tag_scheme is None:
        return records
    scheme = Scheme(options.tag_scheme)
    rows = _rows(records)
    form = nearest_format(rows, scheme=scheme) or TagFormat(scheme)
    pairs = _pairs(rows)
    _check_tags(records, form, pairs)
    if scheme is Scheme.IOB1:
        opening = _opening(pairs, form)
        targets: list[Target] = [
            tags if opening.isdisjoint(neighbours(tags)) else iob2_from_iob1(tags, form)
            for tags in rows
        ]
        return replace(records, targets=targets)
    for index, position in _unattached(rows, form, pairs)[:1]:
        tags = rows[index]
        near = nearest_format([tags])
        other = near is not None and near.scheme is not scheme
        guess = f"; is it {near.scheme.value!r}?" if near is not None and other else ""
        raise DataError(
            f"{records.where(index)}: expected that every tag but O belongs to an "
            "entity, as ",
            SettingName("tag_scheme"),
            f" {scheme.value!r} says; {tags[position]!r} at position {position} does "
            f"not{guess}",
        )
    return records


def scheme_read(options: ReadOptions) -> Scheme | None:
    """The scheme of the records that ``in_scheme`` gives; None if it is not known."""
    if options.tag_scheme is None:
        return None
    scheme = Scheme(options.tag_scheme)
    return Scheme.IOB2 if scheme is Scheme.IOB1 else scheme


def scheme_notes(
    records: Records, train: Records, options: ReadOptions
) -> tuple[str, ...]:
    """In what scheme tags seem to be, and what is odd about them, if none is given.

    Args:
        records: all that there are.
        train: those that say what the scheme is.
        options: how they were read.
    """
    rows = _rows(train)
    if options.tag_scheme is not None or not any(rows):
        return ()
    form = find_format(rows)
    near = form or nearest_format(rows)
    if near is None:
        return ()
    odd = _odd_note(records, near, scored=form is not None)
    if form is None:
        return odd
    return (*_name_note(form), *odd, *_lost_note(records, form))


def no_entity_notes(
    train: Records, validation: Records, options: ReadOptions
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
    if form is None:
        return ()
    if any(scored_entities(tags, tags, form) for tags in _rows(validation)):
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
    counts = _counts(rows)
    given = counts.total()
    odd = sum(_odd(counts, form or near).values())
    if form is None:
        return (
            f"{odd:,} of {given:,} labels are no {near.name()}, so entities are "
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
            f"{odd:,} of {given:,} labels: no {form.name(plural=False)}, so O "
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


def _odd_note(records: Records, form: TagFormat, *, scored: bool) -> tuple[str, ...]:
    """Which labels are no tags, and where the first one is."""
    rows = _rows(records)
    given = _counts(rows)
    odd = _odd(given, form)
    if not odd:
        return ()
    index, position, first = _first(rows, odd)
    named = ", ".join(f"{tag!r} ({n:,})" for tag, n in odd.most_common(MOST_SHOWN))
    more = f" and {len(odd) - MOST_SHOWN:,} more" if len(odd) > MOST_SHOWN else ""
    single = odd.total() == 1
    is_none, count = ("is no", "counts") if single else ("are no", "count")
    then = f"and {count} as O where entities are scored"
    if not scored:
        then = "so entities are not scored"
    return (
        f"{odd.total():,} of {given.total():,} labels {is_none} "
        f"{form.name(plural=not single)}, {then}: {named}{more} (the first: {first!r} "
        f"at position {position} of {records.where(index)})",
    )


def _lost_note(records: Records, form: TagFormat) -> tuple[str, ...]:
    """Tags that stand where their scheme does not let them stand."""
    rows = _rows(records)
    pairs = _pairs(rows)
    if form.scheme is Scheme.IOB2:
        return _opening_note(records, form, pairs)
    places = _unattached(rows, form, pairs)
    if not places:
        return ()
    index, position = places[0]
    belong = "tag belongs" if len(places) == 1 else "tags belong"
    return (
        f"{len(places):,} {belong} to no entity as {form} writes them (the first: "
        f"{rows[index][position]!r} at position {position} of {records.where(index)}), "
        "and scores of entities count none of them",
    )


def _opening_note(
    records: Records, form: TagFormat, pairs: Counter[Pair]
) -> tuple[str, ...]:
    """Entities that begin as in IOB1, though most do not."""
    opening = _opening(pairs, form)
    if not opening:
        return ()
    count = sum(pairs[pair] for pair in opening)
    rows = _rows(records)
    index = _with_any(rows, opening)[0]
    position = next(
        p for p in range(len(rows[index])) if opens_inside(rows[index], p, form)
    )
    begin = "entity begins" if count == 1 else "entities begin"
    return (
        f"{count:,} {begin} with I{form.separator}, as in IOB1 (the first: "
        f"{rows[index][position]!r} at position {position} of "
        f"{records.where(index)}), and "
        "scores of entities count none of them; if the tags are IOB1, as in "
        "CoNLL-2003, read them with tag_scheme 'iob1' (--tag-scheme iob1)",
    )


def _check_tags(records: Records, form: TagFormat, pairs: Counter[Pair]) -> None:
    """Refuse labels that are no tags.

    Raises:
        DataError: for the first of them.
    """
    scheme = form.scheme.value
    single = [isinstance(target, str) for target in records.targets]
    if any(single):
        raise DataError(
            f"{records.where(single.index(True))}: expected one tag per token, as ",
            SettingName("tag_scheme"),
            f" {scheme!r} says, found a single label; omit ",
            SettingName("tag_scheme"),
        )
    odd = {tag for _, tag in pairs if form.read(tag) is None}
    if odd:
        index, position, tag = _first(_rows(records), odd)
        raise DataError(
            f"{records.where(index)}: expected {form.name()}, as ",
            SettingName("tag_scheme"),
            f" {scheme!r} says, found {tag!r} at position {position}",
        )


def _unattached(
    rows: Sequence[Tags], form: TagFormat, pairs: Counter[Pair]
) -> list[tuple[int, int]]:
    """Rows and positions where tags other than O belong to no entity."""
    wrong = {pair for pair in pairs if not form.allows(*pair)}
    return [
        (index, position)
        for index in _with_any(rows, wrong)
        for position in unattached(rows[index], form)
    ]


def _with_any(rows: Sequence[Tags], pairs: Collection[Pair]) -> list[int]:
    """The rows that have one of some pairs."""
    if not pairs:
        return []
    wanted = frozenset(pairs)
    return [i for i, tags in enumerate(rows) if not wanted.isdisjoint(neighbours(tags))]


def _opening(pairs: Counter[Pair], form: TagFormat) -> set[Pair]:
    """Pairs whose second tag is I-X that begins an entity."""
    return {pair for pair in pairs if opens_inside(pair, 1, form)}


def _first(
    rows: Sequence[Tags], wanted: Collection[str | None]
) -> tuple[int, int, str | None]:
    """The row, the position and the tag of the first one of some tags."""
    return next(
        (index, position, tag)
        for index, tags in enumerate(rows)
        for position, tag in enumerate(tags)
        if tag in wanted
    )


def _rows(records: Records) -> list[Tags]:
    return [() if isinstance(target, str) else target for target in records.targets]


def _pairs(rows: Sequence[Tags]) -> Counter[Pair]:
    return Counter(chain.from_iterable(map(neighbours, rows)))


def _counts(rows: Sequence[Tags]) -> Counter[str]:
    counts = Counter(chain.from_iterable(rows))
    return Counter({tag: n for tag, n in counts.items() if tag is not None})


def _odd(counts: Counter[str], form: TagFormat) -> Counter[str]:
    """Those that are no tags."""
    return Counter({t: n for t, n in counts.items() if form.read(t) is None})
