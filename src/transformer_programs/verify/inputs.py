"""Choice of the inputs on which implementations are compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transformer_programs.language import (
    EXHAUSTIVE_LIMIT as EXHAUSTIVE_LIMIT,
    Batch,
    InputFormat,
    block_size,
    domain_size as domain_size,
    encode_batch,
    enumerable as enumerable,
    enumerate_inputs as enumerate_inputs,
    framed,
)

RANDOM_INPUTS, RANDOM_TOKENS = 10_000, 1 << 22
"""The random inputs that are drawn from a larger domain, unless they have room for more
tokens together than this."""

EDGE_TOKENS = 64
"""The most tokens of a vocabulary that have edge cases of their own."""

STRANGE = 0.25
"""The probability of an odd token, where characters are read."""

ODD = (
    *("", " ", "\t", "'", '"', "\\", "-", "--", "...", "a-b", "O'Neill", "C++", "e.g."),
    *("McDonald", "iPhone", "USA", "U.S.", "x1", "3.14", "1,000", "007", "1st", "A4"),
    *("\u00df", "\u1e9e", "\u0130", "\u0131", "\u01c5", "\ufb01", "\u00aa", "\u2160"),
    *("\u0391\u03a3", "\u03a3", "\u03c2", "\u0416\u0436", "\u13a0", "\U00010400"),
    *("\u05e9\u05dc\u05d5\u05dd", "\u0633\u0644\u0627\u0645", "\u4e2d\u56fd", "\u0e01"),
    *("\u0663\u0664", "\u00b2", "\u00bd", "\u2460", "\u0967\u0968", "\U0001d7d8"),
    *("e\u0301", "\u0301", "\u200d", "\u202ea", "\U0001f600", "\U0001f600\U0001f600"),
    *("\U0001f468\u200d\U0001f469", "\U0001f1e9\U0001f1ea"),
    *("<unk>", "<s>", "</s>", "other"),
)
"""Tokens whose case, digits, letters or marks are easily misread."""

TYPED = 500
"""Random inputs among ``typed_inputs``."""

EDGE_LENGTHS = 16
"""The length up to which edge cases have every length; beyond it, a few."""


@dataclass(frozen=True, slots=True)
class InputSet:
    """Inputs by origin, some of which may coincide.

    Attributes:
        form: the input format.
        exhaustive: whether they are the whole domain, which is not kept in memory.
        counts: the number of inputs of each kind.
    """

    form: InputFormat
    exhaustive: bool
    counts: dict[str, int]
    _sampled: tuple[Batch, ...] = ()

    @property
    def size(self) -> int:
        """The number of inputs."""
        return sum(self.counts.values())

    def batches(self) -> Iterator[Batch]:
        """Return the inputs in blocks, in a fixed order."""
        return enumerate_inputs(self.form) if self.exhaustive else iter(self._sampled)


def choose_inputs(
    form: InputFormat, data: Sequence[Sequence[str]], seed: int
) -> InputSet:
    """Return the whole domain if it is small; else data, random inputs, edge cases."""
    if enumerable(form):
        size = domain_size(form)
        return InputSet(form, exhaustive=True, counts={"all valid inputs": size})
    parts = {
        "data": encode_batch(form, data, form.max_length),
        "random": random_inputs(form, random_count(form), seed),
        "edge cases": encode_batch(form, edge_cases(form), form.max_length),
    }
    counts = {name: len(part) for name, part in parts.items()}
    batches = map(by_length, parts.values())
    return InputSet(form, False, counts, tuple(itertools.chain(*batches)))


def blocks(batch: Batch, size: int) -> Iterator[Batch]:
    """Yield parts of at most ``size`` inputs, without columns of padding alone."""
    for start in range(0, len(batch), size):
        yield batch[start : start + size].cut()


def by_length(batch: Batch) -> Iterator[Batch]:
    """Yield the inputs in parts that memory has room for, the longest first."""
    order = np.argsort(-batch.lengths, kind="stable")
    start = 0
    while start < len(order):
        size = block_size(int(batch.lengths[order[start]]))
        yield batch[order[start : start + size]].cut()
        start += size


def random_count(form: InputFormat) -> int:
    """Return the number of random inputs: ``RANDOM_INPUTS`` up to 419 tokens."""
    return max(1, min(RANDOM_INPUTS, RANDOM_TOKENS // form.max_length))


def typed_inputs(form: InputFormat, *, edges: bool = True) -> InputSet:
    """Return inputs of oddly typed tokens: edge cases if asked, and ``rewritten``."""
    lengths = form.min_bare_length, form.max_bare_length
    other = rewritten(form, lengths, TYPED) if open_ended(form) else ()
    rows = (*(edge_cases(form) if edges else ()), *other)
    # Words as they are typed, also where a format takes an unknown one for <unk>.
    batch = replace(encode_batch(form, rows, form.max_length), words=rows)
    return InputSet(form, False, {"typed": len(batch)}, (batch,))


def open_ended(form: InputFormat) -> bool:
    """Return whether other tokens than the known ones are read, as one of them."""
    return form.vocabulary.unknown is not None or form.reads_characters


def as_read(form: InputFormat) -> str:
    """Return as which tokens others are read, in words.

    "" if each token stands for itself, or more of its characters is read.
    """
    folding, unknown = form.folding, form.vocabulary.unknown
    if form.surfaces:
        return ""
    parts = {
        "tokens in lower case": folding is not None and folding.lowercase,
        "each run of digits as 0": folding is not None and folding.digits,
        f"unknown tokens as {unknown!r}": unknown is not None,
    }
    return ", ".join(text for text, given in parts.items() if given)


def rewritten(
    form: InputFormat, lengths: tuple[int, int], count: int, seed: int = 1
) -> tuple[tuple[str, ...], ...]:
    """Return inputs of tokens that are spelled differently, the shortest first.

    Every one of ``spellings`` alone and among others, and random inputs in which about
    half of the tokens are known ones in other cases or with digits, or ``ODD``. No
    token is empty: no reader of data makes such a token. ``lengths`` are the fewest and
    the most tokens.
    """
    known = form.symbols
    typed = [t for t in spellings(form) if t and t not in form.vocabulary.ids]
    least, most = max(lengths[0], 1), lengths[1]
    if not typed or most < least:
        return ()
    rng = np.random.default_rng(seed)

    def token() -> str:
        chosen = known[rng.integers(len(known))]
        ways = _changed(chosen)
        other = ways[rng.integers(len(ways))]
        if rng.random() < STRANGE or not form.accepts(other):
            other = typed[rng.integers(len(typed))]
        return other if rng.random() < 0.5 else chosen

    rows = [(*t, *t[:1] * (least - len(t))) for t in _parts(typed, least)]
    rows += [some for some in _parts(typed, most) if len(some) >= least]
    for length in rng.integers(least, most + 1, count).tolist():
        rows.append(tuple(token() for _ in range(length)))
    return tuple(sorted(dict.fromkeys(rows), key=len))


def random_inputs(form: InputFormat, count: int, seed: int) -> Batch:
    """Return inputs of random length, each token drawn uniformly.

    Where characters are read, a token is with probability ``STRANGE`` one of
    ``spellings``.
    """
    rng = np.random.default_rng(seed)
    least, most = form.min_bare_length, form.max_bare_length
    lengths = rng.integers(least, most + 1, count)
    known = rng.integers(0, len(form.symbols), (count, most))
    if not form.reads_characters:
        ids = np.array([form.vocabulary.ids[s] for s in form.symbols], dtype=np.int32)
        return framed(form, ids[known], lengths)
    typed = spellings(form)
    other = rng.integers(0, len(typed), (count, most))
    strange = rng.random((count, most)) < STRANGE
    rows = [
        tuple(
            typed[other[row, i]] if strange[row, i] else form.symbols[known[row, i]]
            for i in range(length)
        )
        for row, length in enumerate(lengths.tolist())
    ]
    return encode_batch(form, rows, form.max_length)


def edge_cases(form: InputFormat) -> list[tuple[str, ...]]:
    """Return the shortest inputs, the longest, and those with ties everywhere.

    For each of the first ``EDGE_TOKENS`` symbols: that token alone repeated, and first
    or last among repetitions of its neighbour in the vocabulary. Each at every length
    up to ``EDGE_LENGTHS``, then at powers of two, the largest length and one less.
    Where characters are read also all ``spellings``, one after the other.
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
    neighbours = zip(symbols, symbols[1:] + symbols[:1], strict=True)
    for (token, other), length in itertools.product(neighbours, lengths):
        repeated, rest = (token,) * length, (other,) * (length - 1)
        ends = [(token, *rest), (*rest, token)] if length else []
        cases |= dict.fromkeys([repeated, *ends])
    if form.reads_characters and longest:
        typed = spellings(form)
        cases |= dict.fromkeys((token,) for token in typed)
        cases |= dict.fromkeys(_parts(typed, longest))
    return list(cases)


def spellings(form: InputFormat) -> tuple[str, ...]:
    """Return tokens that are in no vocabulary as they are typed, or that look odd.

    The first ``EDGE_TOKENS`` symbols, also in other cases and with digits, and ``ODD``;
    of these the ones that the format accepts. Never empty.
    """
    symbols = form.symbols[:EDGE_TOKENS]
    changed = [text for token in symbols for text in (token, *_changed(token))]
    typed = dict.fromkeys([*changed, *ODD])
    return tuple(token for token in typed if form.accepts(token))


def _parts(tokens: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + size]) for i in range(0, len(tokens), size)]


def _changed(token: str) -> tuple[str, ...]:
    return token.upper(), token.title(), f"{token}7", f"12{token}"


def sample_rows(inputs: InputSet, count: int, seed: int) -> Iterator[Batch]:
    """Yield a random choice of ``count`` inputs in their order; all if they are few."""
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
