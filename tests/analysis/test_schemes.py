"""Which tags may follow each other, by the labels alone."""

from __future__ import annotations

import pytest

from transformer_programs.analysis.schemes import follows_in

BIO = ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")
IOBES = ("B-X", "E-X", "I-X", "O", "S-X")


@pytest.mark.parametrize(
    ("labels", "before", "label", "possible"),
    [
        (BIO, None, "I-PER", False),
        (BIO, "O", "I-PER", False),
        (BIO, "B-LOC", "I-PER", False),
        (BIO, "B-PER", "I-PER", True),
        (BIO, "I-PER", "I-PER", True),
        (BIO, "I-PER", "B-LOC", True),
        (BIO, "B-PER", "O", True),
        (IOBES, "B-X", "O", False),
        (IOBES, "B-X", "E-X", True),
        (IOBES, "I-X", "B-X", False),
        (IOBES, "E-X", "S-X", True),
        (IOBES, None, "E-X", False),
        (("I-X", "O"), "O", "I-X", True),
        (("ADJ", "NOUN"), "ADJ", "NOUN", True),
    ],
)
def test_what_follows(
    labels: tuple[str, ...], before: str | None, label: str, possible: bool
) -> None:
    assert follows_in(labels)(before, label) is possible
