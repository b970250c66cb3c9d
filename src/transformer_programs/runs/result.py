"""What a training gives its user."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Accuracy, Quality, held_out
from transformer_programs.learn import Outcome
from transformer_programs.runs.runnable import RunnableProgram
from transformer_programs.system import Shown
from transformer_programs.verify import Certificate

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass(frozen=True, slots=True, repr=False)
class Result(Shown):
    """What a training gives.

    Attributes:
        program: the learned program; call it, or read ``program.source``.
        validation: its accuracy on the data that chose it.
        test: the accuracy of the emitted file on held-out data; of no labels if the
            data have no test part (``test.measured``).
        baselines: how right simple methods are on the test data, by name.
        certificate: the evidence that model, program and file agree.
        outcome: the hardened model, and how it came about.
        seconds: the time of learning.
        checking_seconds: the time of comparing model, program and file.
        folder: the run folder, if there is one.
        notes: what a reader should know about the data.
        judgeable: whether there is a definition to compare the program with.
        nothing_learned: why the program says no more than the most frequent label
            does; None if it does, or if the data have one label only.
    """

    program: RunnableProgram
    validation: Accuracy
    test: Accuracy
    baselines: dict[str, Quality]
    certificate: Certificate
    outcome: Outcome
    seconds: float
    checking_seconds: float
    folder: Path | None
    notes: tuple[str, ...]
    judgeable: bool = False
    nothing_learned: str | None = None

    def summary(self) -> dict[str, Any]:
        """The numbers, for scripts; the last line of ``metrics.jsonl``."""
        return {
            "name": self.program.program.name,
            "test": self.test.numbers(),
            "validation": self.validation.numbers(),
            "baselines": {n: q.numbers() for n, q in self.baselines.items()},
            "agreement": self.certificate.sentences(),
            "statements": len(self.program.program.statements),
            "entries": self.program.entries,
            "lines": self.program.lines,
            "learner": self.outcome.learner,
            "origin": self.outcome.origin,
            "search_ended": self.outcome.search_ended,
            "interrupted": self.outcome.interrupted,
            "cut_short": self.outcome.cut_short,
            "nothing_learned": self.nothing_learned,
            "seconds": round(self.seconds, 1),
            "checking_seconds": round(self.checking_seconds, 1),
            "notes": list(self.notes),
        }

    def _accuracy(self) -> list[str]:
        """How right it is, and simple methods beside it."""
        accuracy = f"{self.program.program.name}: no held-out labels"
        if self.test.measured:
            accuracy = (
                f"{self.program.program.name}: {self.test.per_label:.2%} of held-out "
                f"labels right, {self.test.per_sequence:.2%} of sequences"
            )
        found = self.test.of_entities if self.test.measured else None
        entities = [] if found is None else [f"entities: F1 {found.f1:.2%}"]
        beside = [
            f"beside it, {name}: {quality.sentence()}"
            for name, quality in self.baselines.items()
        ]
        return [accuracy, *entities, *beside]

    def __rich__(self) -> RenderableType:
        """Accuracy, evidence, size, and where it is."""
        from rich.text import Text

        length, ended = self.program.length, self.outcome.search_ended
        cut = self.outcome.cut_short
        nothing = self.nothing_learned
        lines = [
            *([] if nothing is None else [nothing]),
            *self._accuracy(),
            *(f"checked: {text}" for text in self.certificate.sentences()),
            f"size: {self.program.size} ({self.program.file_sizes})",
            f"learned in {self.seconds:.0f} s, checked in "
            f"{self.checking_seconds:.0f} s ({self.outcome.origin})",
            *([] if ended is None else [f"search ended: {ended}"]),
            *([] if cut is None else [f"cut short by {cut}"]),
            f"length: {length[0].lower()}{length[1:]}",
            *(f"note: {text}" for text in self.notes),
            *([] if self.folder is None else [f"written to {self.folder}"]),
        ]
        return Text("\n".join(lines))

    def _repr_html_(self) -> str:
        """The accuracy, and the folded listing, for notebooks."""
        lines = "<br>".join(map(html.escape, self._accuracy()))
        return f"<p>{lines}</p>{self.program._repr_html_()}"

    def __repr__(self) -> str:
        return f"<Result {self.program!r}: {held_out(self.test)}>"
