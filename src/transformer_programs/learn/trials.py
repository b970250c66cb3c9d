"""What ``auto`` tried, and which program it kept."""

from __future__ import annotations

import time
from typing import Any

from transformer_programs.codegen import code_lines, emit_python, table_entries
from transformer_programs.language import Program
from transformer_programs.learn.learned import Outcome
from transformer_programs.settings import Learner

TRIED = "tried"
"""The kind of a line on a learner that was tried, and what it found."""

CHOSEN = "chosen"
"""The kind of the line that says whose program was kept, and why."""

MUCH_SHORTER = 4
"""A program so many times shorter is taken where data cannot tell which is better."""


class Trials:
    """The learners that were tried, in their order."""

    def __init__(self) -> None:
        self._found: list[tuple[Outcome, float]] = []
        self._by_folds = ""
        self._last = time.perf_counter()

    def add(self, found: Outcome, seconds: float | None = None) -> None:
        """Add what a learner found since the last one ended."""
        now = time.perf_counter()
        self._found.append((found, now - self._last if seconds is None else seconds))
        self._last = now

    def compare(self, by_search: float, by_weighing: float) -> None:
        """Say what both reach on held-out parts of data, the search at most."""
        self._by_folds = (
            f"on held-out parts of the data linear reaches {by_weighing:.2%}, search "
            f"at most {by_search:.2%}"
        )

    def lines(self, best: Outcome) -> tuple[dict[str, Any], ...]:
        """Return lines of ``metrics.jsonl``, given the program that is kept."""
        if len(self._found) < 2:
            return ()
        tried = (
            {"kind": TRIED, "learner": found.learner.value}
            | found.validation.numbers()
            | _size(best.program if found.learner is best.learner else found.program)
            | {"seconds": round(seconds, 1)}
            for found, seconds in self._found
        )
        chosen = {"kind": CHOSEN, "learner": best.learner.value, "why": self._why(best)}
        return *tried, chosen

    def _why(self, best: Outcome) -> str:
        if self._by_folds and best.learner is not Learner.GRADIENT:
            return self._by_folds
        others = [x for x, _ in self._found if x.learner is not best.learner]
        right = max(others, key=lambda found: found.validation.score)
        score = right.validation.score
        if best.validation.score > score:
            return "the most accurate on validation data"
        if best.validation.score == score:
            return "no less accurate on validation data than others, and tried first"
        (kept,) = (x for x, _ in self._found if x.learner is best.learner)
        if is_much_shorter(kept.program, right.program):  # as they were compared
            return (
                f"much shorter than that of {right.learner}, and less than half a "
                "point less accurate"
            )
        return "more accurate on validation data than the one kept before"


def _size(program: Program) -> dict[str, int]:
    lines = code_lines(emit_python(program))
    return {"statements": len(program.statements), "lines": lines}


def is_much_shorter(one: Program, other: Program) -> bool:
    """Return whether there is much less to read in a program than in another."""
    return MUCH_SHORTER * reading_length(one) <= reading_length(other)


def reading_length(program: Program) -> int:
    """Return how much there is to read: statements, and entries listed."""
    return len(program.statements) + table_entries(program)
