"""Whether labels depend only on the tokens up to their own, in data and in programs."""

from __future__ import annotations

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.program import Interpreter, Program, Scope, encode_batch

LOOKED_AT = 4000
"""Sequences whose beginnings are compared."""

ENOUGH = 4
"""Labels that a shared beginning has to confirm before data look causal."""

CUT = 300
"""Sequences that are cut at every place, to see whether a program reads on."""


def is_causal(program: Program) -> bool:
    """Whether no head of a program looks at a later position."""
    scopes = {getattr(s, "scope", Scope.CAUSAL) for s in program.statements}
    return scopes <= {Scope.BEFORE, Scope.CAUSAL}


def looks_causal(dataset: Dataset) -> bool:
    """Whether training labels look like functions of the tokens up to their own.

    So they do if sequences that begin alike have the same labels as long as they do,
    and this was seen often: wherever two different sequences share a beginning.
    """
    if not dataset.tagging:
        return False
    numbers: dict[tuple[int, str], int] = {}  # of beginnings: a shorter one, a token
    said: dict[int, str] = {}
    agreed = 0
    seen: set[tuple[str, ...]] = set()
    pairs = zip(dataset.train.sequences, dataset.train.targets, strict=True)
    for tokens, labels in pairs:
        if tokens in seen:
            continue
        seen.add(tokens)
        known = len(numbers)
        beginning = 0
        for token, label in zip(tokens, labels, strict=True):
            beginning = numbers.setdefault((beginning, token), len(numbers) + 1)
            if label is not None and said.setdefault(beginning, label) != label:
                return False
            agreed += label is not None and beginning <= known
        if len(seen) == LOOKED_AT:
            break
    return agreed >= ENOUGH


def first_later_read(program: Program, dataset: Dataset) -> tuple[str, ...] | None:
    """A sequence, that begins one of the data, whose last token changes a label before.

    Args:
        program: a program with a label per token.
        dataset: its training data are looked at, some of them.

    Returns:
        The shortest one found; None if there is none, or if no head could do it.
    """
    if is_causal(program):
        return None
    whole_ones = list(dict.fromkeys(dataset.train.sequences[:LOOKED_AT]))[:CUT]
    some = {s[:end] for s in whole_ones for end in range(2, len(s) + 1)}
    sequences = sorted(some, key=lambda tokens: (len(tokens), tokens))
    if not sequences:
        return None
    interpreter, form = Interpreter(program), program.input
    whole = interpreter.predict(encode_batch(form, sequences, form.max_length))
    shorter = [tokens[:-1] for tokens in sequences]
    cut = interpreter.predict(encode_batch(form, shorter, form.max_length))
    places = np.arange(whole.shape[1]) - form.offset
    lengths = np.array([len(tokens) for tokens in shorter])[:, None]
    differs = (whole != cut) & (places >= 0) & (places < lengths)
    rows = np.flatnonzero(differs.any(axis=1))
    return sequences[rows[0]] if len(rows) else None
