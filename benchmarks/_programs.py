"""A random program of the paper's size, for measuring."""

from __future__ import annotations

import numpy as np

from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    InputFormat,
    Predicate,
    Program,
    Readout,
    Statement,
    Table,
    Term,
    Vocabulary,
)

SIZE = 8
"""Tokens, positions, values of tables, and labels."""


def paper_program(layers: int = 3, seed: int = 0) -> Program:
    """Layers of 4 + 4 heads and 2 + 2 tables at length 8, every variable read out."""
    rng = np.random.default_rng(seed)
    categorical, numerical = [TOKENS, POSITIONS], [ONES]
    statements: list[Statement] = []
    for layer in range(layers):
        heads: list[Head] = []
        for head in range(4):
            query, key, value = rng.choice(categorical, 3)
            name = f"attn_{layer}_{head}"
            heads.append(Head(name, query, key, value, _predicate(rng)))
        for head in range(4):
            query, key = rng.choice(categorical, 2)
            name = f"num_attn_{layer}_{head}"
            heads.append(
                Head(name, query, key, ONES, _predicate(rng), aggregate=Aggregate.SUM)
            )
        statements += heads
        categorical += [h.output for h in heads if isinstance(h, Head) and not h.sums]
        numerical += [h.output for h in heads if isinstance(h, Head) and h.sums]
        tables = [
            Table(
                f"{prefix}_{layer}_{table}",
                tuple(rng.choice(sources, 2)),
                tuple(rng.integers(0, SIZE, size * size).tolist()),
                Domain.of_classes(SIZE),
            )
            for prefix, sources, size in (
                ("mlp", categorical, SIZE),
                ("num_mlp", numerical[1:], SIZE + 1),
            )
            for table in range(2)
        ]
        statements += tables
        categorical += [table.output for table in tables]
    tokens = tuple(map(str, range(SIZE)))
    terms = [Term(name, _weights(rng, SIZE)) for name in categorical]
    terms += [Term(name, _weights(rng, 1)) for name in numerical]
    return Program(
        "random program of the paper's size",
        InputFormat(Vocabulary(tokens), SIZE),
        tuple(statements),
        Readout(tokens, tuple(terms)),
    )


def _predicate(rng: np.random.Generator) -> Predicate:
    return tuple((key,) for key in rng.integers(0, SIZE, SIZE).tolist())


def _weights(rng: np.random.Generator, rows: int) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, rng.integers(-300, 300, (rows, SIZE)).tolist()))
