"""One trial: a training with settings of its own, in whatever process it runs.

The run folder travels as bytes, so that a worker need not share a file system with
the process that keeps the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from transformer_programs.data import Dataset
from transformer_programs.lab.sweep.space import Settings
from transformer_programs.runs import Config, train_as
from transformer_programs.settings import Recipe, apply
from transformer_programs.tasks import Source


@dataclass(frozen=True, slots=True)
class Job:
    """A trial to be done.

    Attributes:
        number: of the trial in its study.
        name: of the data.
        source: where they are from.
        recipe: the settings of all trials.
        settings: those of this one.
    """

    number: int
    name: str
    source: Source
    recipe: Recipe
    settings: Settings


@dataclass(frozen=True, slots=True)
class Finished:
    """A trial that gave a program.

    Attributes:
        accuracy: of the emitted program on validation data, per label, or its entity
            F1 where labels are BIO tags; 0..1.
        lines: of its code.
        statements: how many it has.
        entries: of its tables.
        seconds: the time of learning.
        files: of the run folder, by name.
    """

    accuracy: float
    lines: int
    statements: int
    entries: int
    seconds: float
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Failed:
    """A trial that gave none.

    Attributes:
        reason: the error in words.
    """

    reason: str


Report = Finished | Failed


def run_trial(job: Job, dataset: Dataset) -> Report:
    """Learn a program with the settings of a trial."""
    with TemporaryDirectory(prefix="tprog-trial-") as place:
        run = Path(place) / "run"
        try:
            recipe = apply(job.recipe, job.settings)
            config = Config(job.name, job.source, recipe)
            learned = train_as(config, dataset, run)
        # One trial that runs out of memory, say, must not end all the others.
        except Exception as error:
            return Failed(f"{type(error).__name__}: {error}")
        report, program = learned.report, learned.program
        assert report is not None
        return Finished(
            accuracy=report.validation.quality.score,
            lines=program.lines,
            statements=len(program.statements),
            entries=program.entries,
            seconds=report.seconds,
            files={file.name: file.read_bytes() for file in run.iterdir()},
        )
