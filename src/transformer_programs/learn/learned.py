"""Where a learner begins, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Quality
from transformer_programs.language import Program
from transformer_programs.settings import Learner
from transformer_programs.system import CHECKPOINT

SEARCH_ENDED = "search_ended"
"""The kind of the line of ``metrics.jsonl`` that says why."""

WEIGHED = "weighed"
"""The kind of a line on sums of so many n-grams, and how right they are."""

FRONT = "front"
"""The kind of a line that holds the best program of a size, and how right it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a learner."""

    learned: Program  # as it was learned
    program: Program  # with the same labels, made as short as they allow
    learner: Learner  # that found it
    validation: Quality  # on validation data
    origin: str  # where in the search or the training it came from, in words
    history: tuple[dict[str, Any], ...]  # on the way, lines of ``metrics.jsonl``
    interrupted: bool  # by Ctrl-C, or a failure
    resumable: bool  # from there
    failure: str | None = None  # why training could not go on, and what to do

    @property
    def search_ended(self) -> str | None:
        """Why the search ended, in words; None if there was none."""
        return None if self._end is None else str(self._end["why"])

    @property
    def cut_short(self) -> str | None:
        """What ended the learning before its budgets did; None if nothing.

        Such a program depends on the machine, or on the moment of Ctrl-C.
        """
        if self.failure is not None:
            return "training failed"
        if self.interrupted:
            return "Ctrl-C"
        limit = None if self._end is None else self._end.get("limit")
        return None if limit is None else f"a limit of {limit:g} s on the search"

    @property
    def searched_layers(self) -> int | None:
        """How many layers of candidates a search compared; None without a search."""
        return None if self._end is None else self._end.get("layers")

    @property
    def searched_seconds(self) -> float | None:
        """How long the search took; None without one."""
        found = None if self._end is None else self._end.get("seconds")
        return found if isinstance(found, int | float) else None

    @property
    def _end(self) -> dict[str, Any] | None:
        """The line on the end of the search."""
        ends = (line for line in self.history if line["kind"] == SEARCH_ENDED)
        return next(ends, None)


@dataclass(frozen=True, slots=True)
class Start:
    """Where gradient descent begins."""

    program: Program | None = None  # without one at random
    vectors: NDArray[np.float32] | None = None  # (vocabulary, features), for classes
    folder: Path | None = None  # the run folder that keeps the state of learning
    resume: bool = False  # from that state

    @property
    def checkpoint(self) -> Path | None:
        """The file that keeps the state of training."""
        return None if self.folder is None else self.folder / CHECKPOINT
