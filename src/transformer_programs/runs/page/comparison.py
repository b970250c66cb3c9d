"""Where two programs differ: what is written, and labels on inputs of either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transformer_programs.analysis import Change, changes
from transformer_programs.runs.page.evidence import Known
from transformer_programs.runs.runnable import Program

MOST_COMPARED = 3_000
"""Inputs whose labels are compared, of the data of each."""

_MOST_SHOWN = 12
_MOST_CHANGES = 60


@dataclass(frozen=True, slots=True)
class TwoCompared:
    """How two programs differ.

    Attributes:
        changes: What is written differently, the first ones.
        more: The number of further changes.
        inputs: The inputs that both accept and whose labels were compared.
        differing: The inputs of these on which labels differ, the shortest ones.
        differ: How many do.
    """

    changes: tuple[Change, ...]
    more: int
    inputs: int
    differing: tuple[tuple[str, ...], ...]
    differ: int


def compared(programs: Sequence[Program], known: Sequence[Known]) -> TwoCompared:
    """Compare two programs: their statements, and their labels on known inputs."""
    first, second = programs
    written = changes(first.data, second.data)
    inputs = [
        tokens
        for found in known
        for tokens in found.inputs[:MOST_COMPARED]
        if all(_accepts(program, tokens) for program in programs)
    ]
    inputs = [*dict.fromkeys(inputs)]
    labels = [program.batch(inputs) if inputs else [] for program in programs]
    pairs = zip(inputs, *labels, strict=True)
    differing = [tokens for tokens, one, two in pairs if one != two]
    return TwoCompared(
        written[:_MOST_CHANGES],
        max(0, len(written) - _MOST_CHANGES),
        len(inputs),
        tuple(sorted(differing, key=lambda tokens: (len(tokens), tokens)))[
            :_MOST_SHOWN
        ],
        len(differing),
    )


def _accepts(program: Program, tokens: Sequence[str]) -> bool:
    form = program.input
    if not form.min_bare_length <= len(tokens) <= form.max_bare_length:
        return False
    return all(map(form.accepts, tokens))
