"""What a search is told, what it reports on the way, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.errors import SettingsError
from transformer_programs.program.nodes import Program


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How long and how widely to search."""

    seconds: float = 60.0
    """Time budget; the best program found so far is returned when it is spent."""
    layers: int = 4
    """Layers of candidates: each reads what the layers before it wrote."""
    beam: int = 40
    """Candidates of one kind that a layer hands on."""
    sample: int = 240
    """Training sequences that candidates are counted on at first."""
    growth: int = 80
    """Failing sequences that join the sample when the best program is not exact."""
    max_statements: int = 16
    """Larger programs are not considered."""
    seed: int = 0
    """Fixes the choice of the sample, the only choice by chance."""

    def __post_init__(self) -> None:
        """Refuse budgets that allow no search."""
        for name in ("layers", "beam", "sample", "growth", "max_statements"):
            if getattr(self, name) < 1:
                raise SettingsError(f"expected {name} >= 1, got {getattr(self, name)}")
        if not self.seconds > 0:
            raise SettingsError(f"expected seconds > 0, got {self.seconds}")


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
        seconds: how long the search took.
        exact: whether every label of the training and validation data is right.
        interrupted: whether Ctrl-C ended the search.
    """

    program: Program
    label_accuracy: float
    sequence_accuracy: float
    statements: int
    seconds: float
    exact: bool
    interrupted: bool
