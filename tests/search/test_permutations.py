"""Tokens put into another order, which depends on the length."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from transformer_programs.codegen.python import emit_python
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.search import search
from transformer_programs.settings import SearchSettings

Tokens = list[str]


def shuffled(tokens: Tokens) -> Tokens:
    half = (len(tokens) + 1) // 2
    order = sorted(range(len(tokens)), key=lambda i: (i % half, i))
    return [tokens[i] for i in order]


def neighbours_swapped(tokens: Tokens) -> Tokens:
    places = [i ^ 1 if i ^ 1 < len(tokens) else i for i in range(len(tokens))]
    return [tokens[i] for i in places]


ORDERS: dict[str, Callable[[Tokens], Tokens]] = {
    "odds first": lambda t: t[::2] + t[1::2],
    "evens first": lambda t: t[1::2] + t[::2],
    "perfect shuffle": shuffled,
    "halves exchanged": lambda t: t[len(t) // 2 :] + t[: len(t) // 2],
    "second half reversed": lambda t: t[: len(t) // 2] + t[len(t) // 2 :][::-1],
    "both reversed": lambda t: t[: len(t) // 2][::-1] + t[len(t) // 2 :][::-1],
    "neighbours swapped": neighbours_swapped,
}


@pytest.mark.parametrize("name", ORDERS)
def test_holds_for_longer_sequences(name: str) -> None:
    rng = random.Random(0)
    order = ORDERS[name]
    drawn = [rng.choices("01", k=rng.randint(1, 24)) for _ in range(6000)]
    rows = [(tokens, order(tokens)) for tokens in drawn]
    found = search(labelled_sequences(rows), SearchSettings())
    assert found.exact
    file: dict[str, Any] = {"__name__": "program"}
    exec(emit_python(found.program), file)
    for size in (1, 2, 24, 25, 61, 150):
        tokens = rng.choices("01", k=size)
        assert file["run"](tokens, any_length=True) == order(tokens)
