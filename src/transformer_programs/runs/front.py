"""The front of a search: the best programs of several sizes, if none is exact."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformer_programs.codegen import from_json
from transformer_programs.errors import RunFolderError, SettingName, SettingsError
from transformer_programs.learn import FRONT
from transformer_programs.program import Program
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
