"""The inputs on which implementations are compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program.encode import Batch, encode_batch
from transformer_programs.program.types import InputFormat

BLOCK = 4096
"""The most inputs per batch."""

BLOCK_PAIRS = 1 << 22
"""The most pairs of positions per batch: models compare all of them at once."""

EXHAUSTIVE_LIMIT = 2_000_000
"""A domain up to this size is enumerated as a whole."""

RANDOM_INPUTS = 10_000
"""Random inputs drawn from a larger domain."""

EDGE_TOKENS = 64
"""The most tokens of a large vocabulary that get edge cases of their own."""

EDGE_LENGTHS = 16
"""Up to it edge cases have every length, beyond it a few."""


@dataclass(frozen=True, slots=True)
class InputSet:
    """Inputs by origin, some of which may coincide.

    Attributes:
        form: what the inputs are inputs of.
        exhaustive: whether they are the whole domain.
        counts: how many there are of each kind.
        batches: the inputs; not kept in memory when the domain is enumerated.
    """

    form: InputFormat
    exhaustive: bool
    counts: dict[str, int]
    _sampled: tuple[Batch, ...] = ()

    @property
    def size(self) -> int:
        """How many inputs there are."""
        return sum(self.counts.values())

    def batches(self) -> Iterator[Batch]:
        """The inputs in blocks, in a fixed order."""
        return enumerate_inputs(self.form) if self.exhaustive else iter(self._sampled)


def domain_size(form: InputFormat) -> int:
    """How many different framed inputs a program accepts."""
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    return sum(len(form.symbols) ** length for length in lengths)


def choose_inputs(
    form: InputFormat, data: Sequence[Sequence[str]], seed: int
) -> InputSet:
    """The whole domain where it is small; else data, random inputs and edge cases.

    Args:
        form: what a valid input is.
        data: bare sequences that are always among the inputs.
        seed: draws the random inputs.
    """
    size = domain_size(form)
    if size <= EXHAUSTIVE_LIMIT:
        return InputSet(form, exhaustive=True, counts={"all valid inputs": size})
    parts = {
        "data": encode_batch(form, data, form.max_length),
        "random": random_inputs(form, RANDOM_INPUTS, seed),
        "edge cases": encode_batch(form, edge_cases(form), form.max_length),
    }
    block = _block(form)
    batches = [
        part[start : start + block]
        for part in parts.values()
        for start in range(0, len(part), block)
    ]
    counts = {name: len(part) for name, part in parts.items()}
    return InputSet(form, exhaustive=False, counts=counts, _sampled=tuple(batches))


def enumerate_inputs(form: InputFormat) -> Iterator[Batch]:
    """Every valid input once, the shortest first."""
    symbols = np.array([form.vocabulary.ids[s] for s in form.symbols], dtype=np.int32)
    block = _block(form)
    for length in range(form.min_bare_length, form.max_bare_length + 1):
        total = len(symbols) ** length
        powers = len(symbols) ** np.arange(length - 1, -1, -1, dtype=np.int64)
        for start in range(0, total, block):
            index = np.arange(start, min(start + block, total), dtype=np.int64)
            digits = index[:, None] // powers % len(symbols)
            yield _framed(form, symbols[digits], np.full(len(index), length))


def random_inputs(form: InputFormat, count: int, seed: int) -> Batch:
    """Inputs of random length, each token drawn uniformly."""
    rng = np.random.default_rng(seed)
    symbols = np.array([form.vocabulary.ids[s] for s in form.symbols], dtype=np.int32)
    least, most = form.min_bare_length, form.max_bare_length
    lengths = rng.integers(least, most + 1, count)
    return _framed(form, rng.choice(symbols, (count, most)), lengths)


def edge_cases(form: InputFormat) -> list[tuple[str, ...]]:
    """The shortest inputs, the longest, and those with ties everywhere.

    For each of the first ``EDGE_TOKENS`` symbols: that token alone repeated, and first
    or last among repetitions of its neighbour in the vocabulary. Each at every length
    up to ``EDGE_LENGTHS``, then at powers of two, the largest length and one less.
    """
    symbols = form.symbols[:EDGE_TOKENS]
    unknown = form.vocabulary.unknown
    if unknown is not None and unknown not in symbols:
        symbols += (unknown,)
    longest = form.max_bare_length
    lengths = [
        length
        for length in range(form.min_bare_length, longest + 1)
        if length <= EDGE_LENGTHS or length.bit_count() == 1 or length >= longest - 1
    ]
    cases: dict[tuple[str, ...], None] = {}
    for (index, token), length in itertools.product(enumerate(symbols), lengths):
        other = symbols[(index + 1) % len(symbols)]
        rest = (other,) * (length - 1)
        if length == 0:
            cases[()] = None
        else:
            repeated = (token,) * length
            cases |= dict.fromkeys([repeated, (token, *rest), (*rest, token)])
    return list(cases)


def sample_rows(inputs: InputSet, count: int, seed: int) -> Iterator[Batch]:
    """A seeded choice of so many of the inputs, in their order; all if they are few."""
    if inputs.size <= count:
        yield from inputs.batches()
        return
    rng = np.random.default_rng(seed)
    chosen = np.zeros(inputs.size, dtype=np.bool_)
    chosen[rng.choice(inputs.size, count, replace=False)] = True
    start = 0
    for batch in inputs.batches():
        rows = np.flatnonzero(chosen[start : start + len(batch)])
        start += len(batch)
        if len(rows):
            yield batch[rows]


def _block(form: InputFormat) -> int:
    """How many inputs a batch holds."""
    return max(1, min(BLOCK, BLOCK_PAIRS // form.max_length**2))


def _framed(
    form: InputFormat, body: NDArray[np.int32], lengths: NDArray[np.int64]
) -> Batch:
    """Put the frame around bodies of ids, of which ``lengths`` tokens are used."""
    rows, columns = body.shape
    offset = form.offset
    ids = np.zeros((rows, columns + form.frame_size), dtype=np.int32)
    ids[:, offset : offset + columns] = body * (np.arange(columns) < lengths[:, None])
    if form.begin is not None:
        ids[:, 0] = form.vocabulary.ids[form.begin]
    if form.end is not None:
        ids[np.arange(rows), offset + lengths] = form.vocabulary.ids[form.end]
    return Batch(ids, (lengths + form.frame_size).astype(np.int32))
