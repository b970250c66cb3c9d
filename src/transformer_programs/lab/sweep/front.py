"""What a sweep gives: its trials, and the programs among them worth a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError
from transformer_programs.lab.sweep.folder import FRONT, trial_folder
from transformer_programs.lab.sweep.running import Ending
from transformer_programs.lab.sweep.study import Trial
from transformer_programs.runs import folder as run_folder
from transformer_programs.system import (
    Shown,
    display,
    parse_object,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = "transformer-program-front"
VERSION = 1


def front(trials: Iterable[Trial]) -> list[Trial]:
    """The trials that no other beats in both accuracy and lines, shortest first.

    Of several with the same two values, the first trial stands for all.
    """
    found: list[Trial] = []
    given = (trial for trial in trials if trial.failure is None)
    for trial in sorted(given, key=lambda t: (t.lines, -t.accuracy, t.number)):
        if not found or trial.accuracy > found[-1].accuracy:
            found.append(trial)
    return found


@dataclass(frozen=True, slots=True)
class Entry:
    """A program of the front.

    Attributes:
        trial: that gave it.
        run: its run folder.
        test_accuracy: of its ``program.py`` on held-out data, per label, or its entity
            F1 where labels are BIO tags; nothing was chosen by it.
    """

    trial: Trial
    run: Path
    test_accuracy: float


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Shown):
    """What a sweep gives.

    Attributes:
        name: of the data.
        folder: of the sweep.
        trials: all that have ended, failed ones too.
        front: the programs that no other beats in both accuracy and lines.
        ended: why no more trials were begun.
        picture: of the front, if what draws is installed and there is a front.
    """

    name: str
    folder: Path
    trials: tuple[Trial, ...]
    front: tuple[Entry, ...]
    ended: Ending
    picture: Path | None

    def __rich__(self) -> RenderableType:
        """The front in a table, and how the trials ended."""
        from rich.console import Group
        from rich.text import Text

        columns = ("trial", "lines", "statements", "entries", "validation", "test")
        title = f"{self.name}: no other program is both shorter and as accurate"
        drawn = display.table(title, *columns)
        for entry in self.front:
            trial = entry.trial
            sizes = (trial.number, trial.lines, trial.statements, trial.entries)
            shares = (f"{trial.accuracy:.2%}", f"{entry.test_accuracy:.2%}")
            display.add_row(drawn, *map(str, sizes), *shares)
        failed = sum(self.failures.values())
        lines = [
            f"{len(self.trials)} trials, {failed} of them failed; ended: {self.ended}",
            *(f"  {count} x {reason}" for reason, count in self.failures.items()),
            f"their settings: {self.document}",
        ]
        return Group(display.fitted(drawn), Text("\n".join(lines)))

    def __repr__(self) -> str:
        return (
            f"<Sweep of {self.name!r}: {len(self.trials)} trials, "
            f"{len(self.front)} on the front, {self.folder}>"
        )

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended it."""
        return self.ended is Ending.INTERRUPTED

    @property
    def document(self) -> Path:
        """The file with the front and its settings."""
        return self.folder / FRONT

    @property
    def failures(self) -> dict[str, int]:
        """How many trials failed, by the reason, the most frequent first."""
        reasons = Counter(t.failure for t in self.trials if t.failure is not None)
        return dict(reasons.most_common())

    def summary(self) -> dict[str, Any]:
        """The numbers, for scripts; the content of ``front.json``."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "name": self.name,
            "trials": len(self.trials),
            "failures": self.failures,
            "ended": self.ended,
            "front": [
                {
                    "trial": entry.trial.number,
                    "run": str(entry.run.relative_to(self.folder)),
                    "validation_accuracy": entry.trial.accuracy,
                    "test_accuracy": entry.test_accuracy,
                    "lines": entry.trial.lines,
                    "statements": entry.trial.statements,
                    "entries": entry.trial.entries,
                    "seconds": entry.trial.seconds,
                    "settings": dict(entry.trial.settings),
                }
                for entry in self.front
            ],
        }


def entry_of(folder: Path, trial: Trial) -> Entry:
    """A trial of the front with what its run folder says about held-out data.

    Raises:
        RunFolderError: if that cannot be read.
    """
    run = trial_folder(folder, trial.number)
    file = run / run_folder.METRICS
    last = run_folder.read_text(file).rstrip("\n").rpartition("\n")[2]
    try:
        test = parse_object(last)["test"]
        score = test["entities"]["f1"] if "entities" in test else test["per_label"]
        return Entry(trial, run, float(score))
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{file}: no result in the last line: {error}") from error
