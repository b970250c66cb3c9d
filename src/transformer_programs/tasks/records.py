"""The labelled sequences of some data, checked, with the places where they stand."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, overload

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Target

_SURROGATE = re.compile("[\ud800-\udfff]")

Row = tuple[int, Iterable[object], object, str | None]
"""A number that says where a sequence stands, its tokens, its label or list of tags,
and the part of the data that it is in, if that is said."""


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
    """

    sequences: list[tuple[str, ...]]
    targets: list[Target]
    numbers: array[int]
    origins: list[Origin]
    parts: list[str | None]
    notes: tuple[str, ...] = ()

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
    where: Callable[[int], str] | None = None,
) -> Records:
    """Rows as records, after a check of each.

    Tokens, tags and labels may be strings or integers, which are read as strings; a tag
    may be None.

    Args:
        origin: what the rows are numbered in.
        rows: the rows.
        no_label: a tag that stands for none.
        strip: whether white space around a label does not belong to it.
        where: the place of a row by its number, by default as the origin says.

    Raises:
        DataError: for no tokens, an empty token or label, anything that is no string
            and no integer, a number of tags that is not the number of tokens, or a
            lone surrogate.
    """
    where = where or origin.where
    tokens_met, labels_met, tags_met = Texts(), Texts(strip=strip), Texts()
    tags_met[None] = tags_met[no_label] = None
    token, label, tag = (met.__getitem__ for met in (tokens_met, labels_met, tags_met))
    records = no_records()
    parts: list[str | None] = []
    named = False
    for number, tokens, target, part in rows:
        try:
            sequence = tuple(map(token, tokens))
            found: Target | None
            if isinstance(target, list | tuple):
                found = tuple(map(tag, target))
                fits = len(found) == len(sequence)
            else:
                found = label(target)
                fits = True
        except (_RefusedError, TypeError):  # or what cannot even be looked up
            raise _refusal(where(number), tokens, target) from None
        if not (sequence and fits):
            raise _refusal(where(number), tokens, target)
        records.sequences.append(sequence)
        records.targets.append(found)
        records.numbers.append(number)
        parts.append(part)
        named = named or part is not None
    records.origins.extend([origin] * len(records))
    if named:
        records.parts.extend(parts)
    notes = (
        *tokens_met.notes("token"),
        *labels_met.notes("label"),
        *tags_met.notes("tag"),
    )
    return replace(records, notes=notes)


class Texts(dict[Any, Any]):
    """The distinct texts of some data: each is checked once, and there once.

    Looking up a string, or an integer, gives the text that it is.

    Args:
        strip: whether white space around a text does not belong to it.
    """

    def __init__(self, *, strip: bool = False) -> None:
        super().__init__()
        self._strip = strip
        self._numbers: dict[str, str] = {}

    def __missing__(self, value: object) -> str:
        """The text of a value that was not met before.

        Raises:
            _RefusedError: if it is none that may be a token or a label.
        """
        if is_integer(value):
            text = str(value)
            # Not a key of this dictionary: True and 1.0 would find it.
            return self._numbers.setdefault(text, text)
        if not isinstance(value, str) or _SURROGATE.search(value):
            raise _RefusedError
        text = value.strip() if self._strip else str(value)
        if not text:
            raise _RefusedError
        self[str(value)] = text
        return text

    def notes(self, what: str) -> tuple[str, ...]:
        """What was read as the same though it was not written so."""
        both = sorted(self._numbers.keys() & self.keys())
        spaced = sorted(
            text
            for written, text in self.items()
            if text is not None and written != text and text in self
        )
        found = (
            (both, "as a number and as a text"),
            (spaced, "with and without white space around"),
        )
        return tuple(
            f"{what} {shown(texts[0])}"
            + (f" and {len(texts) - 1:,} more" if texts[1:] else "")
            + f": written {how}, read as the same {what}"
            for texts, how in found
            if texts
        )


class _RefusedError(Exception):
    """A value that can be no token and no label."""


def _refusal(where: str, tokens: Iterable[object], target: object) -> DataError:
    """What is wrong with a row."""
    values = list(tokens)
    if not values:
        return DataError(f"{where}: expected at least one token, found none")
    lists = [("tokens", values, False)]
    if isinstance(target, list | tuple):
        lists.append(("tags", list(target), True))
    else:
        lists.append(("label", [target], False))
    for what, items, optional in lists:
        for index, value in enumerate(items):
            if value is None and optional:
                continue
            place = "" if what == "label" else f" at position {index}"
            problem = _problem(what, value)
            if problem:
                return DataError(f"{where}: {problem}{place}")
    tags = lists[1][1]
    return DataError(
        f"{where}: expected one tag per token, found {len(values)} tokens and "
        f"{len(tags)} tags"
    )


def _problem(what: str, value: object) -> str:
    """What is wrong with a token, a tag or a label; "" if nothing is."""
    if isinstance(value, str):
        if value and _SURROGATE.search(value):
            return f"expected text, found a lone surrogate in {shown(value)}"
        if value.strip() or (value and what != "label"):
            return ""
        if what == "tokens":
            return "expected tokens that are not empty, found an empty one"
        return "expected a label, found an empty one"
    if is_integer(value):
        return ""
    found = f"found {shown(value)}"
    if what == "tokens":
        return f"expected strings or integers as tokens, {found}"
    if what == "tags":
        return f"expected strings, integers or null (no label) as tags, {found}"
    if value is None:
        return (
            "expected a label, found none; leave out sequences whose label is not known"
        )
    hint = f"; write it as a string, such as {str(value).lower()!r}"
    scalar = isinstance(value, bool | float)
    return f"expected a string or an integer as label, {found}{hint if scalar else ''}"


def is_integer(value: object) -> bool:
    """Whether a value is an integer, and no truth value."""
    return isinstance(value, int) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A value in one short line, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _both(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    """Notes of both without repetition."""
    return tuple(dict.fromkeys((*ours, *theirs)))
