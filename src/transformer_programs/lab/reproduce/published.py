"""Published numbers: percent of labels right, as printed where they are from."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.lab.reproduce.suites import (
    LANGUAGE_SUITE,
    LONGER_SIZE,
    PAPER_SIZE,
    SUITES,
)

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
