"""What a sweep gives: its trials, and the programs among them worth a look."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError
from transformer_programs.lab.sweep.folder import FRONT, PICTURE, trial_folder
from transformer_programs.lab.sweep.workers import Trial
from transformer_programs.runs import SizeChart, SizedPrograms, tradeoff_picture
from transformer_programs.system import (
    METRICS,
    Shown,
    display,
    parse_object,
    read_text,
    write_files,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

FORMAT = "transformer-program-front"
VERSION = 1


_SIZES = ("lines", "statements", "entries", "seconds")


class SweepEnding(StrEnum):
    """Why no more trials were begun."""

    DONE = "as many trials as were asked for have ended"
    TIME = "the time was up"
    TRIED = "no settings were found that had not been tried"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class FrontEntry:
    """A program of the front.

    The test accuracy is that of its ``program.py`` on held-out data, per label, or its
    entity F1 where labels are BIO tags; nothing was chosen by it.
    """

    trial: Trial
    run: Path
    test_accuracy: float


@dataclass(frozen=True, slots=True, repr=False)
class Sweep(Shown):
    """The result of a sweep."""

    name: str  # of the data
    folder: Path
    trials: tuple[Trial, ...]  # all that have ended, failed ones too
    front: tuple[FrontEntry, ...]  # no other program is both as accurate and shorter
    ended: SweepEnding
    picture: Path | None  # the front, if there is one

    def __rich__(self) -> RenderableType:
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
            f"their settings: {self.folder / FRONT}",
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
        return self.ended is SweepEnding.INTERRUPTED

    @property
    def failures(self) -> dict[str, int]:
        """How many trials failed, by the reason, the most frequent first."""
        reasons = Counter(t.failure for t in self.trials if t.failure is not None)
        return dict(reasons.most_common())

    def summary(self) -> dict[str, Any]:
        """Return the numbers, for scripts; the content of ``front.json``."""
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
                    **{name: getattr(entry.trial, name) for name in _SIZES},
                    "settings": dict(entry.trial.settings),
                }
                for entry in self.front
            ],
        }


def front(trials: Iterable[Trial]) -> list[Trial]:
    """Return the trials that no other beats in both accuracy and lines, shortest first.

    Of several with the same two values, the first trial stands for all.
    """
    found: list[Trial] = []
    given = (trial for trial in trials if trial.failure is None)
    for trial in sorted(given, key=lambda t: (t.lines, -t.accuracy, t.number)):
        if not found or trial.accuracy > found[-1].accuracy:
            found.append(trial)
    return found


def write_front(
    name: str, folder: Path, trials: Sequence[Trial], ended: SweepEnding
) -> Sweep:
    """Write the front of the trials that have ended, as a document and as a picture."""
    best = front(trials)
    entries = tuple(entry_of(folder, trial) for trial in best)
    picture = folder / PICTURE if best else None
    sweep = Sweep(name, folder, tuple(trials), entries, ended, picture)
    text = json.dumps(sweep.summary(), indent=2, allow_nan=False)
    write_files(folder, {FRONT: text + "\n"})
    if picture is not None:
        given = [trial for trial in trials if trial.failure is None]
        tradeoff_picture([_chart(given, best, name)]).save(picture)
    return sweep


def entry_of(folder: Path, trial: Trial) -> FrontEntry:
    """Return a trial with what its run folder says about held-out data.

    Raises:
        RunFolderError: If that cannot be read.
    """
    run = trial_folder(folder, trial.number)
    file = run / METRICS
    last = read_text(file).rstrip("\n").rpartition("\n")[2]
    try:
        test = parse_object(last)["test"]
        score = test["entities"]["f1"] if "entities" in test else test["per_label"]
        return FrontEntry(trial, run, float(score))
    except (KeyError, TypeError, ValueError) as error:
        raise RunFolderError(f"{file}: no result in the last line: {error}") from error


def _chart(trials: Sequence[Trial], front: Sequence[Trial], title: str) -> SizeChart:
    # The score of every trial over its lines of code, and the front as a line.
    def points(chosen: Sequence[Trial]) -> list[tuple[float, float]]:
        return [(float(trial.lines), trial.accuracy) for trial in chosen]

    every = SizedPrograms("all trials", points(trials), "#9aa3ad", joined=False)
    best = SizedPrograms("none is both shorter and as accurate", points(front))
    about = f"{title}: validation labels right (BIO tags: entity F1)"
    return SizeChart(about, "lines of code", (every, best))
