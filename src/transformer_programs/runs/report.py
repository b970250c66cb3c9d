"""What a training gives: its results, and all that its run folder is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Accuracy, Quality, Scheme, Score, TagFormat
from transformer_programs.errors import RunFolderError
from transformer_programs.language import Program as Plain
from transformer_programs.runs.folder import read_lines
from transformer_programs.runs.front import (
    SizedAccuracy,
    SizedSum,
    Tried,
    choice_of,
    front_of,
    in_lines,
    sums_in_lines,
    sums_of,
    trials_in_lines,
    trials_of,
)
from transformer_programs.runs.runnable import Program
from transformer_programs.system import METRICS

if TYPE_CHECKING:
    from transformer_programs.learn import Outcome
    from transformer_programs.runs.folder import Config
    from transformer_programs.verify import Certificate


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a training.

    Attributes:
        test: The accuracy of ``program.py`` on held-out data; of no labels if the data
            have no test part (``test.measured``).
        validation: Its accuracy on the data that chose it.
        baselines: The accuracy of simple methods on the test data, by name.
        learner: The learner that found the program: search or gradient.
        origin: Where in the search or the training it was found, in words.
        search_ended: Why the search ended, in words; None if there was none.
        interrupted: Whether Ctrl-C or a failure ended the learning.
        cut_short: What ended the learning before its budgets did; None if nothing.
        nothing_learned: Why the program says no more than the most frequent label
            does; None if it does, or if the data have one label only.
        seconds: The seconds of learning.
        checking_seconds: The seconds of comparing model, program and file.
        notes: What a reader should know about the data.
        front: The best programs of several sizes, where a search found no exact one:
            how right they are, the smallest first (``Run.of_size``).
        failure: Why training could not go on; known only right after it.
        sums: How right sums of several numbers of n-grams are, where the linear
            learner was tried.
        tried: What each learner found, where several were tried.
        chosen: Why the program was chosen among these.
    """

    test: Accuracy
    validation: Accuracy
    baselines: dict[str, Quality]
    learner: str
    origin: str
    search_ended: str | None
    interrupted: bool
    cut_short: str | None
    nothing_learned: str | None
    seconds: float
    checking_seconds: float
    notes: tuple[str, ...]
    front: tuple[SizedAccuracy, ...] = ()
    failure: str | None = None
    sums: tuple[SizedSum, ...] = ()
    tried: tuple[Tried, ...] = ()
    chosen: str | None = None


def read_report(run: Path) -> Report | None:
    """Return the results in ``metrics.jsonl``; None if there are none.

    Raises:
        RunFolderError: If it cannot be read.
    """
    try:
        lines = read_lines(run)
        results = [line for line in lines if line.get("kind") == "result"]
        return _report(results[-1], lines) if results else None
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise RunFolderError(
            f"{run / METRICS}: not what a training writes: "
            f"{type(error).__name__}: {error}"
        ) from error


def _report(line: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Report:
    # Older runs do not name all of it.
    return Report(
        test=_accuracy(line["test"]),
        validation=_accuracy(line["validation"]),
        baselines={n: Quality(**q) for n, q in line.get("baselines", {}).items()},
        learner=str(line.get("learner", "")),
        origin=str(line.get("origin", "")),
        search_ended=line.get("search_ended"),
        interrupted=bool(line.get("interrupted")),
        cut_short=line.get("cut_short"),
        nothing_learned=line.get("nothing_learned"),
        seconds=float(line["seconds"]),
        checking_seconds=float(line.get("checking_seconds", 0)),
        notes=tuple(map(str, line.get("notes", ()))),
        front=front_of(lines),
        sums=sums_of(lines),
        tried=trials_of(lines),
        chosen=choice_of(lines),
    )


def _accuracy(numbers: Mapping[str, Any]) -> Accuracy:
    # What ``Accuracy.numbers`` wrote; confusions are not kept.
    shares = {name: value for name, value in numbers.items() if name != "entities"}
    found = numbers.get("entities")
    if found is None:
        return Accuracy(**shares)
    counts = ("right", "predicted", "there")
    types = {
        kind: Score(*(int(score[name]) for name in counts))
        for kind, score in found["types"].items()
    }
    scheme = found.get("scheme")
    tags = None if scheme is None else TagFormat(Scheme(scheme.lower()))
    return Accuracy(**shares, entities=types, tags=tags)


@dataclass(frozen=True, slots=True)
class Training:
    """A training that has just ended: all that its run folder is made of.

    Attributes:
        config: What was asked for.
        start: The program that it began with, if any.
        outcome: The hardened models, and how they came about.
        certificate: The evidence that model, program and file agree.
        report: What it was worth.
    """

    config: Config
    start: Plain | None
    outcome: Outcome
    certificate: Certificate
    report: Report


def facts(program: Program, report: Report | None) -> list[str]:
    """Return the size of a program, how it was found, and its lengths, in lines."""
    lines = [f"size: {program.size} ({program.file_sizes})"]
    if report is not None:
        times = f"{report.seconds:.0f} s, checked in {report.checking_seconds:.0f} s"
        lines.append(f"learned in {times} ({report.origin})")
        if report.search_ended is not None:
            lines.append(f"search ended: {report.search_ended}")
        lines += trials_in_lines(report.tried, report.chosen, report.learner)
        lines += in_lines(report.front)
        lines += sums_in_lines(report.sums)
        if report.cut_short is not None:
            lines.append(f"cut short by {report.cut_short}")
    return [*lines, f"length: {program.length[0].lower()}{program.length[1:]}"]
