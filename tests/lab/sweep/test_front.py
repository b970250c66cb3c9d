"""Which programs no other beats."""

from __future__ import annotations

from hypothesis import given, strategies as st

from transformer_programs.lab.sweep.front import front
from transformer_programs.lab.sweep.workers import Trial


def trial(number: int, accuracy: float, lines: int) -> Trial:
    return Trial(number, {}, accuracy, lines)


def test_the_front_is_shortest_first_without_twins() -> None:
    short, best = trial(3, 0.5, 10), trial(1, 0.9, 30)
    others = [trial(0, 0.9, 40), trial(2, 0.4, 20), trial(4, 0.9, 30)]
    failed = Trial(5, {}, failure="no")
    assert front([*others, best, short, failed]) == [short, best]
    assert front([failed]) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=12))
def test_the_front_is_what_nothing_beats(pairs: list[tuple[int, int]]) -> None:
    trials = [trial(i, a / 5, lines) for i, (a, lines) in enumerate(pairs)]
    values = {(t.accuracy, t.lines) for t in trials}
    unbeaten = {
        (a, n)
        for a, n in values
        if not any(b >= a and m <= n and (b, m) != (a, n) for b, m in values)
    }
    found = front(trials)
    assert {(t.accuracy, t.lines) for t in found} == unbeaten
    assert len(found) == len(unbeaten)
