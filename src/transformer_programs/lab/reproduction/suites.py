"""Which of the paper's tasks belong together, and at which sizes they are learned."""

from __future__ import annotations

from transformer_programs.lab.reproduction import language
from transformer_programs.tasks import TaskSource

SUITES: dict[str, tuple[str, ...]] = {
    "rasp": (
        *("reverse", "sort", "hist", "double_hist"),
        *("most_freq", "dyck1", "dyck2"),
    ),
    "induction": ("induction",),
    language.SUITE: tuple(language.TRAINING_LENGTHS),
}
"""The tasks of every suite, in the order of the paper's tables."""

SIMPLE = "simple"
"""The learner that is all counts and linear models of ``shallow/``."""

LEARNERS = ("search", "gradient", "baseline", SIMPLE)
"""In the order of the columns."""

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
    """The data of a task at a size."""
    vocabulary_size, max_length = SIZES[task][size]
    return TaskSource(
        task, SEQUENCES, vocabulary_size=vocabulary_size, max_length=max_length
    )
