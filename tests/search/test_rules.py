"""What strangers bring: principles of the grammar, each on tasks of other names."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from loaded import load_file
from transformer_programs.analysis import length_bound
from transformer_programs.codegen.python import emit
from transformer_programs.data import Dataset, labelled_sequences
from transformer_programs.language import Interpreter
from transformer_programs.optimize.resizing import resize
from transformer_programs.search import search
from transformer_programs.settings import SearchSettings

Label = Callable[[Sequence[str]], list[str]]

SMALL = SearchSettings(sample=120, work=6_000)


def drawn(label: Label, symbols: str, length: int, count: int = 1500) -> Dataset:
    chance = random.Random(0)
    sequences = [
        [chance.choice(symbols) for _ in range(chance.randint(1, length))]
        for _ in range(count)
    ]
    return labelled_sequences(sequences, [label(s) for s in sequences])


def swapped(x: Sequence[str]) -> list[str]:
    return [x[i ^ 1] if (i ^ 1) < len(x) else x[i] for i in range(len(x))]


def rotated_by_half(x: Sequence[str]) -> list[str]:
    return [*x[len(x) // 2 :], *x[: len(x) // 2]]


def ends_swapped(x: Sequence[str]) -> list[str]:
    return list(x) if len(x) < 2 else [x[-1], *x[1:-1], x[0]]


def after_mark(x: Sequence[str]) -> list[str]:
    # The token after the last m, n before there is one.
    found, last = [], "n"
    for i, token in enumerate(x):
        if i and x[i - 1] == "m":
            last = token
        found.append(last)
    return found


def largest_so_far(x: Sequence[str]) -> list[str]:
    return [max(x[: i + 1]) for i in range(len(x))]


def window_of_three(x: Sequence[str]) -> list[str]:
    return [str(sum(map(int, x[max(0, i - 2) : i + 1]))) for i in range(len(x))]


@pytest.mark.parametrize(
    ("label", "symbols"),
    [
        (swapped, "abcd"),
        (rotated_by_half, "abcd"),
        (ends_swapped, "abcd"),
        (after_mark, "abm"),
        (largest_so_far, "0123"),
        (window_of_three, "0123"),
    ],
)
def test_found_and_right_at_twice_the_length(label: Label, symbols: str) -> None:
    found = search(drawn(label, symbols, 8), SMALL)
    assert found.exact
    program = found.program
    assert not length_bound(program)
    longer = drawn(label, symbols, 16, 60).train.sequences
    twice = Interpreter(resize(program, 16))
    wanted = [label(tokens) for tokens in longer]
    assert twice.labels(longer) == wanted
    # The file is a third implementation of what the closed forms mean there.
    file = load_file(*emit(program))
    assert [file["run"](tokens, any_length=True) for tokens in longer] == wanted
