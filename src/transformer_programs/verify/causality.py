"""Causality: labels that depend only on the tokens up to their own."""

from __future__ import annotations

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import (
    POSITIONS,
    Interpreter,
    Program,
    Scope,
    encode_batch,
)

EXAMINED = 4000
"""The most sequences of the data that are examined."""

ENOUGH = 4
"""Labels that shared prefixes must confirm before data look causal."""

CUT = 300
"""The most sequences that are cut at every place to test a program."""


def is_causal(program: Program) -> bool:
    """Return whether no head of a program looks at a later position."""
    return later_head(program) is None


def later_head(program: Program) -> str | None:
    """Return the first head that looks at a later position; None if none does.

    It does not if its scope ends at its own position, or if it compares positions and
    no later one matches.
    """
    for head in program.heads:
        if head.scope in (Scope.BEFORE, Scope.CAUSAL):
            continue
        matched = enumerate(head.predicate)
        placed = head.query == head.key == POSITIONS
        if not placed or any(key > query for query, row in matched for key in row):
            return head.output
    return None


def looks_causal(dataset: Dataset) -> bool:
    """Return whether training labels look like functions of the tokens up to their own.

    They do if sequences with a common prefix have the same labels on it, and this was
    confirmed by several labels.
    """
    if not dataset.tagging:
        return False
    numbers: dict[tuple[int, str], int] = {}  # of prefixes: a shorter one, a token
    said: dict[int, str] = {}
    agreed = 0
    seen: set[tuple[str, ...]] = set()
    pairs = zip(dataset.train.sequences, dataset.train.targets, strict=True)
    for tokens, labels in pairs:
        if tokens in seen:
            continue
        seen.add(tokens)
        known = len(numbers)
        prefix = 0
        for token, label in zip(tokens, labels, strict=True):
            prefix = numbers.setdefault((prefix, token), len(numbers) + 1)
            if label is not None and said.setdefault(prefix, label) != label:
                return False
            agreed += label is not None and prefix <= known
        if len(seen) == EXAMINED:
            break
    return agreed >= ENOUGH


def first_later_read(program: Program, dataset: Dataset) -> tuple[str, ...] | None:
    """Return the shortest prefix of the data whose last token changes an earlier label.

    Some of the training data are examined. None if none was found, or if no head looks
    at later tokens.
    """
    if is_causal(program):
        return None
    whole_ones = list(dict.fromkeys(dataset.train.sequences[:EXAMINED]))[:CUT]
    prefixes = {s[:end] for s in whole_ones for end in range(2, len(s) + 1)}
    sequences = sorted(prefixes, key=lambda tokens: (len(tokens), tokens))
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
