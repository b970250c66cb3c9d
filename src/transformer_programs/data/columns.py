"""Which field or column has the tokens, the labels and the part of a sequence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from transformer_programs.data.texts import shown
from transformer_programs.errors import DataError, SettingName

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

_TOKENS_ELSEWHERE = (
    *("seq", "sequence", "sentence", "sentences", "words", "token", "texts", "input"),
    *("content", "document", "review", "message", "comment", "tweet", "utterance"),
    *("query", "question", "title", "string", "dna", "protein", "word", "body", "x"),
)
"""What others call the tokens: for a guess in a message, never read by themselves."""

_LABELS_ELSEWHERE = (
    *("class", "labels", "target", "category", "y", "output", "sentiment", "tag"),
    *(
        "ner_tags",
        "pos_tags",
        "pos",
        "ner",
        "intent",
        "topic",
        "kind",
        "type",
        "classes",
    ),
    *("coarse_label", "label_text", "stars", "rating", "score"),
)

_SHOWN = 12
"""Names of columns that a message lists."""


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


def fields_of(
    where: str,
    present: Iterable[str],
    chosen_tokens: str | None,
    chosen_label: str | None,
) -> tuple[str, str]:
    """The fields with the tokens and with the labels, among those that are present.

    They are the chosen ones, else "tokens" or else "text", and "tags" or "label"; in
    any case if they do not stand there exactly.

    Raises:
        DataError: if one is missing, if "tags" and "label" are both there and neither
            is chosen, or if one field is both.
    """
    names = list(present)
    tokens = _present(names, chosen_tokens, TOKEN_FIELDS)
    labels = _present(names, chosen_label, LABEL_FIELDS)
    if not tokens or not labels:
        raise _missing(where, names, tokens, labels, (chosen_tokens, chosen_label))
    if len(labels) > 1:
        raise DataError(
            f"{where}: expected either 'tags' or 'label', found both; set ",
            SettingName("label_column"),
            f"={labels[0]!r} or {labels[1]!r}",
        )
    if tokens[0] == labels[0]:
        raise DataError(
            f"{where}: expected tokens and labels in two fields, found both in "
            f"{tokens[0]!r}; set ",
            *(SettingName("tokens_column"), " and ", SettingName("label_column")),
        )
    return tokens[0], labels[0]


def has_fields(
    present: Iterable[str], chosen_tokens: str | None, chosen_label: str | None
) -> bool:
    """Whether tokens and labels are among the fields, each at least once."""
    names = list(present)
    tokens = _present(names, chosen_tokens, TOKEN_FIELDS)
    return bool(tokens and _present(names, chosen_label, LABEL_FIELDS))


def split_field(present: Iterable[str], tokens: str, label: str) -> str | None:
    """The split field, if it is there and not read as something else."""
    found = _present(list(present), None, (SPLIT_FIELD,))
    return next((name for name in found if name not in (tokens, label)), None)


def means_tags(label: str) -> bool:
    """Whether a field is called as tags are."""
    return label.strip().lower() == LABEL_FIELDS[0]


def guessed(names: Sequence[str]) -> tuple[str | None, str | None]:
    """The names that most likely mean tokens and labels; None where nothing does."""
    known = [name for name in names if name]
    tokens = _called(known, (*TOKEN_FIELDS, *_TOKENS_ELSEWHERE))
    labels = _called(known, (*LABEL_FIELDS, *_LABELS_ELSEWHERE))
    if len(known) == 2 and tokens != labels:
        if tokens is None:
            tokens = next(name for name in known if name != labels)
        elif labels is None:
            labels = next(name for name in known if name != tokens)
    elif len(known) == 2 and tokens is None:
        tokens, labels = known
    return tokens, labels


def listed(names: Sequence[str]) -> str:
    """Names in one line, for messages."""
    more = ", ..." if len(names) > _SHOWN else ""
    return (", ".join(map(shown, names[:_SHOWN])) or "none") + more


def _missing(
    where: str,
    names: list[str],
    tokens: list[str],
    labels: list[str],
    chosen: tuple[str | None, str | None],
) -> DataError:
    """What is not there, what is, and the options that would name it."""
    expected, options = [], list[str]()
    for option, known, found, choice, guess in (
        ("tokens_column", TOKEN_FIELDS, tokens, chosen[0], guessed(names)[0]),
        ("label_column", LABEL_FIELDS, labels, chosen[1], guessed(names)[1]),
    ):
        if not found:
            wanted = known if choice is None else (choice,)
            expected.append(" or ".join(map(repr, wanted)))
            options += [" and "] if options else []
            options += [SettingName(option), "" if guess is None else f"={guess!r}"]
    return DataError(
        f"{where}: expected {' and '.join(expected)} among the fields, found "
        f"{listed(names)}; set ",
        *options,
    )


def _present(names: list[str], chosen: str | None, known: tuple[str, ...]) -> list[str]:
    """Those of the wanted names that are there: exactly, else in any case."""
    found = []
    for wanted in known if chosen is None else (chosen,):
        if wanted in names:
            found.append(wanted)
            continue
        alike = [n for n in names if n.strip().lower() == wanted.strip().lower()]
        if len(alike) == 1:
            found += alike
    return found


def _called(names: Sequence[str], known: tuple[str, ...]) -> str | None:
    """The first name that is among the known ones, in their order."""
    lower = {name.strip().lower(): name for name in reversed(names)}
    return next((lower[name] for name in known if name in lower), None)
