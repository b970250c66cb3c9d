"""What training tells its caller."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from transformer_programs.data import Quality
    from transformer_programs.learn.selection import Evaluation
    from transformer_programs.program import Program


class StepProgress(Protocol):
    """What every training by gradient descent tells after a step."""

    @property
    def step(self) -> int:
        """Gradient steps taken."""

    @property
    def steps(self) -> int:
        """Gradient steps in all."""

    @property
    def loss(self) -> float:
        """The training loss of the last step."""

    @property
    def best(self) -> Quality | None:
        """The best quality on validation data, None before the first evaluation."""

    @property
    def evaluation(self) -> object | None:
        """The evaluation that was just made, if any."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where training is.

    Attributes:
        step: gradient steps taken.
        steps: gradient steps in all.
        loss: the mean training loss of the restarts in the last step.
        tau: the temperature of the last step.
        best: how right the best hardened model so far is on validation data, None
            before the first evaluation.
        evaluation: the evaluation that was just made, if any.
        diverged: the restarts that no longer train, as their loss or a weight was no
            finite number, and the step at which.
    """

    step: int
    steps: int
    loss: float
    tau: float
    best: Quality | None
    evaluation: Evaluation | None
    diverged: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Learned:
    """What training found.

    Attributes:
        program: the best hardened model, as a program.
        validation: how right it is on validation data.
        restart: which restart it came from.
        step: after how many steps.
        history: every evaluation.
        interrupted: whether training was stopped before its end.
        failure: why it could not go on, and what to do; None if it could.
        last: the programs that all restarts have become in the end, where they are to
            be combined.
    """

    program: Program
    validation: Quality
    restart: int
    step: int
    history: tuple[Evaluation, ...]
    interrupted: bool
    failure: str | None = None
    last: tuple[Program, ...] = ()
