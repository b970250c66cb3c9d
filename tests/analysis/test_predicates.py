from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, strategies as st

from strategies import SIGNS
from transformer_programs.analysis import predicates
from transformer_programs.analysis.predicates import (
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    condition,
)
from transformer_programs.analysis.tables import runner
from transformer_programs.language.nodes import Predicate
from transformer_programs.language.types import Domain

NUMBERS = Domain.of_numbers(4)
TOKENS = Domain.of_tokens("abcde")


def found(
    predicate: Predicate, query: Domain = NUMBERS, key: Domain = NUMBERS
) -> Condition | None:
    queries, keys = np.arange(query.size), np.arange(key.size)
    return condition(predicate, query, key, queries, keys)


def compared(sign: int, shift: int, size: int = 5) -> Predicate:
    return tuple(
        tuple(key for key in range(size) if SIGNS[sign](key, query + shift))
        for query in range(size)
    )


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (((0, 1, 2, 3, 4),) * 5, Always(True)),
        (((),) * 5, Always(False)),
        (((2,),) * 5, OfKey((2,))),
        (((1, 3),) * 5, OfKey((1, 3))),
        (compared(0, 0), Comparison("==")),
        (compared(1, 0), Comparison("!=")),
        (compared(2, 0), Comparison("<")),
        (compared(5, 0), Comparison(">=")),
        (compared(0, -1), Comparison("==", -1)),
        (compared(1, 2), Comparison("!=", 2)),
        (compared(2, 2), Comparison("<=", 1)),
        (compared(4, -2), Comparison(">=", -1)),
        (((3,), (2,), (1,), (0,), ()), Comparison("==", 3, falling=True)),
        (((), (), (1,), (2,), (3,)), Both(Comparison("==", -1), OfKey((1, 2, 3)))),
        (((), (0,), (0, 1), (0, 1), (0, 1)), Both(Comparison("<"), OfKey((0, 1)))),
        (((0,), (1,), (2,), (4,), (3,)), None),
    ],
)
def test_conditions(predicate: Predicate, expected: Condition | None) -> None:
    assert found(predicate) == expected


def test_tokens_have_no_shifts() -> None:
    assert found(compared(2, 0), TOKENS, TOKENS) == Comparison("<")
    assert found(compared(0, 1), TOKENS, TOKENS) is None
    assert found(compared(0, 0), TOKENS, NUMBERS) is None
    assert found(compared(0, 0), TOKENS, Domain.of_tokens("vwxyz")) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("k == 2 * q", "k == 2 * q"),
        ("k == 2 * q + 1", "k == 2 * q + 1"),
        ("k == q // 2", "k == q // 2"),
        ("k == (q + 1) // 2", "q - k == q // 2"),
        ("k % 2 == q % 2", "(q + k) % 2 == 0"),
        ("(k - q) % 3 == 1", "(q - k) % 3 == 2"),
        ("2 * k < q", "q > 2 * k"),
        ("3 * k >= 2 * q + 1", "3 * k > 2 * q"),
        ("q + k < 7", "q + k <= 6"),
        ("abs(q - k) <= 2", "abs(q - k) <= 2"),
    ],
)
def test_relations(text: str, expected: str) -> None:
    holds = runner(text, "q, k")
    rows = tuple(tuple(k for k in range(11) if holds(q, k)) for q in range(12))
    form = found(rows, Domain.of_numbers(11), Domain.of_positions(11))
    assert form == Relation(expected)
    ids = np.arange(30)
    again = form.holds(ids[:, None], ids[None, :])
    wanted = [[bool(holds(q, k)) for k in ids.tolist()] for q in ids.tolist()]
    assert again.tolist() == wanted


def test_relations_are_of_numbers() -> None:
    rows = tuple((2 * q,) if 2 * q < 11 else () for q in range(12))
    letters = Domain.of_tokens("abcdefghijk")
    assert found(rows, Domain.of_numbers(11), letters) is None


@pytest.mark.parametrize("seed", range(5))
def test_random_predicates_have_no_condition(seed: int) -> None:
    drawn = random.Random(seed)
    for share in (0.1, 0.5):
        rows = tuple(
            tuple(k for k in range(9) if drawn.random() < share) for _ in range(9)
        )
        assert found(rows, Domain.of_numbers(8), Domain.of_numbers(8)) is None


def test_what_cannot_be_asked_need_not_be_said() -> None:
    rows = ((0,), (1,), (2,), (9,), ())
    some = np.arange(3)
    assert condition(rows, NUMBERS, Domain.of_numbers(9), some, np.arange(10)) == (
        Comparison("==")
    )


@given(st.integers(0, 5), st.integers(-6, 6), st.data())
def test_a_condition_says_what_the_predicate_says(
    sign: int, shift: int, data: st.DataObject
) -> None:
    predicate = list(compared(sign, shift))
    if data.draw(st.booleans()):
        keys = data.draw(st.sets(st.integers(0, 4)))
        predicate[data.draw(st.integers(0, 4))] = tuple(sorted(keys))
    form = found(tuple(predicate))
    if form is not None:
        ids = np.arange(5)
        holds = form.holds(ids[:, None], ids[None, :])
        rows = tuple(tuple(np.flatnonzero(row).tolist()) for row in holds)
        assert rows == tuple(predicate)


@pytest.mark.parametrize(
    "rows", [compared(0, 0), ((2,),) * 5, ((),) * 5, compared(2, 0)]
)
def test_large_predicates(rows: Predicate, monkeypatch: pytest.MonkeyPatch) -> None:
    small = found(rows, TOKENS, TOKENS)
    monkeypatch.setattr(predicates, "LARGEST", 3)
    large = found(rows, TOKENS, TOKENS)
    assert large == (None if rows == compared(2, 0) else small)


def test_a_window_of_any_width() -> None:
    size, width = 60, 37
    rows = tuple(tuple(range(q + 1, min(q + width, size - 1) + 1)) for q in range(size))
    numbers = Domain.of_numbers(size - 1)
    ids = np.arange(size)
    found = condition(rows, numbers, numbers, ids, ids)
    assert found == Relation(f"1 <= k - q <= {width}")
