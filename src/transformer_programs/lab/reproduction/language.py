"""The suite of named entities and texts: data sets that are files of the user's."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from transformer_programs.data import LANGUAGE, ReadOptions, changed
from transformer_programs.errors import SettingsError
from transformer_programs.tasks import FileSource

SUITE = "language"
"""What the suite is called."""

TRAINING_LENGTHS = {"uner_ewt": 32, "trec": 64, "mr": 64, "subj": 64, "ag_news": 64}
"""The data sets, and the most tokens of their training sentences, as in the paper."""

PARTS = ("train", "validation", "test")
"""The files of a data set, each with the ending ``.jsonl``."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the data are.

    Attributes:
        data: the folder that ``examples/language/prepare.py`` wrote.
        vectors: word vectors that word classes begin with, whose words are told apart
            too; None to begin at random.
    """

    data: Path
    vectors: Path | None = None

    def source(self, name: str) -> FileSource:
        """A data set, with the hashes of its files.

        Raises:
            SettingsError: if the folder has no such data set.
            DataError: if one of its files cannot be read.
        """
        folder = self.data / name
        if not folder.is_dir():
            raise SettingsError(
                f"{folder}: no such folder; expected that of a data set, with "
                "train.jsonl, validation.jsonl and test.jsonl, as "
                "examples/language/prepare.py writes it"
            )
        train, validation, test = (folder / f"{part}.jsonl" for part in PARTS)
        options = replace(
            changed(ReadOptions(), LANGUAGE),
            validation=str(validation),
            test=str(test),
            max_training_length=TRAINING_LENGTHS[name],
            more_words=None if self.vectors is None else str(self.vectors),
        )
        return FileSource(str(train), options).stamped()


def described(name: str, source: FileSource) -> dict[str, Any]:
    """What a record says of a data set: its files by name and hash, without folders."""
    train, validation, test = (f"{name}/{part}.jsonl" for part in PARTS)
    vectors = source.options.more_words
    options = replace(
        source.options,
        validation=validation,
        test=test,
        more_words=None if vectors is None else Path(vectors).name,
    )
    return {"kind": "file", **asdict(replace(source, path=train, options=options))}
