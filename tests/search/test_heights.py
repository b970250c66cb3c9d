"""Heights of machines: what is counted without bound, and machines that read it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given, strategies as st

from transformer_programs.codegen.python import emit_python
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.search import search
from transformer_programs.search.automata.heights import LEAST, height_of
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.settings import SearchSettings


def machine_of(step: Sequence[tuple[int, ...]]) -> Machine:
    letters = len(step[0])
    return Machine(letters, tuple(step), ((UNKNOWN,) * (letters + 1),) * len(step))


@given(
    st.integers(LEAST + 1, 9),
    st.lists(st.sampled_from((-1, 0, 1)), min_size=1, max_size=3),
)
def test_a_line_of_states_is_counted_along(size: int, others: list[int]) -> None:
    adds = (1, -1, *others)
    line = [tuple(min(max(s + a, 0), size - 1) for a in adds) for s in range(size)]
    found = height_of(machine_of(line))
    # The first state stays below: up to the sign, that is where it begins.
    assert found is not None
    assert tuple(-a * found.end for a in found.adds) == adds


def test_what_turns_or_is_kept_is_not_counted() -> None:
    turns = [((s + 1) % 5, (s - 1) % 5) for s in range(5)]
    kept = [tuple(range(5))] * 5
    short = [(min(s + 1, 2), max(s - 1, 0)) for s in range(LEAST)]
    up = [(min(s + 1, 5), s) for s in range(6)]  # nothing leads back
    back = [(min(s + 1, 5), 0) for s in range(6)]
    for step in (turns, kept, short, up, back):
        assert height_of(machine_of(step)) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3))
def test_far_away_a_machine_may_step_anywhere(far: list[tuple[int, int]]) -> None:
    line = [(1, 0), (2, 0), (3, 1), *far[:3]]
    if any(n < 3 for step in far[:3] for n in step):  # something leads back
        found = height_of(machine_of(line))
        assert found is None or (found.adds, found.end) == ((-1, 1), 1)


def test_what_is_taken_back_at_any_length() -> None:
    # A key press is kept if "<" does not take it back; there may be none to take back.
    def kept(tokens: tuple[str, ...]) -> list[str]:
        stack: list[int] = []
        for place, token in enumerate(tokens):
            stack = stack[:-1] if token == "<" else [*stack, place]
        return ["kept" if place in stack else "gone" for place in range(len(tokens))]

    words = [w for n in range(1, 9) for w in product("ab<", repeat=n)]
    chance = random.Random(0)
    words = chance.sample(words, 1_500)
    found = search(labelled_sequences(words, list(map(kept, words))))
    assert found.exact
    assert found.statements <= 6
    file: dict[str, Any] = {"__name__": "program"}
    exec(emit_python(found.program), file)
    for n in range(100):
        tokens = tuple(chance.choices("ab<", weights=(1, 1, 1 + n % 4), k=30))
        assert file["run"](tokens, any_length=True) == kept(tokens)


@pytest.mark.parametrize("frame", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_stack_is_counted_at_any_length(frame: bool, backwards: bool) -> None:
    def top(tokens: tuple[str, ...]) -> str:
        stack: list[str] = []
        for token in tokens[:: 1 if backwards else -1]:
            stack = stack[:-1] if token == "pop" else [*stack, token]
        return stack[-1] if stack else "empty"

    words = [w for n in range(1, 8) for w in product(("a", "b", "pop"), repeat=n)]
    chance = random.Random(0)
    chance.shuffle(words)
    dataset = labelled_sequences(words, list(map(top, words)), frame=frame)
    found = search(dataset, SearchSettings(sample=400, work=8_000))
    assert found.exact
    file: dict[str, Any] = {"__name__": "program"}
    exec(emit_python(found.program), file)
    for n in range(100):
        weights = 1, 1, 2 + n % 3
        tokens = tuple(chance.choices(("a", "b", "pop"), weights=weights, k=20))
        assert file["run"](tokens, any_length=True) == top(tokens)
