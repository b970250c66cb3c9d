"""Teams of processes: the same results and the same work, whatever becomes of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from transformer_programs.system.team import Leader, Team, follow
from transformer_programs.system.work import OutOfWorkError, Work

ITEMS = list(range(23))
BUDGET = 10.0
CODE = "from test_team import other; other()"


class Sum:
    """A computation of two shared steps, of which the second needs the first."""

    def __init__(self, team: Team) -> None:
        self.team = team

    def cost(self, item: int) -> int:
        for _ in range(item % 3):
            self.team.work.spend(1000 * item)
        return item * item

    def run(self) -> list[int]:
        keys = [str(item * 7919).encode() for item in ITEMS]
        squares = self.team.share(self.cost, ITEMS, keys)
        few = self.team.share(self.cost, squares[:2], keys[:2], least=3)
        return self.team.share(self.cost, squares, keys) + few


def other() -> None:
    """Run in the processes that leaders start."""

    def run(team: Callable[[Work], Team], message: Any) -> None:
        if message == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        print("what is printed is no message")
        found = team(Work(BUDGET if message == "right" else 1e9))
        if message == "wrong":
            found.work.spend(1)
        Sum(found).run()

    follow(run)


@contextmanager
def led(size: int, message: str, work: Work) -> Iterator[tuple[Leader, list[str]]]:
    notes: list[str] = []
    leader = Leader(work, size, CODE, message, notes.append)
    try:
        yield leader, notes
    finally:
        leader.close()


@pytest.mark.parametrize("size", [2, 3])
def test_the_same_results_and_the_same_work(size: int) -> None:
    alone = Team(Work(BUDGET))
    expected = Sum(alone).run()
    with led(size, "right", Work(BUDGET)) as (leader, notes):
        assert Sum(leader).run() == expected
        assert leader.work.units == alone.work.units
        assert leader.size == size
        assert not notes
        assert leader.critical > 0


@pytest.mark.parametrize("message", ["die", "wrong"])
def test_one_that_is_lost_changes_nothing(message: str) -> None:
    alone = Team(Work())
    expected = Sum(alone).run()
    with led(3, message, Work()) as (leader, notes):
        assert Sum(leader).run() == expected
        assert leader.work.units == alone.work.units
        assert leader.size == 1
        (note,) = notes
    reason = "exit status -9" if message == "die" else "it did not compute the same"
    assert note.startswith(f"a process that shared the work is lost ({reason})")


def test_a_budget_ends_at_the_same_step() -> None:
    units = []
    for size in (1, 2):
        work = Work(0.9)
        with led(size, "right", work) as (leader, _):
            with pytest.raises(OutOfWorkError):
                Sum(leader).run()
            units.append(work.units)
    assert units[0] == units[1]


def test_no_process_is_left() -> None:
    with led(2, "right", Work()) as (leader, _):
        (process,) = leader._others
        assert process.poll() is None
    assert process.returncode == -signal.SIGKILL
