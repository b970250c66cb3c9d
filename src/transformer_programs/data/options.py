"""Options for reading data, kept in the ``config.json`` of a run folder."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Literal, TypedDict

from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.language import Splitting as Splitting, split_text
from transformer_programs.settings import check, setting
from transformer_programs.system import LONGEST_SEQUENCE

SplitBy = Literal["content", "order"]

TagScheme = Literal["iob1", "iob2", "ioe1", "ioe2", "iobes", "bilou"]

Format = Literal["jsonl", "csv", "tsv", "conll", "fasta"]

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.1

AFFIX_LENGTH = 3
"""Characters of a prefix or suffix whose name does not say how many."""

FEATURE_NAME = re.compile(r"(shape)([2-9]?)|(prefix|suffix)([1-9]?)")
"""The name of a character feature: its kind and its length, in digits."""


def feature_names(names: str | None) -> tuple[str, ...]:
    """Divide a list of names of character features at its commas."""
    found = () if names is None else tuple(map(str.strip, names.split(",")))
    for name in found:
        if not FEATURE_NAME.fullmatch(name):
            raise _wrong(
                "{surfaces} needs names among shape, prefix and suffix, or with "
                f"another number of characters than {AFFIX_LENGTH} such as suffix2, or "
                "shape2 for up to 2 equal ones in a row, separated by commas; got ",
                repr(name),
            )
        if found.count(name) > 1:
            raise _wrong("{surfaces} needs every name once, got ", f"{name!r} twice")
    return found


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How sequences are read from files and made a data set (``docs/how-to/data.md``).

    Every field is a string, a number, a truth value or None, so that
    ``dataclasses.asdict`` gives what JSON can hold.

    >>> texts = ["a good film", "a bore", "good", "dull"] * 10
    >>> labels = ["pos", "neg", "pos", "neg"] * 10
    >>> words = tp.ReadOptions(split="words", seed=1)
    >>> tp.labelled_sequences(texts, labels, words).input.split
    'words'
    """

    tokens_column: str | None = setting(
        None,
        "Field or column with the tokens; in CoNLL files a number, where 0 is the "
        "first column and -1 the last.",
        default_text="tokens or text; the first column",
    )
    label_column: str | None = setting(
        None,
        "Field or column with the labels; in CoNLL files, and in headers of FASTA "
        "files, a number.",
        default_text="tags or label; the last column; what follows the identifier",
    )
    format: Format | None = setting(
        None,
        "Format of the files, except for those whose extension says another.",
        default_text="by the extension, else the first lines",
    )
    delimiter: str | None = setting(
        None,
        "Character between the columns of a table, or tab.",
        default_text="comma, tab, semicolon or bar, whichever suits the columns",
    )
    columns: str | None = setting(
        None,
        "Names of the columns of a table whose first line is data, separated by "
        "commas, such as text,label.",
        default_text="found in the first line, or from what the columns hold",
    )
    encoding: str | None = setting(
        None,
        "Encoding of text files, as Python names it.",
        default_text="by the byte order mark, else utf-8, else cp1252",
    )
    no_label: str | None = setting(
        None,
        "A tag that stands for none: it is neither learned nor scored. In JSON null "
        "does.",
    )
    split: Splitting | None = setting(
        None,
        "How a text is split into tokens: at whitespace, into characters, or into "
        "words (letters, digits and underscores) and single other characters.",
        default_text="into words, in lower case, where texts have words with "
        "punctuation attached; else at whitespace",
        common=True,
    )
    validation: str | None = setting(None, "A separate file of validation data.")
    test: str | None = setting(None, "A separate file of test data.")
    validation_fraction: float = setting(
        VALIDATION_FRACTION,
        "Fraction of the data held out to choose among models, if no file is given.",
        above=0,
        below=1,
        hidden=True,
    )
    test_fraction: float = setting(
        TEST_FRACTION,
        "Fraction of the data held out for the final test, if no file is given; 0 for "
        "no test.",
        least=0,
        below=1,
        hidden=True,
    )
    group_column: str | None = setting(
        None,
        "Field or column that names a group, such as a patient or an author: sequences "
        "of one group go to one part of the split.",
        name="group",
    )
    split_by: SplitBy = setting(
        "content",
        "What the split into parts follows from: the content of sequences, or, as in "
        "runs of earlier versions, their order.",
        before="order",
        hidden=True,
    )
    seed: int = setting(
        0,
        "Seed of the split into parts, and of a task's inputs.",
        name="data_seed",
        least=0,
        below=1 << 63,
    )
    max_vocabulary: int | None = setting(
        None,
        "Maximum size of the vocabulary, <unk> included: the most frequent tokens are "
        "kept, others are read as <unk>.",
        least=2,
    )
    more_words: str | None = setting(
        None,
        "A file of word vectors whose words are in the vocabulary too, as far as there "
        "is room; a training word that occurs once and is not among them then counts "
        "as unknown.",
    )
    closed_vocabulary: bool = setting(
        False, "Make a token that is not in the training data an error, not <unk>."
    )
    max_length: int | None = setting(
        None,
        "Maximum length of a sequence in tokens, special tokens included.",
        default_text="the longest in the data; the task's own",
        least=1,
        most=LONGEST_SEQUENCE,
    )
    truncate: bool = setting(
        False, "Cut longer sequences to the maximum length instead of refusing them."
    )
    frame: bool = setting(
        False,
        "Put <s> before every sequence and </s> after it, so that a first and a last "
        "token can be told from others, and a program takes an empty sequence.",
    )
    max_training_length: int | None = setting(
        None,
        "Maximum length of training and validation sequences; longer ones are only "
        "used in the test.",
        least=1,
    )
    tag_scheme: TagScheme | None = setting(
        None,
        "How tags encode entities: iob1 is converted to IOB2, the others are checked.",
        default_text="detected",
    )
    surfaces: str | None = setting(
        None,
        "Character features of tokens, also of unknown ones: names separated by "
        "commas, such as shape,prefix,suffix2; shape2 tells several equal characters "
        "in a row from one.",
    )
    surface_values: int = setting(
        64,
        "Maximum number of values of each character feature; rare ones share one.",
        least=2,
    )
    lowercase: bool = setting(False, "Lower-case tokens before they are looked up.")
    fold_digits: bool = setting(
        False, "Read every run of digits as 0 when a token is looked up."
    )

    def __post_init__(self) -> None:
        check(self)
        validation, test = self.validation_fraction, self.test_fraction
        if validation + test >= 1:
            wanted = "expected {validation_fraction} + {test_fraction} < 1, got "
            raise _wrong(wanted, f"{validation} + {test}")
        feature_names(self.surfaces)
        self._check_files()
        if self.truncate and self.max_length is None:
            raise _wrong("{truncate} needs {max_length}: say how long")
        if self.closed_vocabulary and self.max_vocabulary is not None:
            raise _wrong(
                "{max_vocabulary} leaves tokens out, which {closed_vocabulary} "
                "forbids: choose one of them"
            )

    def _check_files(self) -> None:
        chosen, by, names = self.tokens_column, self.separator, self.column_names
        if chosen is not None and chosen == self.label_column:
            raise _wrong(
                "{tokens_column} and {label_column} are both ",
                f"{chosen!r}: labels that are the tokens themselves cannot be learned; "
                "choose two columns",
            )
        if by is not None and (len(by) != 1 or by in '"\r\n'):
            raise _wrong(
                "{delimiter} needs a single character, neither a quote nor a line end, "
                "or tab; got ",
                repr(self.delimiter),
            )
        try:
            "".encode(self.encoding or "utf-8")
        except (LookupError, ValueError) as error:
            wanted = "the name of one, such as utf-8, utf-16 or cp1252; got "
            raise _wrong("{encoding} needs " + wanted, repr(self.encoding)) from error
        if self.columns is not None and not (len(names) > 1 and all(names)):
            raise _wrong(
                "{columns} needs at least two names with commas between them, such as "
                "text,label; got ",
                repr(self.columns),
            )
        if len(set(names)) < len(names):
            raise _wrong("{columns} needs every name once, got ", repr(self.columns))

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
        return split_text(text, self.split or "whitespace")

    def tags_of(self, text: str) -> tuple[str, ...]:
        """Divide a text into tags: like tokens, but never within a tag."""
        return tuple(text.split()) if self.split == "words" else self.tokens_of(text)


GROUP = SettingName("group_column", ReadOptions)
"""The option for groups, which has another name on the command line."""


def _wrong(text: str, found: str = "") -> SettingsError:
    """Return the error of a text in which names of options stand between braces."""
    parts = re.split(r"\{(\w+)\}", text)
    parts[1::2] = (SettingName(name, ReadOptions) for name in parts[1::2])
    return SettingsError(*parts, found)


class ReadChanges(TypedDict, total=False):
    """The fields of ``ReadOptions`` as keywords."""

    tokens_column: str | None
    label_column: str | None
    format: Format | None
    delimiter: str | None
    columns: str | None
    encoding: str | None
    no_label: str | None
    split: Splitting | None
    validation: str | os.PathLike[str] | None
    test: str | os.PathLike[str] | None
    validation_fraction: float
    test_fraction: float
    group_column: str | None
    split_by: SplitBy
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
