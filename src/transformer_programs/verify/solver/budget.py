"""What a solver may still spend: its own deterministic time, so that answers repeat."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

DEFAULT_WORK = 60.0
"""Units of deterministic time: about a second each, on one core."""

NODE_WORK = 2e-6
"""The same for making one node of a circuit."""


@dataclass(slots=True)
class SolverBudget:
    """How long a solver may look, over several questions.

    Attributes:
        work: units of the solver's deterministic time, which counts what it does.
        seconds: a limit on wall time as well, on which answers then depend.
        spent: units that are spent.
    """

    work: float = DEFAULT_WORK
    seconds: float | None = None
    spent: float = 0.0
    _started: float = field(default_factory=time.perf_counter, repr=False)

    @property
    def left(self) -> float:
        """Units that are left; 0 where the time is up."""
        return max(0.0, self.work - self.spent) if self.seconds_left > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Wall time that is left; infinite without a limit."""
        if self.seconds is None:
            return math.inf
        return self.seconds - (time.perf_counter() - self._started)

    def spend(self, units: float) -> None:
        """Account for some work."""
        self.spent += units

    def why(self) -> str:
        """Return what ended the search for an answer, in words."""
        if self.seconds is not None and self.seconds_left <= 0:
            return f"time ran out after {self.seconds:g} seconds"
        return f"the solver's budget of {self.work:g} units of work was spent"
