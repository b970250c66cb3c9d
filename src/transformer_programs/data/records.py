"""The labelled sequences of some data, checked, with the places where they stand."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, overload

from transformer_programs.data.dataset import Target
from transformer_programs.data.texts import RefusedError, Texts, refusal

Row = tuple[int, Iterable[object], object, str | None, bool]
"""A number that says where a sequence stands, its tokens, its label or list of tags,
the part of the data that it is in, if that is said, and whether its tokens are those of
a text that was split."""


class Origin(NamedTuple):
    """What rows are numbered in: ``path:number``, or ``name[number]``."""

    before: str
    after: str = ""

    def where(self, number: int) -> str:
        """The place of a row, for messages."""
        return f"{self.before}{number}{self.after}"


class Record(NamedTuple):
    """A labelled sequence.

    Attributes:
        where: ``path:line``, for messages.
        tokens: the bare tokens.
        target: its label, or one tag per token, None where none is known.
    """

    where: str
    tokens: tuple[str, ...]
    target: Target


@dataclass(frozen=True, slots=True)
class Records(Sequence[Record]):
    """Labelled sequences in columns, so that millions of them take little memory.

    Attributes:
        sequences: the bare tokens; equal tokens are one object.
        targets: a label or tags for each.
        numbers: where each stands ...
        origins: ... and in what.
        parts: train, validation or test for each, None where nothing says so; empty
            if nothing says so anywhere.
        notes: what a reader should know about how they were read.
        from_text: whether the tokens of all are those of texts that were split.
    """

    sequences: list[tuple[str, ...]]
    targets: list[Target]
    numbers: array[int]
    origins: list[Origin]
    parts: list[str | None]
    notes: tuple[str, ...] = ()
    from_text: bool = True

    def __len__(self) -> int:
        return len(self.sequences)

    def __iter__(self) -> Iterator[Record]:
        return map(self._record, range(len(self)))

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> Records: ...
    def __getitem__(self, index: int | slice) -> Record | Records:
        if isinstance(index, slice):
            return self.select(range(len(self))[index])
        return self._record(range(len(self))[index])

    def __add__(self, other: Records) -> Records:
        if not (self and other):
            records = other if other else self
            return replace(records, notes=_both(self.notes, other.notes))
        parts = self.parts or other.parts
        if parts:
            parts = (self.parts or [None] * len(self)) + (
                other.parts or [None] * len(other)
            )
        return Records(
            self.sequences + other.sequences,
            self.targets + other.targets,
            self.numbers + other.numbers,
            self.origins + other.origins,
            parts,
            _both(self.notes, other.notes),
            self.from_text and other.from_text,
        )

    def where(self, index: int) -> str:
        """The place of a sequence, for messages."""
        return self.origins[index].where(self.numbers[index])

    def select(self, indices: Iterable[int]) -> Records:
        """Some of the sequences, in the order of their indices."""
        chosen = list(indices)
        return Records(
            [self.sequences[i] for i in chosen],
            [self.targets[i] for i in chosen],
            array("q", [self.numbers[i] for i in chosen]),
            [self.origins[i] for i in chosen],
            [self.parts[i] for i in chosen] if self.parts else [],
            self.notes,
            self.from_text,
        )

    def _record(self, index: int) -> Record:
        return Record(self.where(index), self.sequences[index], self.targets[index])


def no_records() -> Records:
    """Nothing."""
    return Records([], [], array("q"), [], [])


def records_of(
    origin: Origin,
    rows: Iterable[Row],
    no_label: str | None = None,
    *,
    strip: bool = False,
) -> Records:
    """Rows as records, after a check of each.

    Tokens, tags and labels may be strings or integers, which are read as strings; a tag
    may be None.

    Args:
        origin: what the rows are numbered in.
        rows: the rows.
        no_label: a tag that stands for none.
        strip: whether white space around a label does not belong to it.

    Raises:
        DataError: for no tokens, an empty token or label, anything that is no string
            and no integer, a number of tags that is not the number of tokens, or a
            lone surrogate.
    """
    where = origin.where
    tokens_met, labels_met, tags_met = Texts(), Texts(strip=strip), Texts()
    tags_met[None] = tags_met[no_label] = None
    token, label, tag = (met.__getitem__ for met in (tokens_met, labels_met, tags_met))
    records = no_records()
    parts: list[str | None] = []
    named, texts = False, True
    for number, tokens, target, part, from_text in rows:
        try:
            sequence = tuple(map(token, tokens))
            found: Target | None
            if isinstance(target, list | tuple):
                found = tuple(map(tag, target))
                fits = len(found) == len(sequence)
            else:
                found = label(target)
                fits = True
        except (RefusedError, TypeError):  # or what cannot even be looked up
            raise refusal(where(number), tokens, target) from None
        if not (sequence and fits):
            raise refusal(where(number), tokens, target)
        records.sequences.append(sequence)
        records.targets.append(found)
        records.numbers.append(number)
        parts.append(part)
        named = named or part is not None
        texts = texts and from_text
    records.origins.extend([origin] * len(records))
    if named:
        records.parts.extend(parts)
    notes = (
        *tokens_met.notes("token"),
        *labels_met.notes("label"),
        *tags_met.notes("tag"),
    )
    return replace(records, notes=notes, from_text=texts)


def with_tags(
    records: Records, tags_of: Callable[[str], Sequence[str]], no_label: str | None
) -> Records:
    """Records whose labels are texts, with these divided into tags.

    Args:
        records: the records; those that have tags keep them.
        tags_of: divides a text.
        no_label: a tag that stands for none.

    Raises:
        DataError: for a number of tags that is not the number of tokens.
    """
    met = Texts()
    met[None] = met[no_label] = None
    targets: list[Target] = []
    pairs = zip(records.sequences, records.targets, strict=True)
    for index, (tokens, target) in enumerate(pairs):
        tags = tags_of(target) if isinstance(target, str) else target
        if len(tags) != len(tokens):
            raise refusal(records.where(index), tokens, tuple(tags))
        targets.append(tuple(map(met.__getitem__, tags)))
    return replace(records, targets=targets)


def _both(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Notes of both without repetition."""
    return tuple(dict.fromkeys((*ours, *theirs)))
