"""What a training was worth, and what its run folder is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformer_programs.data import Accuracy, Quality, Scheme, Score, TagFormat

if TYPE_CHECKING:
    from transformer_programs.learn import Outcome
    from transformer_programs.program import Program
    from transformer_programs.runs.folder import Config
    from transformer_programs.verify import Certificate


@dataclass(frozen=True, slots=True)
class Report:
    """What a training was worth, and how it ended.

    Attributes:
        test: The accuracy of ``program.py`` on held-out data; of no labels if the data
            have no test part (``test.measured``).
        validation: Its accuracy on the data that chose it.
        baselines: How right simple methods are on the test data, by name.
        learner: The learner that found it: search or gradient.
        origin: Where in the search or the training it came from, in words.
        search_ended: Why the search ended, in words; None if there was none.
        interrupted: Whether Ctrl-C or a failure ended the learning.
        cut_short: What ended the learning before its budgets did; None if nothing.
        nothing_learned: Why the program says no more than the most frequent label
            does; None if it does, or if the data have one label only.
        seconds: The time of learning.
        checking_seconds: The time of comparing model, program and file.
        notes: What a reader should know about the data.
        failure: Why training could not go on; known only right after it.
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
    failure: str | None = None

    @classmethod
    def from_numbers(cls, line: Mapping[str, Any]) -> Report:
        """Read the last line of ``metrics.jsonl``, also of older runs.

        Raises:
            LookupError, TypeError, ValueError, AttributeError: For anything else.
        """
        return cls(
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
        )


def _accuracy(numbers: Mapping[str, Any]) -> Accuracy:
    """What ``Accuracy.numbers`` wrote; confusions are not kept."""
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
    start: Program | None
    outcome: Outcome
    certificate: Certificate
    report: Report
