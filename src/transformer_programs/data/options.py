"""Options for reading data, kept in the ``config.json`` of a run folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, get_args

from transformer_programs.errors import SettingsError
from transformer_programs.program import (
    SPLITTINGS,
    Splitting as Splitting,
    split_text,
)
from transformer_programs.settings import check_seed
from transformer_programs.system import check_length

TagScheme = Literal["iob1", "iob2", "ioe1", "ioe2", "iobes", "bilou"]

Format = Literal["jsonl", "csv", "tsv", "conll"]

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.1

AFFIX_LENGTH = 3
"""Characters of a prefix or suffix whose name does not say how many."""

FEATURE_NAME = re.compile(r"(shape)|(prefix|suffix)([1-9]?)")
"""The name of a character feature: its kind and, of an affix, its length."""


def feature_names(names: str | None) -> tuple[str, ...]:
    """Divide a list of names of character features at its commas."""
    found = (
        tuple(name.strip() for name in names.split(",")) if names is not None else ()
    )
    for name in found:
        if not FEATURE_NAME.fullmatch(name):
            raise SettingsError(
                "surfaces needs names among shape, prefix and suffix, or with another "
                f"number of characters than {AFFIX_LENGTH} such as suffix2, separated "
                f"by commas; got {name!r}"
            )
        if found.count(name) > 1:
            raise SettingsError(f"surfaces needs every name once, got {name!r} twice")
    return found


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How sequences are read from files and made a data set (``docs/data.md``).

    Every field is a string, a number, a truth value or None, so that
    ``dataclasses.asdict`` gives what JSON can hold.

    >>> texts = ["a good film", "a bore", "good", "dull"] * 10
    >>> labels = ["pos", "neg", "pos", "neg"] * 10
    >>> words = tp.ReadOptions(split="words", seed=1)
    >>> tp.labelled_sequences(texts, labels, words).input.split
    'words'
    """

    tokens_column: str | None = None
    """The field or column with the tokens: by default "tokens" or "text". In CoNLL
    files a number, where 0 is the first column (the default) and -1 the last."""
    label_column: str | None = None
    """The field or column with the labels: by default "tags" or "label", in CoNLL files
    the last."""
    format: Format | None = None
    """How the file is written; by default what its extension says, else its first
    lines. It is not of separate files whose extension says another."""
    delimiter: str | None = None
    """The character between the columns of a table, or "tab"; by default the one of
    comma, tab, semicolon and bar that makes columns with the names that are needed."""
    columns: str | None = None
    """The names of the columns, with commas between them, of a table whose first line
    is data, such as "text,label"."""
    encoding: str | None = None
    """The encoding of text files, as Python names it; by default what a byte order mark
    says, else UTF-8, else cp1252 if a file can be that."""
    no_label: str | None = None
    """A tag that stands for none: it is neither learned nor scored. In JSON null says
    so by itself."""
    split: Splitting = "whitespace"
    """How a text becomes tokens: at whitespace, into single characters, or into words
    (letters, digits and underscores together) and single other characters."""
    validation: str | None = None
    """A separate file of validation data."""
    test: str | None = None
    """A separate file of test data."""
    validation_fraction: float = VALIDATION_FRACTION
    """The part of the data held out to choose among models, if none is given."""
    test_fraction: float = TEST_FRACTION
    """The part of the data held out for the final test, if none is given; 0 for no
    test."""
    seed: int = 0
    """Fixes the split."""
    max_vocabulary: int | None = None
    """The most tokens in the vocabulary, the unknown token included; the most frequent
    are kept."""
    more_words: str | None = None
    """A file of word vectors whose words are in the vocabulary too, as many as
    max_vocabulary allows; a training word that occurs once and is not among them is
    then read as unknown."""
    closed_vocabulary: bool = False
    """Whether a token that is not in the training data is an error; otherwise it is
    read as the unknown token."""
    max_length: int | None = None
    """The most tokens per sequence; by default the longest sequence's number."""
    truncate: bool = False
    """Whether longer sequences are cut to max_length instead of being an error."""
    frame: bool = False
    """Whether <s> is put before every sequence and </s> after it, so that a first and a
    last token can be told from others, and a program takes an empty sequence."""
    max_training_length: int | None = None
    """The most tokens of training and validation sequences; longer ones are left out.
    Test sequences all stay, and max_length covers them."""
    tag_scheme: TagScheme | None = None
    """How tags write entities: "iob1" is read as IOB2, the others are checked; by
    default it is found out."""
    surfaces: str | None = None
    """Variables that are computed from the characters of tokens, also of unknown ones:
    names with commas between them, such as "shape,prefix,suffix2"."""
    surface_values: int = 64
    """The most values of such a variable, that of all rare ones included."""
    lowercase: bool = False
    """Whether tokens are put into lower case before they are looked up."""
    fold_digits: bool = False
    """Whether each run of digits counts as 0 when a token is looked up."""

    def __post_init__(self) -> None:
        check_seed(self.seed)
        feature_names(self.surfaces)
        self._check_fractions()
        self._check_files()
        for choice, kinds in (
            ("format", (None, *get_args(Format))),
            ("split", SPLITTINGS),
            ("tag_scheme", (None, *get_args(TagScheme))),
        ):
            if getattr(self, choice) not in kinds:
                expected = ", ".join(map(str, kinds))
                raise SettingsError(
                    f"expected {choice} {expected}, got {getattr(self, choice)!r}"
                )
        for name, least in (
            ("surface_values", 2),
            ("max_vocabulary", 2),
            ("max_length", 1),
            ("max_training_length", 1),
        ):
            value = getattr(self, name)
            if value is not None and value < least:
                raise SettingsError(f"expected {name} >= {least}, got {value}")
        check_length("max_length", self.max_length or 0)
        if self.truncate and self.max_length is None:
            raise SettingsError("truncate needs max_length: say how long")
        if self.closed_vocabulary and self.max_vocabulary is not None:
            raise SettingsError(
                "max_vocabulary leaves tokens out, which closed_vocabulary forbids: "
                "choose one of them"
            )

    def _check_fractions(self) -> None:
        validation, test = self.validation_fraction, self.test_fraction
        if not 0 < validation < 1:
            expected = (
                f"validation_fraction between 0 and 1, both excluded, got {validation}"
            )
        elif not 0 <= test < 1:
            expected = f"test_fraction between 0 and 1, 1 excluded, got {test}"
        elif validation + test >= 1:
            expected = (
                f"validation_fraction + test_fraction < 1, got {validation} + {test}"
            )
        else:
            return
        raise SettingsError(f"expected {expected}")

    def _check_files(self) -> None:
        chosen = self.tokens_column
        if chosen is not None and chosen == self.label_column:
            raise SettingsError(
                f"tokens_column and label_column are both {chosen!r}: labels that are "
                "the tokens themselves cannot be learned; choose two columns"
            )
        separator = self.separator
        if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
            raise SettingsError(
                "delimiter needs a single character, neither a quote nor a line end, "
                f"or tab; got {self.delimiter!r}"
            )
        try:
            "".encode("utf-8" if self.encoding is None else self.encoding)
        except (LookupError, ValueError) as error:
            raise SettingsError(
                "encoding needs the name of one, such as utf-8, utf-16 or cp1252; "
                f"got {self.encoding!r}"
            ) from error
        names = self.column_names
        if self.columns is not None and not (len(names) > 1 and all(names)):
            raise SettingsError(
                "columns needs at least two names with commas between them, such as "
                f"text,label; got {self.columns!r}"
            )
        if len(set(names)) < len(names):
            raise SettingsError(f"columns needs every name once, got {self.columns!r}")

    @property
    def separator(self) -> str | None:
        """Character between columns, if it is given."""
        return "\t" if self.delimiter in ("tab", "\\t") else self.delimiter

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, if they are given; else empty."""
        return [n.strip() for n in self.columns.split(",")] if self.columns else []

    def tokens_of(self, text: str) -> tuple[str, ...]:
        """Divide a text into tokens."""
        return split_text(text, self.split)

    def tags_of(self, text: str) -> tuple[str, ...]:
        """Divide a text into tags: like tokens, but never within a tag."""
        return tuple(text.split()) if self.split == "words" else self.tokens_of(text)


class ReadChanges(TypedDict, total=False):
    """The fields of ``ReadOptions`` as keywords."""

    tokens_column: str | None
    label_column: str | None
    format: Format | None
    delimiter: str | None
    columns: str | None
    encoding: str | None
    no_label: str | None
    split: Splitting
    validation: str | os.PathLike[str] | None
    test: str | os.PathLike[str] | None
    validation_fraction: float
    test_fraction: float
    seed: int
    max_vocabulary: int | None
    more_words: str | os.PathLike[str] | None
    closed_vocabulary: bool
    max_length: int | None
    truncate: bool
    frame: bool
    max_training_length: int | None
    tag_scheme: TagScheme | None
    surfaces: str | None
    surface_values: int
    lowercase: bool
    fold_digits: bool


def changed(options: ReadOptions, changes: ReadChanges) -> ReadOptions:
    """Replace some of the options; paths become strings."""
    plain = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in changes.items()
    }
    return replace(options, **plain)  # type: ignore[arg-type]  # ReadChanges checks it
