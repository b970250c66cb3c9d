"""Published numbers: accuracy per token in percent, as printed where they are from."""

from __future__ import annotations

from transformer_programs.lab.reproduction.suites import LONGER_SIZE, PAPER_SIZE

SOURCES = {
    "paper": "D. Friedman, A. Wettig, D. Chen: Learning Transformer Programs, "
    "arXiv 2306.01128v2, the best program of its grid",
    "wide grid": "a reproduction of it with up to 4 layers, 16 heads and 8 tables, "
    "likewise",
    "two reproductions": "the published method at this size, one seed each",
}
"""What every column is."""

PUBLISHED: dict[int, dict[str, dict[str, str]]] = {
    PAPER_SIZE: {
        "paper": {
            "reverse": "99.79",
            "sort": "99.83",
            "hist": "100.0",
            "double_hist": "98.40",
            "most_freq": "75.69",
            "dyck1": "99.30",
            "dyck2": "99.09",
            "induction": "100",
        },
        "wide grid": {
            "reverse": "99.99",
            "sort": "100",
            "hist": "100",
            "double_hist": "99.99",
            "most_freq": "83.14",
            "dyck1": "99.94",
            "dyck2": "99.64",
        },
    },
    LONGER_SIZE: {
        "two reproductions": {
            "reverse": "41.8, 42.1",
            "sort": "79.7, 88.1",
            "hist": "99.9, 99.9",
            "double_hist": "50.9, 71.3",
            "most_freq": "54.0, 53.8",
        },
    },
}
"""By size, column and task."""

TEXTS_SOURCE = (
    "D. Friedman, A. Wettig, D. Chen: Learning Transformer Programs, arXiv 2306.01128v2"
)
"""Where the columns of ``TEXTS`` are from."""

TEXTS: dict[str, dict[str, str]] = {
    "paper": {"trec": "85.6", "mr": "77.9", "subj": "93.0", "ag_news": "90.8"},
    "paper: Transformer": {
        "trec": "88.6",
        "mr": "77.2",
        "subj": "92.3",
        "ag_news": "91.7",
    },
    "paper: naive Bayes": {
        "trec": "74.8",
        "mr": "77.8",
        "subj": "92.6",
        "ag_news": "89.6",
    },
}
"""Percent of labels right, by column and data set: its program, a standard Transformer,
naive Bayes on words."""
