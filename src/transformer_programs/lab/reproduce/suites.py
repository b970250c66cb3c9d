"""The paper's suites of tasks and data sets, their sizes, and published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transformer_programs.data import LANGUAGE, ReadOptions, changed
from transformer_programs.errors import SettingsError
from transformer_programs.lab.reproduce.real_data import REAL_DATA
from transformer_programs.tasks import FileSource, TaskSource

LANGUAGE_SUITE = "language"
"""Named entities and texts: data sets that are files of the user's."""

DATA_SUITE = "data"
"""Tables and texts, as files of the user's: the default program beside others."""

OF_FILES = (LANGUAGE_SUITE, DATA_SUITE)
"""Suites whose tasks are files, which have no sizes."""

TRAINING_LENGTHS = {"uner_ewt": 32, "trec": 64, "mr": 64, "subj": 64, "ag_news": 64}
"""Its data sets, and the most tokens of their training sentences, as in the paper."""

SUITES: dict[str, tuple[str, ...]] = {
    "rasp": (
        *("reverse", "sort", "hist", "double_hist"),
        *("most_freq", "dyck1", "dyck2"),
    ),
    "induction": ("induction",),
    LANGUAGE_SUITE: tuple(TRAINING_LENGTHS),
    DATA_SUITE: tuple(REAL_DATA),
}
"""The tasks of every suite, in the order of the paper's tables."""

SIMPLE = "simple"
"""The learner that stands for all counts and linear models."""

DEFAULT = "default"
"""The learner that ``tprog train`` takes without options: that of the suite of data."""

LEARNERS = (DEFAULT, "search", "gradient", "baseline", SIMPLE)
"""In the order of the columns."""

LEARNERS_OF = {
    LANGUAGE_SUITE: ("search", "gradient", "baseline", SIMPLE),
    DATA_SUITE: (DEFAULT, SIMPLE, "baseline"),
}
"""Of the suites of files; others are drawn, and learned by all three."""

PAPER_SIZE = 8
LONGER_SIZE = 16

SIZES: dict[str, dict[int, tuple[int | None, int]]] = {
    **{task: {PAPER_SIZE: (8, 8), LONGER_SIZE: (16, 16)} for task in SUITES["rasp"]},
    **{
        task: {PAPER_SIZE: (None, 16), LONGER_SIZE: (None, 32)}
        for task in ("dyck1", "dyck2")
    },
    "induction": {PAPER_SIZE: (10, 10), LONGER_SIZE: (28, 30)},
}
"""For every task that is drawn, by the name of a size: the size of the vocabulary,
special tokens counted, and the length, the frame counted. The paper's own sizes go by
the name 8."""

SEQUENCES = 20_000
"""Inputs that are drawn, a tenth of them held out, as in the paper."""


def source_at(task: str, size: int) -> TaskSource:
    """Return the data of a task at a size."""
    vocabulary_size, max_length = SIZES[task][size]
    return TaskSource(
        task, SEQUENCES, vocabulary_size=vocabulary_size, max_length=max_length
    )


@dataclass(frozen=True, slots=True)
class Files:
    """The files of the language suite.

    Word classes begin with the vectors, whose words are told apart too, else at random.
    """

    data: Path  # the folder that ``examples/language/prepare.py`` wrote
    vectors: Path | None = None

    def source(self, name: str) -> FileSource:
        """Return a data set, with the hashes of its files.

        Raises:
            SettingsError: If the folder has no such data set.
        """
        folder = self.data / name
        if not folder.is_dir():
            raise SettingsError(
                f"{folder}: no such folder; expected that of a data set, with "
                "train.jsonl, validation.jsonl and test.jsonl, as "
                "examples/language/prepare.py writes it"
            )
        options = replace(
            changed(ReadOptions(), LANGUAGE),
            split="whitespace",
            validation=str(folder / "validation.jsonl"),
            test=str(folder / "test.jsonl"),
            max_training_length=TRAINING_LENGTHS[name],
            more_words=None if self.vectors is None else str(self.vectors),
        )
        return FileSource(str(folder / "train.jsonl"), options).stamped()


def without_folders(name: str, source: FileSource) -> FileSource:
    """Return a data set as a record has it: its files by name and hash."""
    vectors = source.options.more_words
    options = replace(
        source.options,
        validation=f"{name}/validation.jsonl",
        test=f"{name}/test.jsonl",
        more_words=None if vectors is None else Path(vectors).name,
    )
    return replace(source, path=f"{name}/train.jsonl", options=options)


# ---- Published numbers: percent of labels right, as printed where they are from ----

TEXTS_SOURCE = (
    "D. Friedman, A. Wettig, D. Chen: Learning Transformer Programs, arXiv 2306.01128v2"
)
"""Where the columns of ``TEXTS`` are from."""

SOURCES = {
    "paper": f"{TEXTS_SOURCE}, the best program of its grid",
    "wide grid": "a reproduction of it with up to 4 layers, 16 heads and 8 tables, "
    "likewise",
    "two reproductions": "the published method at this size, one seed each",
}
"""What every column of ``PUBLISHED`` is."""


def _column(tasks: Sequence[str], *numbers: str) -> dict[str, str]:
    return dict(zip(tasks, numbers, strict=True))


_RASP, _TEXTS = SUITES["rasp"], SUITES[LANGUAGE_SUITE][1:]

PUBLISHED: dict[int, dict[str, dict[str, str]]] = {
    PAPER_SIZE: {
        "paper": _column(
            (*_RASP, "induction"),
            *("99.79", "99.83", "100.0", "98.40", "75.69", "99.30", "99.09", "100"),
        ),
        "wide grid": _column(
            _RASP, "99.99", "100", "100", "99.99", "83.14", "99.94", "99.64"
        ),
    },
    LONGER_SIZE: {
        "two reproductions": _column(
            _RASP[:5],
            *("41.8, 42.1", "79.7, 88.1", "99.9, 99.9", "50.9, 71.3", "54.0, 53.8"),
        ),
    },
}
"""By size, column and task; per token."""

TEXTS = {
    "paper": _column(_TEXTS, "85.6", "77.9", "93.0", "90.8"),
    "paper: Transformer": _column(_TEXTS, "88.6", "77.2", "92.3", "91.7"),
    "paper: naive Bayes": _column(_TEXTS, "74.8", "77.8", "92.6", "89.6"),
}
"""By column and data set: its program, a standard Transformer, naive Bayes on words."""
