"""The budget of a search in operations, so that it ends alike on every machine.

An operation is what numpy does to one value of an array in about a nanosecond. Every
part of the search accounts for its operations beforehand; the clock is only read if a
limit in seconds was given.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

UNIT = 1_000_000
"""Operations in a unit of ``SearchSettings.work``: about a millisecond."""

STEP = 20_000
"""Operations that the smallest step costs: what Python adds to a call of numpy."""


class OutOfBudgetError(Exception):
    """A search may not go on."""


class OutOfWorkError(OutOfBudgetError):
    """The budget of operations is spent."""


class OutOfTimeError(OutOfBudgetError):
    """The limit in seconds is reached."""


class Work:
    """A budget of operations, and how much of it is spent.

    Args:
        budget: The units that may be spent.
        seconds: A limit on wall time, which makes the result depend on the machine;
            None for no limit.

    Attributes:
        units: The units spent.
    """

    def __init__(self, budget: float = math.inf, seconds: float | None = None) -> None:
        self._budget, self._limit = budget, seconds
        self._started = time.perf_counter()
        self._apart: list[float] | None = None  # operations that are counted later
        self.units = 0.0

    @property
    def seconds(self) -> float:
        """Wall time since the start, in seconds."""
        return time.perf_counter() - self._started

    def spend(self, operations: float) -> None:
        """Account for a step that computes so many values.

        Raises:
            OutOfWorkError: If the budget does not allow for it.
            OutOfTimeError: If the time is up.
        """
        if self._apart is not None:
            self._apart.append(operations)
            return
        units = self.units + (STEP + operations) / UNIT
        if units > self._budget:
            raise OutOfWorkError
        self.units = units
        if self._limit is not None and self.seconds > self._limit:
            raise OutOfTimeError

    def spend_all(self, steps: Iterable[float]) -> None:
        """Account for steps, each as ``spend`` does."""
        for operations in steps:
            self.spend(operations)

    def apart(
        self, function: Callable[[Item], Result], item: Item
    ) -> tuple[Result, list[float]]:
        """Compute something without accounting for it.

        Returns:
            The result, and the operations of every step that it spends, in order.
        """
        spent: list[float] = []
        self._apart = spent
        try:
            return function(item), spent
        finally:
            self._apart = None
