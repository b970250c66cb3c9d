"""How a data file is read: plain data that the run folder's ``config.json`` keeps."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Literal, TypedDict, get_args

from transformer_programs.data.character_features import surface_names
from transformer_programs.data.split import TEST_FRACTION, VALIDATION_FRACTION
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

_TABS = ("tab", "\\t")
"""How a tab may be typed."""


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
        """Refuse options that contradict each other."""
        check_seed(self.seed)
        self._check_fractions()
        self._check_surfaces()
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
        if self.max_vocabulary is not None and self.max_vocabulary < 2:
            raise SettingsError(
                f"expected max_vocabulary >= 2, got {self.max_vocabulary}"
            )
        for name, length in (
            ("max_length", self.max_length),
            ("max_training_length", self.max_training_length),
        ):
            if length is not None and length < 1:
                raise SettingsError(f"expected {name} >= 1, got {length}")
        check_length("max_length", self.max_length or 0)
        if self.truncate and self.max_length is None:
            raise SettingsError("truncate needs max_length: say how long")
        if self.closed_vocabulary and self.max_vocabulary is not None:
            raise SettingsError(
                "max_vocabulary leaves tokens out, which closed_vocabulary forbids: "
                "choose one of them"
            )

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
        if self.encoding is not None:
            try:
                "".encode(self.encoding)
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
        """The character between columns, if it is given."""
        return "\t" if self.delimiter in _TABS else self.delimiter

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, if they are given; else none."""
        return [n.strip() for n in self.columns.split(",")] if self.columns else []

    def _check_fractions(self) -> None:
        if not 0 < self.validation_fraction < 1:
            raise SettingsError(
                "expected validation_fraction between 0 and 1, both excluded, got "
                f"{self.validation_fraction}"
            )
        if not 0 <= self.test_fraction < 1:
            raise SettingsError(
                "expected test_fraction between 0 and 1, 1 excluded, got "
                f"{self.test_fraction}"
            )
        if self.validation_fraction + self.test_fraction >= 1:
            raise SettingsError(
                "expected validation_fraction + test_fraction < 1, got "
                f"{self.validation_fraction} + {self.test_fraction}"
            )

    def _check_surfaces(self) -> None:
        surface_names(self.surfaces)
        if self.surface_values < 2:
            raise SettingsError(
                f"expected surface_values >= 2, got {self.surface_values}"
            )

    def tokens_of(self, text: str) -> tuple[str, ...]:
        """The tokens of a text."""
        return split_text(text, self.split)

    def tags_of(self, text: str) -> tuple[str, ...]:
        """The tags of a text: divided like tokens, but never within a tag."""
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
    """The options with some fields replaced; paths become strings.

    Raises:
        SettingsError: if the result contradicts itself.
    """
    plain = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in changes.items()
    }
    return replace(options, **plain)  # type: ignore[arg-type]  # ReadChanges checks it
