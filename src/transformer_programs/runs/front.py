"""Programs of several sizes and of several learners, and how right they are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.codegen import from_json
from transformer_programs.data import Measure, Quality
from transformer_programs.errors import RunFolderError, SettingName, SettingsError
from transformer_programs.language import Program
from transformer_programs.learn import CHOSEN, FRONT, TRIED, WEIGHED
from transformer_programs.system import METRICS


@dataclass(frozen=True, slots=True)
class SizedAccuracy:
    """How right the best program of a size is, on all labels that it was chosen by.

    Attributes:
        statements: The number of its statements.
        training: Accuracy on the training data, per label; 0..1.
        accuracy: The same on training or on validation data, whichever is worse.
    """

    statements: int
    training: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class SizedSum:
    """How good sums of so many n-grams are.

    Attributes:
        grams: The number of n-grams, or of other parts.
        score: On held-out folds of the training data and on validation data, or, of
            tags of words, on validation data; 0..1.
        unit: What they are sums of.
        measure: What the score is.
    """

    grams: int
    score: float
    unit: str = "n-grams"
    measure: Measure = Measure.ACCURACY


@dataclass(frozen=True, slots=True)
class Tried:
    """What a learner found that was tried beside others.

    Attributes:
        learner: The learner: search, linear or gradient.
        validation: How right its program is on validation data.
        statements: Statements of that program.
        lines: Lines of code of its ``program.py``.
        seconds: The seconds of learning.
    """

    learner: str
    validation: Quality
    statements: int
    lines: int
    seconds: float

    def numbers(self) -> dict[str, Any]:
        """Return everything, for scripts."""
        found = {"learner": self.learner, **self.validation.numbers()}
        names = ("statements", "lines", "seconds")
        return found | {name: getattr(self, name) for name in names}


def sums_of(lines: Iterable[Mapping[str, Any]]) -> tuple[SizedSum, ...]:
    """Return the sums of n-grams in lines of ``metrics.jsonl``; empty if none."""
    return tuple(
        SizedSum(
            int(line["grams"]),
            float(line["score"]),
            line.get("unit", "n-grams"),
            Measure(line.get("measure", Measure.ACCURACY)),
        )
        for line in lines
        if line.get("kind") == WEIGHED
    )


def trials_of(lines: Iterable[Mapping[str, Any]]) -> tuple[Tried, ...]:
    """Return what was tried, in lines of ``metrics.jsonl``; empty if one learner."""
    return tuple(
        Tried(
            str(line["learner"]),
            Quality(float(line["accuracy"]), line.get("entity_f1")),
            int(line["statements"]),
            int(line["lines"]),
            float(line["seconds"]),
        )
        for line in lines
        if line.get("kind") == TRIED
    )


def choice_of(lines: Iterable[Mapping[str, Any]]) -> str | None:
    """Return why a program was chosen among those tried, in words."""
    found = [line for line in lines if line.get("kind") == CHOSEN]
    return str(found[-1]["why"]) if found else None


def front_of(lines: Iterable[Mapping[str, Any]]) -> tuple[SizedAccuracy, ...]:
    """Return the front that lines of ``metrics.jsonl`` hold; empty if there is none.

    Raises:
        LookupError, TypeError, ValueError: If they are not what a search writes.
    """
    return tuple(
        SizedAccuracy(
            int(line["statements"]), float(line["training"]), float(line["accuracy"])
        )
        for line in lines
        if line.get("kind") == FRONT
    )


def program_of_size(
    lines: Iterable[Mapping[str, Any]], size: int, run: Path
) -> Program:
    """Return the program of the front that has so many statements.

    Raises:
        SettingsError: If there is none.
        RunFolderError, SchemaError, ProgramError: If it cannot be read.
    """
    found = [line for line in lines if line.get("kind") == FRONT]
    if not found:
        raise SettingsError(
            SettingName("size"), f" {size}: {run} has no programs of several sizes; a "
            "search keeps them where it finds no exact program"
        )  # fmt: skip
    there = {line.get("statements"): line.get("program") for line in found}
    if size not in there:
        known = ", ".join(map(str, there))
        raise SettingsError(
            SettingName("size"), f" {size}: expected a number of statements that "
            f"{run} has a program of: {known}"
        )  # fmt: skip
    if not isinstance(there[size], dict):
        raise RunFolderError(f"{run / METRICS}: a line of the front without a program")
    return from_json(json.dumps(there[size]), str(run / METRICS))


def in_lines(front: Iterable[SizedAccuracy]) -> list[str]:
    """Return a front as lines of a table; none of fewer than two programs."""
    rows = [
        f"  {sized.statements:>3} statement{'s' if sized.statements != 1 else ' '}  "
        f"{sized.accuracy:7.2%}"
        for sized in front
    ]
    head = "programs of the search by size (--size N of tprog show), labels right:"
    return [head, *rows] if len(rows) > 1 else []


def sums_in_lines(sums: Iterable[SizedSum]) -> list[str]:
    """Return sums of n-grams as lines of a table; none of fewer than two."""
    kept = [*sums]
    if len(kept) < 2:
        return []
    rows = [f"  {s.grams:>7,} {s.unit}  {s.score:7.2%}" for s in kept]
    what = f"{kept[0].measure} on held-out data"
    return [f"sums of {kept[0].unit} by size, {what}:", *rows]


def trials_in_lines(
    trials: Iterable[Tried], chosen: str | None, learner: str
) -> list[str]:
    """Return what was tried as lines of a table, and why one was chosen."""
    rows = [
        f"  {trial.learner:<8}  {trial.validation}  "
        f"{trial.statements:>4,} statement{'s' if trial.statements != 1 else ' '}  "
        f"{trial.lines:>5,} line{'s' if trial.lines != 1 else ' '}  "
        f"{trial.seconds:>5,.0f} s"
        for trial in trials
    ]
    why = [] if chosen is None else [f"chosen: {learner}, {chosen}"]
    return ["tried, on validation data:", *rows, *why] if rows else []
