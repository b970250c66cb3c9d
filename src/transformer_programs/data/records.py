"""Labelled sequences as records: checked values, and where each of them stands."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NamedTuple

from transformer_programs.data.dataset import Target
from transformer_programs.errors import DataError


class Row(NamedTuple):
    """A labelled sequence, unchecked.

    Attributes:
        number: Its number, for messages.
        tokens: Its tokens.
        target: Its label or list of tags, None if it has none.
        part: The part of the split that it names, if any.
        text: The text that was divided into its tokens, if they are of a text.
        group: The group whose sequences stay together, if there are groups.
    """

    number: int
    tokens: Iterable[object]
    target: object
    part: str | None = None
    text: str | None = None
    group: str | None = None


_SURROGATE = re.compile("[\ud800-\udfff]")


def shown(value: object) -> str:
    """Return a value in one short line, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def mismatch(where: object, expected: str, found: str) -> DataError:
    """Return the error for data that are not as expected at some place.

    Names of settings within a ``Message`` stay parts of their own.
    """
    return DataError(f"{where}: expected ", expected, ", found ", found)


class Origin(NamedTuple):
    """What rows are numbered in: ``path:number``, or ``name[number]``."""

    before: str
    after: str = ""

    def where(self, number: int) -> str:
        """Return the place of a row, for messages."""
        return f"{self.before}{number}{self.after}"


@dataclass(frozen=True, slots=True)
class Records:
    """Labelled sequences in columns, so that millions of them take little memory.

    Attributes:
        sequences: Bare tokens; equal tokens are one object.
        targets: The label or tags of each.
        numbers: Where each stands ...
        origins: ... and in what.
        parts: train, validation or test for each, None where nothing says so.
        keys: A hash for each: of its group, or else of its text as it stands there,
            but for white space. Records of equal keys are never divided.
        notes: What a reader should know about how they were read.
        from_text: Whether the tokens of all are those of texts that were split.
    """

    sequences: list[tuple[str, ...]]
    targets: list[Target]
    numbers: array[int]
    origins: list[Origin]
    parts: list[str | None]
    keys: array[int]
    notes: tuple[str, ...] = ()
    from_text: bool = True

    def __len__(self) -> int:
        return len(self.sequences)

    def __add__(self, other: Records) -> Records:
        notes = tuple(dict.fromkeys((*self.notes, *other.notes)))
        if not (self and other):
            return replace(other or self, notes=notes)
        return Records(
            self.sequences + other.sequences,
            self.targets + other.targets,
            self.numbers + other.numbers,
            self.origins + other.origins,
            self.parts + other.parts,
            self.keys + other.keys,
            notes,
            self.from_text and other.from_text,
        )

    def where(self, index: int) -> str:
        """Return the place of a sequence, for messages."""
        return self.origins[index].where(self.numbers[index])

    def of_part(self, part: str) -> Records:
        """Return the sequences of a part of the split."""
        return self.select(i for i, name in enumerate(self.parts) if name == part)

    def select(self, indices: Iterable[int]) -> Records:
        """Return some of the sequences, in the order of their indices."""
        chosen = list(indices)
        return Records(
            [self.sequences[i] for i in chosen],
            [self.targets[i] for i in chosen],
            array("q", [self.numbers[i] for i in chosen]),
            [self.origins[i] for i in chosen],
            [self.parts[i] for i in chosen],
            array("Q", [self.keys[i] for i in chosen]),
            self.notes,
            self.from_text,
        )


NO_RECORDS = Records([], [], array("q"), [], [], array("Q"))


def records_of(
    origin: Origin,
    rows: Iterable[Row],
    no_label: str | None = None,
    *,
    strip: bool = False,
) -> Records:
    """Check rows and return them as records.

    Tokens, tags and labels may be strings or integers, which are read as strings; a tag
    may be None. Rows without a label are left out, and a note says how many.

    Args:
        origin: What the rows are numbered in.
        rows: The rows.
        no_label: A label or tag that stands for none.
        strip: Whether white space around a label does not belong to it.

    Raises:
        DataError: If a row has no tokens, one that is empty or no text, or not one tag
            per token.
    """
    met = {"token": _Texts(), "label": _Texts(strip=strip), "tag": _Texts()}
    for kind in ("label", "tag"):
        met[kind][None] = met[kind][no_label] = None
    token, label, tag = (texts.__getitem__ for texts in met.values())
    records = Records([], [], array("q"), [], [], array("Q"))
    all_texts = True
    unlabelled: list[int] = []
    for number, tokens, target, part, text, group in rows:
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
            fits = False
        if not (fits and sequence):
            raise _refusal(origin.where(number), tokens, target) from None
        if found is None:
            unlabelled.append(number)
            continue
        records.sequences.append(sequence)
        records.targets.append(found)
        records.numbers.append(number)
        records.parts.append(part)
        records.keys.append(_key(sequence, text, group))
        all_texts = all_texts and text is not None
    records.origins.extend([origin] * len(records))
    notes = [note for n, texts in met.items() for note in texts.notes(n)]
    if unlabelled:
        every = len(records) + len(unlabelled)
        notes.append(
            f"{len(unlabelled):,} of {every:,} sequences have no label and are left "
            f"out (the first: {origin.where(unlabelled[0])})"
        )
    return replace(records, notes=tuple(notes), from_text=all_texts)


def _key(tokens: tuple[str, ...], text: str | None, group: str | None) -> int:
    """Return what keeps a record together with others, whatever options read it."""
    if group is not None:
        content = f"\0{group}"  # unlike every text of the same letters
    else:
        content = " ".join(tokens if text is None else text.split())
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "little")


def with_tags(
    records: Records, tags_of: Callable[[str], Sequence[str]], no_label: str | None
) -> Records:
    """Divide labels that are texts into tags; records that have tags keep them."""
    met = _Texts()
    met[None] = met[no_label] = None
    targets: list[Target] = []
    pairs = zip(records.sequences, records.targets, strict=True)
    for index, (tokens, target) in enumerate(pairs):
        tags = tags_of(target) if isinstance(target, str) else target
        if len(tags) != len(tokens):
            raise _refusal(records.where(index), tokens, tuple(tags))
        targets.append(tuple(map(met.__getitem__, tags)))
    return replace(records, targets=targets)


class _RefusedError(Exception):
    """A value that can be neither token nor label."""


class _Texts(dict[Any, Any]):
    """The distinct texts of some data: each is checked once, and stored once.

    Looking up a string, or an integer, gives the text that it is.
    """

    def __init__(self, *, strip: bool = False) -> None:
        super().__init__()
        self._strip = strip
        self._numbers: dict[str, str] = {}

    def __missing__(self, value: object) -> str:
        if _is_integer(value):
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

    def notes(self, what: str) -> Iterator[str]:
        """Yield what was read as the same though it was not written so."""
        spaced = {text for written, text in self.items() if text and written != text}
        for texts, how in (
            (self._numbers.keys() & self.keys(), "as a number and as a text"),
            (spaced & self.keys(), "with and without white space around"),
        ):
            if texts:
                more = f" and {len(texts) - 1:,} more" if len(texts) > 1 else ""
                yield (
                    f"{what} {shown(min(texts))}{more}: written {how}, read as the "
                    f"same {what}"
                )


def _refusal(where: str, tokens: Iterable[object], target: object) -> DataError:
    values = list(tokens)
    if not values:
        return mismatch(where, "at least one token", "none")
    several = isinstance(target, list | tuple)
    tags = list(target) if isinstance(target, list | tuple) else [target]
    for what, items in (("tokens", values), ("tags" if several else "label", tags)):
        for index, value in enumerate(items):
            if problem := _problem(what, value):
                place = f" at position {index}" if what != "label" else ""
                return DataError(f"{where}: expected {problem}{place}")
    found = f"{len(values)} tokens and {len(tags)} tags"
    return mismatch(where, "one tag per token", found)


def _problem(what: str, value: object) -> str:
    """Return what is expected of a token, tag or label, and found; "" if it is fine."""
    if isinstance(value, str):
        if _SURROGATE.search(value):
            return f"text, found a lone surrogate in {shown(value)}"
        if value.strip() or (value and what != "label"):
            return ""
        if what == "tokens":
            return "tokens that are not empty, found an empty one"
        return "a label, found an empty one"
    if _is_integer(value) or (value is None and what == "tags"):
        return ""
    accepted = {
        "tokens": "strings or integers as tokens",
        "tags": "strings, integers or null (no label) as tags",
        "label": "a string or an integer as label",
    }
    found = f"{accepted[what]}, found {shown(value)}"
    if what == "label" and isinstance(value, bool | float):
        found += f"; write it as a string, such as {str(value).lower()!r}"
    return found


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
