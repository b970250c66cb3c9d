"""Every input that a program accepts, where there are few enough to go through all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language.encode import Batch, code_type
from transformer_programs.language.types import InputFormat

BLOCK = 4096  # the most inputs per batch

BLOCK_PAIRS = 1 << 22
"""The most pairs of positions per batch: models compare all of them at once."""

EXHAUSTIVE_LIMIT = 2_000_000  # a domain up to this size is enumerated as a whole


def domain_size(form: InputFormat) -> int:
    """Return how many different framed inputs a program accepts.

    Tokens that fold to the same word count as one, as do unknown tokens. With surfaces
    this is a bound: words are combined with all values of surfaces, while few of the
    combinations are those of a token.
    """
    least, most = form.min_bare_length, form.max_bare_length
    tokens = len(form.symbols) * form.signatures
    if tokens == 1:
        return max(0, most + 1 - least)
    # The sum of tokens ** length over all lengths: there may be a million of these.
    return int(max(0, (tokens ** (most + 1) - tokens**least) // (tokens - 1)))


def enumerable(form: InputFormat) -> bool:
    """Whether all inputs are gone through.

    Never with surfaces: which combinations with a word are those of a token is not
    known.
    """
    if form.surfaces or form.max_bare_length > EXHAUSTIVE_LIMIT:
        return False
    few = len(form.symbols) == 1 or form.max_bare_length < EXHAUSTIVE_LIMIT.bit_length()
    return few and domain_size(form) <= EXHAUSTIVE_LIMIT


def enumerate_inputs(form: InputFormat) -> Iterator[Batch]:
    """Yield every valid input of a form without surfaces once, the shortest first."""
    assert not form.surfaces, "these inputs cannot be enumerated"
    symbols = np.array([form.vocabulary.ids[s] for s in form.symbols], dtype=np.int32)
    block = block_size(form.max_length)
    for length in range(form.min_bare_length, form.max_bare_length + 1):
        total = len(symbols) ** length
        powers = len(symbols) ** np.arange(length - 1, -1, -1, dtype=np.int64)
        for start in range(0, total, block):
            index = np.arange(start, min(start + block, total), dtype=np.int64)
            digits = index[:, None] // powers % len(symbols)
            yield framed(form, symbols[digits], np.full(len(index), length))


def block_size(length: int) -> int:
    """Return how many inputs of up to so many tokens a batch holds."""
    return max(1, min(BLOCK, BLOCK_PAIRS // length**2))


def framed(
    form: InputFormat, body: NDArray[np.int32], lengths: NDArray[np.int64]
) -> Batch:
    """Put the frame around bodies of ids, of which ``lengths`` tokens are used."""
    rows, columns = body.shape
    offset = form.offset
    ids = np.zeros((rows, columns + form.frame_size), dtype=code_type(form))
    ids[:, offset : offset + columns] = body * (np.arange(columns) < lengths[:, None])
    if form.begin is not None:
        ids[:, 0] = form.frame_code(form.begin)
    if form.end is not None:
        ids[np.arange(rows), offset + lengths] = form.frame_code(form.end)
    return Batch(ids, (lengths + form.frame_size).astype(np.int32))
