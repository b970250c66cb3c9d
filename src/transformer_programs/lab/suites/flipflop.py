"""Flip-flop language modelling: the value of the last write at every read.

B. Liu and others: Exposing attention glitches, arXiv 2306.00946.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from transformer_programs.lab.suites.suite import (
    FRAME,
    Labels,
    Suite,
    SuiteTask,
    Tokens,
    picked,
)

BITS = ("0", "1")
LONGEST = 20
"""The most pairs of an instruction and a bit in training."""


def flip_flop(tokens: Tokens) -> Labels:
    """Label every read with the bit after the last write; all else has no label."""
    value: str | None = None
    labels: list[str | None] = []
    for token, following in zip(tokens, (*tokens[1:], ""), strict=True):
        labels.append(value if token == "r" else None)
        if token == "w":
            value = following if following in BITS else None
    return tuple(labels)


def instructions(rng: np.random.Generator, size: int, *, ignored: float) -> Tokens:
    """Draw a write, then instructions with a bit each, and a read at the end.

    Args:
        rng: The only source of chance.
        size: The number of instructions.
        ignored: The share of instructions that are ignored.
    """
    kinds = ["w", "r", "i"]
    shares = [(1 - ignored) / 2, (1 - ignored) / 2, ignored]
    drawn = [kinds[i] for i in rng.choice(3, size=max(0, size - 2), p=shares).tolist()]
    return _spelled(("w", *drawn, "r"), picked(rng, BITS, size))


def all_instructions(size: int) -> Iterator[Tokens]:
    """Yield all instructions that begin with a write and end with a read."""
    for middle in product("wri", repeat=max(0, size - 2)):
        kinds = ("w", *middle, "r")
        for bits in product(*(("0",) if kind == "r" else BITS for kind in kinds)):
            yield _spelled(kinds, bits)


def _spelled(kinds: Tokens, bits: Tokens) -> Tokens:
    # What is read is the bit of the last write.
    tokens: list[str] = []
    value = bits[0]
    for kind, bit in zip(kinds, bits, strict=True):
        value = bit if kind == "w" else value
        tokens += [kind, value if kind == "r" else bit]
    return tuple(tokens)


def _task(name: str, summary: str, ignored: float) -> SuiteTask:
    return SuiteTask(
        name=name,
        summary=summary,
        definition=flip_flop,
        symbols=("w", "r", "i", *BITS),
        labels=BITS,
        max_length=2 * LONGEST + 1,
        begin=FRAME,
        sizes=range(2, LONGEST + 1),
        longer=(range(256, 257),),
        sample=partial(instructions, ignored=ignored),
        inputs=all_instructions,
        causal=True,
    )


TASKS = (
    _task("flip_flop", "The last bit written, at every read.", 0.8),
    _task("flip_flop_dense", "The same, with few instructions to ignore.", 0.1),
    _task("flip_flop_sparse", "The same, with most instructions to ignore.", 0.98),
)

SUITE = Suite(
    name="flipflop",
    title="Flip-flop language modelling",
    about=(
        "B. Liu and others: Exposing attention glitches, arXiv 2306.00946: a write, "
        "then instructions (write, read, ignore), each with a bit; at a read, the bit "
        "of the last write. Learned from up to 20 instructions, judged at 256, the "
        "suite's length of 512 tokens. The share of ignored instructions is 80%, 10% "
        "or 98%."
    ),
    tasks=TASKS,
    best="LSTM without errors, Transformers with a long tail of them",
)
