"""What a caller is told while something long goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the types alone: this module must not load torch
    from transformer_programs.learn.progress import Progress, StepProgress
    from transformer_programs.learn.records import Record
    from transformer_programs.optimize import Pass, Stage
    from transformer_programs.search import SearchProgress
    from transformer_programs.verify import Advance


@dataclass(frozen=True, slots=True)
class Watch:
    """What is called while something long goes on.

    Attributes:
        on_progress: after every training step.
        on_standard: after every training step of a standard Transformer.
        on_record: for every record of a training: about every hundredth of its steps,
            and every evaluation; when it is resumed, first for those before.
        on_search: after every layer of a search.
        on_pass: after every pass over the single choices of a learned program.
        on_compared: when the agreement gate has compared some inputs.
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
    on_compared: Advance | None = None
    on_stage: Callable[[Stage], None] | None = None
    on_phase: Callable[[str], None] | None = None
    on_note: Callable[[str], None] | None = None

    def begin(self, phase: str) -> None:
        """Tell that something begins which may take a while."""
        if self.on_phase is not None:
            self.on_phase(phase)
