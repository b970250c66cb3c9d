"""Callbacks for long-running operations, and Ctrl-C that waits for a step to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the types alone: this module must not load torch
    from transformer_programs.data import Quality
    from transformer_programs.learn.records import Record
    from transformer_programs.learn.selection import Evaluation
    from transformer_programs.optimize import Pass, Stage
    from transformer_programs.search import SearchProgress


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
    """Progress of a training.

    Diverged are the restarts that no longer train, as their loss or a weight was no
    finite number, with the step at which.
    """

    step: int
    steps: int  # in all
    loss: float  # in training, the mean of the restarts in the last step
    tau: float  # the temperature of the last step
    best: Quality | None  # of hardened models so far on validation data
    evaluation: Evaluation | None  # that was just made, if any
    diverged: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """Callbacks for long-running operations.

    Attributes:
        on_progress: after every training step.
        on_standard: after every training step of a standard Transformer.
        on_record: for every record of a training: about every hundredth of its steps,
            and every evaluation; when it is resumed, first for those before.
        on_search: after every layer of a search.
        on_pass: after every pass over the single choices of a learned program.
        on_compared: when the agreement gate has compared some inputs: what is compared,
            the number of inputs since the last call, and the number of all.
        on_stage: after every step of a simplification.
        on_phase: when something begins that may take a while and has no steps to
            count: what it is, in words. It ends with the next call of any kind.
        on_note: when there is something that a reader should know.

    >>> found = []
    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> _ = tp.train(task, watch=tp.Watch(on_search=found.append))
    >>> found[-1].accuracy
    1.0
    """

    on_progress: Callable[[Progress], None] | None = None
    on_standard: Callable[[StepProgress], None] | None = None
    on_record: Callable[[Record], None] | None = None
    on_search: Callable[[SearchProgress], None] | None = None
    on_pass: Callable[[Pass], None] | None = None
    on_compared: Callable[[str, int, int], None] | None = None
    on_stage: Callable[[Stage], None] | None = None
    on_phase: Callable[[str], None] | None = None
    on_note: Callable[[str], None] | None = None

    def begin(self, phase: str) -> None:
        """Tell that something begins which may take a while."""
        if self.on_phase is not None:
            self.on_phase(phase)

    def note(self, text: str) -> None:
        """Tell what a reader should know."""
        if self.on_note is not None:
            self.on_note(text)


class Interruption:
    """Whether the user has asked to stop.

    The first Ctrl-C sets `requested`; the second raises KeyboardInterrupt, in the
    middle of whatever goes on.
    """

    def __init__(self) -> None:
        self.requested = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Remember the first signal, and let the next one through."""
        del number, frame
        self.requested = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def deferred_interruption() -> Iterator[Interruption]:
    """Hold the first Ctrl-C back while the block runs.

    Only the main thread gets signals; elsewhere nothing is held back. Nor is it where
    the signal is ignored.
    """
    interruption = Interruption()
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # a background job
    if ignored or threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    previous = signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, previous)
