"""The scheme in which tags write entities: as the user says, or as the data look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from transformer_programs.data.dataset import Target
from transformer_programs.data.metrics import scored_entities
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records, mismatch
from transformer_programs.data.tags import (
    BIO,
    Scheme,
    TagFormat,
    allows,
    find_format,
    iob2_from_iob1,
    nearest_format,
    neighbours,
    odd,
    opens_inside,
    tag_counts,
    unattached,
)
from transformer_programs.errors import DataError, Message, SettingName

MOST_SHOWN = 5
"""Odd labels that a note names."""

Tags = tuple[str | None, ...]

Pair = tuple[str | None, str | None]
"""A tag and the one after it. Data of millions of tokens have few distinct pairs, and
these say whether there is anything to look for."""


def in_scheme(records: Records, options: ReadOptions) -> Records:
    """Check tags, and make IOB1 IOB2, if ``options.tag_scheme`` is given."""
    if options.tag_scheme is None:
        return records
    scheme = Scheme(options.tag_scheme)
    rows = _rows(records)
    form = nearest_format(rows, scheme=scheme) or TagFormat(scheme)
    _check_tags(records, form)
    if scheme is Scheme.IOB1:
        opening = {pair for pair in _pairs(rows) if opens_inside(*pair, form)}
        targets: list[Target] = [
            tags if opening.isdisjoint(neighbours(tags)) else iob2_from_iob1(tags, form)
            for tags in rows
        ]
        return replace(records, targets=targets)
    for index, position in _unattached(rows, form)[:1]:
        near = nearest_format(rows[index : index + 1])
        guess = ""
        if near is not None and near.scheme is not scheme:
            guess = f"; is it {near.scheme.value!r}?"
        raise DataError(
            f"{records.where(index)}: expected that every tag but O belongs to an "
            "entity, as ",
            SettingName("tag_scheme"),
            f" {scheme.value!r} says; {rows[index][position]!r} at position {position} "
            f"does not{guess}",
        )
    return records


def scheme_read(options: ReadOptions) -> Scheme | None:
    """Return the scheme of what ``in_scheme`` gives; None if it is not known."""
    if options.tag_scheme is None:
        return None
    scheme = Scheme(options.tag_scheme)
    return Scheme.IOB2 if scheme is Scheme.IOB1 else scheme


def scheme_notes(
    records: Records, train: Records, options: ReadOptions
) -> Iterator[str]:
    """Note the scheme that tags seem to be in, and what is odd, if none is given.

    The training data say what the scheme is.
    """
    rows = _rows(train)
    if options.tag_scheme is not None or not any(rows):
        return
    form = find_format(rows)
    if form not in (None, BIO):
        yield _name_note(form)
    if near := form or nearest_format(rows):
        yield from _odd_note(records, near, scored=form is not None)
    if form is not None:
        yield from _lost_note(records, form)


def no_entity_notes(
    train: Records, validation: Records, options: ReadOptions
) -> Iterator[str]:
    """Note that programs are not chosen by entities, if validation data have none."""
    rows = _rows(train)
    form = find_format(rows, scheme=scheme_read(options)) if any(rows) else None
    if form is None:
        return
    if not any(scored_entities(tags, tags, form) for tags in _rows(validation)):
        yield "no entity in the validation data: labels alone choose among programs"


def measuring_notes(rows: Sequence[Tags], form: TagFormat | None) -> Iterator[str]:
    """Note what is odd about tags by which a program is measured.

    Args:
        rows: Those of every sequence.
        form: How entities are read from them; None if they are not.
    """
    near = nearest_format(rows)
    if near is None:
        return
    counts = tag_counts(rows)
    strange = odd(counts, form or near).total()
    of_all = f"{strange:,} of {counts.total():,} labels"
    if form is None:
        yield f"{of_all} are no {near.name()}, so entities are not scored"
        return
    if near != form:
        yield (
            f"labels look like {near.name()}, and are scored as {form.name()}, as in "
            "training; --tag-scheme says what they are"
        )
    if strange:
        yield (
            f"{of_all}: no {form.name(plural=False)}, so O where entities are scored"
        )


def _name_note(form: TagFormat) -> str:
    written = advice = ""
    if form.separator:
        letter = "E" if form.scheme in (Scheme.IOE1, Scheme.IOE2) else "B"
        written = f", written {letter}{form.separator}X"
    if form.scheme is Scheme.IOB1:
        advice = "; --tag-scheme iob1 (tag_scheme='iob1') makes them IOB2"
    return (
        f"labels are read as {form.name()}{written}, and entities are scored "
        f"strictly{advice}"
    )


def _odd_note(records: Records, form: TagFormat, *, scored: bool) -> Iterator[str]:
    rows = _rows(records)
    counts = tag_counts(rows)
    strange = odd(counts, form)
    if not strange:
        return
    named = ", ".join(f"{tag!r} ({n:,})" for tag, n in strange.most_common(MOST_SHOWN))
    if len(strange) > MOST_SHOWN:
        named += f" and {len(strange) - MOST_SHOWN:,} more"
    single = strange.total() == 1
    then = "so entities are not scored"
    if scored:
        then = f"and count{'s' * single} as O where entities are scored"
    yield (
        f"{strange.total():,} of {counts.total():,} labels "
        f"{'is' if single else 'are'} no {form.name(plural=not single)}, {then}: "
        f"{named} {_first_of(records, *_first(rows, strange))}"
    )


def _lost_note(records: Records, form: TagFormat) -> Iterator[str]:
    rows = _rows(records)
    if form.scheme is not Scheme.IOB2:
        if places := _unattached(rows, form):
            belong = "tag belongs" if len(places) == 1 else "tags belong"
            yield (
                f"{len(places):,} {belong} to no entity as {form} writes them "
                f"{_first_of(records, *places[0])}, and scores of entities count none "
                "of them"
            )
        return
    pairs = _pairs(rows)
    opening = {pair for pair in pairs if opens_inside(*pair, form)}
    if not opening:
        return
    index = _with_any(rows, opening)[0]
    place = next(i for i, pair in enumerate(neighbours(rows[index])) if pair in opening)
    count = sum(pairs[pair] for pair in opening)
    begin = "entity begins" if count == 1 else "entities begin"
    yield (
        f"{count:,} {begin} with I{form.separator}, as in IOB1 "
        f"{_first_of(records, index, place)}, and "
        "scores of entities count none of them; if the tags are IOB1, as in "
        "CoNLL-2003, read them with tag_scheme 'iob1' (--tag-scheme iob1)"
    )


def _first_of(records: Records, index: int, position: int) -> str:
    tag = _rows(records)[index][position]
    return f"(the first: {tag!r} at position {position} of {records.where(index)})"


def _check_tags(records: Records, form: TagFormat) -> None:
    name = SettingName("tag_scheme")
    says = ", as ", name, f" {form.scheme.value!r} says"
    for index, target in enumerate(records.targets):
        if isinstance(target, str):
            expected = Message("one tag per token", *says)
            omit = Message("a single label; omit ", name)
            raise mismatch(records.where(index), expected, omit)
    rows = _rows(records)
    if strange := odd(tag_counts(rows), form):
        index, position = _first(rows, strange)
        found = f"{rows[index][position]!r} at position {position}"
        raise mismatch(records.where(index), Message(form.name(), *says), found)


def _unattached(rows: Sequence[Tags], form: TagFormat) -> list[tuple[int, int]]:
    """Return rows and positions where tags other than O belong to no entity."""
    wrong = {pair for pair in _pairs(rows) if not allows(*pair, form)}
    return [
        (index, position)
        for index in _with_any(rows, wrong)
        for position in unattached(rows[index], form)
    ]


def _with_any(rows: Sequence[Tags], pairs: Collection[Pair]) -> list[int]:
    if not pairs:
        return []
    wanted = frozenset(pairs)
    return [i for i, tags in enumerate(rows) if not wanted.isdisjoint(neighbours(tags))]


def _first(rows: Sequence[Tags], wanted: Collection[str | None]) -> tuple[int, int]:
    return next(
        (index, position)
        for index, tags in enumerate(rows)
        for position, tag in enumerate(tags)
        if tag in wanted
    )


def _rows(records: Records) -> list[Tags]:
    return [() if isinstance(target, str) else target for target in records.targets]


def _pairs(rows: Sequence[Tags]) -> Counter[Pair]:
    return Counter(chain.from_iterable(map(neighbours, rows)))
