"""Which statements decide which labels, or the labels of which inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import Batch, Program, encode_batch
from transformer_programs.optimize import part_of_program, sentences
from transformer_programs.runs.circuit import labels_asked

MOST_SLICES = 24
MOST_INPUTS = 400
MOST_POSITIONS = 8_000
"""Positions of all inputs together."""

MOST_EXECUTED = 5_000
"""Statements that are executed again: each takes the place of each, of every slice."""

MOST_ENTRIES = 20_000
"""Entries of a program beyond which slices would take too long."""

MOST_TOKENS = 8
"""Tokens of a program whose inputs are also told apart by what they contain."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The part of a program that some labels need.

    Attributes:
        title: Which labels.
        sentences: What was kept, fixed and removed, and on how many inputs, in words.
        kept: The variables that are computed.
        fixed: Those for which one value will do.
    """

    title: str
    sentences: tuple[str, ...]
    kept: tuple[str, ...]
    fixed: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "title": self.title,
            "text": ". ".join(self.sentences) + ".",
            "kept": list(self.kept),
            "fixed": list(self.fixed),
        }


def slices(program: Program, sequences: Sequence[Sequence[str]]) -> list[Slice]:
    """Return what decides all labels, each label, and inputs that hold some token.

    None of programs that are too large for it.

    Args:
        program: A valid program.
        sequences: Inputs that it accepts, on which labels have to stay.
    """
    entries = sum(statement.entries for statement in program.statements)
    if not program.statements or not sequences or entries > MOST_ENTRIES:
        return []
    most = min(MOST_SLICES, MOST_EXECUTED // len(program.statements) ** 2)
    if not most:
        return []
    longest = max(map(len, sequences)) or 1
    count = max(1, min(MOST_INPUTS, MOST_POSITIONS // longest))
    step = -(-len(sequences) // count)
    chosen = [*sequences[::step]]
    batch = encode_batch(program.input, chosen)
    labels = program.readout.labels
    found = [_slice(program, batch, "every label", None, np.full(len(chosen), True))]
    for label, tokens in _kinds(program, labels):
        if len(found) == most:
            break
        if tokens is None:
            asked = np.full(len(chosen), True)
            title = f"whether the label is {label!r}"
        else:
            asked = np.array([tokens in sequence for sequence in chosen])
            title = f"every label, inputs that contain {tokens!r}"
        if asked.any():
            found.append(_slice(program, batch, title, label, asked))
    return found


def _kinds(
    program: Program, labels: Sequence[str]
) -> Iterator[tuple[str | None, str | None]]:
    # A label, or a token that inputs contain.
    for label in labels if len(labels) > 1 else ():
        yield label, None
    form = program.input
    if len(form.symbols) <= MOST_TOKENS:
        for token in form.symbols:
            yield None, token


def _slice(
    program: Program,
    batch: Batch,
    title: str,
    label: str | None,
    rows: NDArray[np.bool_],
) -> Slice:
    batch = batch[np.flatnonzero(rows)]
    found = part_of_program(program, batch, labels_asked(program, batch), label)
    inputs = f"these labels stay on {len(batch):,} inputs"
    return Slice(title, (*sentences(found), inputs), found.kept, found.fixed)
