"""One labelled sequence of a data file, checked, with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Target

SPLIT_FIELD = "split"
"""The field or column that says which part of the data a sequence belongs to."""

TOKEN_FIELDS = ("tokens", "text")
LABEL_FIELDS = ("tags", "label")

PARTS = {
    "train": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
"""What the split field may say, and the part that it means."""


_SURROGATE = re.compile("[\ud800-\udfff]")


class Record(NamedTuple):
    """A labelled sequence.

    Attributes:
        where: ``path:line``, for messages.
        tokens: the bare tokens.
        target: its label, or one tag per token.
        part: train, validation or test, if the file says so.
        from_text: whether the tokens are those of a text that was split.
    """

    where: str
    tokens: tuple[str, ...]
    target: Target
    part: str | None = None
    from_text: bool = False


def make_record(
    where: str,
    tokens: Sequence[str],
    target: Target,
    part: str | None = None,
    *,
    from_text: bool = False,
) -> Record:
    """A checked record.

    Raises:
        DataError: for no tokens, an empty token or label, a number of tags that is not
            the number of tokens, or a lone surrogate.
    """
    if not tokens:
        raise DataError(f"{where}: expected at least one token, found none")
    if "" in tokens:
        raise DataError(
            f"{where}: expected tokens that are not empty, found an empty one at "
            f"position {tokens.index('')}"
        )
    if target == "" or (not isinstance(target, str) and "" in target):
        raise DataError(f"{where}: expected a label, found an empty one")
    if not isinstance(target, str) and len(target) != len(tokens):
        raise DataError(
            f"{where}: expected one tag per token, found {len(tokens)} tokens and "
            f"{len(target)} tags"
        )
    labels = (target,) if isinstance(target, str) else target
    _check_text(where, (*tokens, *(label for label in labels if label is not None)))
    return Record(where, tuple(tokens), target, part, from_text)


def _check_text(where: str, values: tuple[str, ...]) -> None:
    """Refuse what Python can hold in a string but no file can store."""
    if _SURROGATE.search("".join(values)):
        broken = next(value for value in values if _SURROGATE.search(value))
        raise DataError(
            f"{where}: expected text, found a lone surrogate in {shown(broken)}"
        )


def part_of(where: str, value: object) -> str:
    """The part that a split field names.

    Raises:
        DataError: for anything but a known name.
    """
    part = PARTS.get(value.strip().lower()) if isinstance(value, str) else None
    if part is None:
        known = ", ".join(PARTS)
        raise DataError(
            f"{where}: expected one of {known} in {SPLIT_FIELD!r}, found {shown(value)}"
        )
    return part


def tokens_field(where: str, present: Iterable[str], chosen: str | None) -> str:
    """The field with the tokens: the chosen one, else "tokens", else "text".

    Raises:
        DataError: if it is missing.
    """
    return _present(where, present, chosen, TOKEN_FIELDS)[0]


def label_field(where: str, present: Iterable[str], chosen: str | None) -> str:
    """The field with the labels: the chosen one, else "tags" or "label".

    Raises:
        DataError: if it is missing, or if both are there and none is chosen.
    """
    found = _present(where, present, chosen, LABEL_FIELDS)
    if len(found) > 1:
        raise DataError(
            f"{where}: expected either 'tags' or 'label', found both; "
            "choose one with label_column"
        )
    return found[0]


def has_split(present: Iterable[str], tokens: str, label: str) -> bool:
    """Whether there is a split field, given those that are read as something else."""
    return SPLIT_FIELD in present and SPLIT_FIELD not in (tokens, label)


def shown(value: object) -> str:
    """A value in one short line, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _present(
    where: str, present: Iterable[str], chosen: str | None, known: tuple[str, ...]
) -> list[str]:
    names = list(present)
    wanted = known if chosen is None else (chosen,)
    found = [name for name in wanted if name in names]
    if not found:
        raise DataError(
            f"{where}: expected {' or '.join(map(repr, wanted))} among the fields, "
            f"found {', '.join(map(shown, names)) or 'none'}"
        )
    return found
