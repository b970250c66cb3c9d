"""Fields and columns: which hold the tokens, the labels and the part of the split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from transformer_programs.data.options import GROUP, ReadOptions
from transformer_programs.data.records import mismatch, shown
from transformer_programs.errors import DataError, Message, SettingName

TWO_COLUMNS = (SettingName("tokens_column"), " and ", SettingName("label_column"))
"""What must name two columns, as parts of a message."""

NO_FIELD = ""
"""The name that stands for a field that is missing."""

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

# Names in other people's data: guesses for messages, never read by themselves.
_OTHER_TOKEN_FIELDS = (
    *("seq", "sequence", "sentence", "sentences", "words", "token", "texts", "input"),
    *("content", "document", "review", "message", "comment", "tweet", "utterance"),
    *("query", "question", "title", "string", "dna", "protein", "word", "body", "x"),
)
_OTHER_LABEL_FIELDS = (
    *("class", "labels", "target", "category", "y", "output", "sentiment", "tag"),
    *("ner_tags", "pos_tags", "pos", "ner", "intent", "topic", "kind", "type"),
    *("classes", "coarse_label", "label_text", "stars", "rating", "score"),
)

_SHOWN = 12
"""Names of columns that a message lists."""


class Layout(NamedTuple):
    """Names of the fields of a row, and whether the labels are tags, as theirs says.

    A row without a label has no name for it.
    """

    tokens: str
    label: str
    split: str | None
    group: str | None
    tags: bool


def layout_of(where: str, present: Iterable[str], options: ReadOptions) -> Layout:
    """Find the fields of a row among those that are present.

    They are the chosen ones, else "tokens" or else "text", and "tags" or "label"; in
    any case if they do not stand there exactly.

    Raises:
        DataError: If one is missing or could be either, or if one field is both.
    """
    names = list(present)
    tokens, labels = _found(names, options)
    if not tokens or not labels:
        raise _missing(where, names, options)
    if len(labels) > 1:
        name = SettingName("label_column")
        both = Message("both; set ", name, f"={labels[0]!r} or {labels[1]!r}")
        raise mismatch(where, "either 'tags' or 'label'", both)
    token, label = tokens[0], labels[0]
    if token == label:
        both = Message(f"both in {token!r}; set ", *TWO_COLUMNS)
        raise mismatch(where, "tokens and labels in two fields", both)
    others = [name for name in names if name not in (token, label)]
    split = next(iter(_present(others, None, (SPLIT_FIELD,))), None)
    tags = label.strip().lower() == LABEL_FIELDS[0]
    group = _group(where, names, others, options)
    return Layout(token, label, split, group, tags)


def without_label(
    where: str, present: Iterable[str], options: ReadOptions
) -> Layout | None:
    """Return the fields of a row that lacks a label alone; None if it lacks more."""
    names = list(present)
    tokens, labels = _found(names, options)
    if labels or not tokens:
        return None
    return layout_of(where, [*names, NO_FIELD], replace(options, label_column=NO_FIELD))


def has_fields(present: list[str], options: ReadOptions) -> bool:
    """Return whether tokens and labels are among the fields, each at least once."""
    return all(_found(present, options))


def _found(names: list[str], options: ReadOptions) -> tuple[list[str], list[str]]:
    return (
        _present(names, options.tokens_column, TOKEN_FIELDS),
        _present(names, options.label_column, LABEL_FIELDS),
    )


def _group(
    where: str, names: list[str], others: list[str], options: ReadOptions
) -> str | None:
    chosen = options.group_column
    if chosen is None:
        return None
    if found := _present(others, chosen, ()):
        return found[0]
    expected = f"{chosen!r}, beside tokens and labels, among the fields"
    advice = "; set ", GROUP, " to one of them"
    raise mismatch(where, expected, Message(_listed(names), *advice))


def group_of(where: str, name: str, value: object) -> str:
    """Return the group that a field names."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        expected = f"a text or an integer as group in {name!r}"
        raise mismatch(where, expected, shown(value))
    if not (group := str(value).strip()):
        raise mismatch(where, f"a group in {name!r}", "an empty one; give it a name")
    return group


def part_of(where: str, value: object) -> str:
    """Return the part that a split field names."""
    part = PARTS.get(value.strip().lower()) if isinstance(value, str) else None
    if part is None:
        expected = f"one of {', '.join(PARTS)} in {SPLIT_FIELD!r}"
        raise mismatch(where, expected, shown(value))
    return part


def _missing(where: str, names: list[str], options: ReadOptions) -> DataError:
    expected, needed = [], list[str]()
    for option, known, found, guess in zip(
        ("tokens_column", "label_column"),
        (TOKEN_FIELDS, LABEL_FIELDS),
        _found(names, options),
        _guessed([name for name in dict.fromkeys(names) if name]),
        strict=True,
    ):
        if not found:
            choice = getattr(options, option)
            wanted = known if choice is None else (choice,)
            expected.append(" or ".join(map(repr, wanted)))
            needed += [" and "] if needed else []
            needed += [SettingName(option), "" if guess is None else f"={guess!r}"]
    return mismatch(
        where,
        f"{' and '.join(expected)} among the fields",
        Message(f"{_listed(names)}; set ", *needed),
    )


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(map(shown, names[:_SHOWN])) or "none"
    return f"{listed}, ..." if len(names) > _SHOWN else listed


def _guessed(names: Sequence[str]) -> tuple[str | None, str | None]:
    """Guess the names that mean tokens and labels; None where nothing does."""
    tokens = _called(names, (*TOKEN_FIELDS, *_OTHER_TOKEN_FIELDS))
    labels = _called(names, (*LABEL_FIELDS, *_OTHER_LABEL_FIELDS))
    if len(names) == 2:
        tokens = tokens or next(name for name in names if name != labels)
        labels = labels or next(name for name in names if name != tokens)
    return tokens, labels


def _called(names: Sequence[str], known: tuple[str, ...]) -> str | None:
    lower = {name.strip().lower(): name for name in reversed(names)}
    return next((lower[name] for name in known if name in lower), None)


def _present(names: list[str], chosen: str | None, known: tuple[str, ...]) -> list[str]:
    """Return those of the wanted names that are there: exactly, else in any case."""
    found = []
    for wanted in known if chosen is None else (chosen,):
        alike = [n for n in names if n.strip().lower() == wanted.strip().lower()]
        if wanted in names or len(alike) == 1:
            found.append(wanted if wanted in names else alike[0])
    return found
