"""What a search reports on the way, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transformer_programs.program import Program


class Ending(StrEnum):
    """Why a search ended."""

    EXACT = "right on every label of"
    WORK = "work budget used up"
    TIME = "time limit reached"
    NOTHING_BETTER = "nothing better found"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """Where a search is.

    Attributes:
        seconds: time since the start.
        round: how often the sample has grown, plus one.
        layer: the layer of candidates, from 1.
        candidates: distinct variables compared so far.
        accuracy: the best program's accuracy on the training data per label, 0..1.
        statements: the best program's size.
    """

    seconds: float
    round: int
    layer: int
    candidates: int
    accuracy: float
    statements: int


@dataclass(frozen=True, slots=True)
class Found:
    """The best program of a search.

    Attributes:
        program: a valid program whose statements are all needed by its readout.
        label_accuracy: on the training data, per label; 0..1.
        sequence_accuracy: on the training data, of sequences without an error.
        statements: how many statements the program has.
        layers: how many layers of candidates were compared, those of all rounds.
        sequences: how many the training and validation data have.
        work: units of work that were spent.
        seconds: how long the search took.
        exact: whether every label of the training and validation data is right.
        ending: why the search ended.
    """

    program: Program
    label_accuracy: float
    sequence_accuracy: float
    statements: int
    layers: int
    sequences: int
    work: float
    seconds: float
    exact: bool
    ending: Ending

    @property
    def why(self) -> str:
        """Why the search ended, in words that claim what was checked."""
        if self.ending is Ending.EXACT:
            count = f"{self.sequences:,}"
            return f"{self.ending} all {count} training and validation sequences"
        return str(self.ending)
