"""What is written down of a training while it runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformer_programs.system import METRICS, writing

RECORDS = 100
"""How often the losses are recorded between the first step and the last."""

_MEASURED = ("accuracies", "entity_f1")
"""What only evaluations have."""


@dataclass(frozen=True, slots=True)
class Record:
    """The state of all restarts after one step; a line of ``metrics.jsonl``.

    Attributes:
        step: gradient steps taken.
        seconds: the time of training until then, without pauses.
        loss: the mean training loss of the restarts that still train.
        losses: for every restart its loss, None where it no longer trains.
        temperature: of the step.
        learning_rate: of the step.
        accuracies: for every restart, the part of validation labels that its hardened
            model predicts, None where it no longer trains; None as a whole between
            evaluations.
        entity_f1: likewise F1 of entities, where labels are BIO tags.
    """

    step: int
    seconds: float
    loss: float
    losses: tuple[float | None, ...]
    temperature: float
    learning_rate: float
    accuracies: tuple[float | None, ...] | None = None
    entity_f1: tuple[float | None, ...] | None = None

    def line(self) -> dict[str, Any]:
        """The record as JSON holds it, with its kind: ``evaluation`` or ``step``."""
        fields = asdict(self)
        for name in _MEASURED:
            if fields[name] is None:
                del fields[name]
        return {"kind": "step" if self.accuracies is None else "evaluation"} | fields


def record_from(line: dict[str, Any]) -> Record:
    """The record of a line; raises KeyError or TypeError if it is none."""
    fields = {name: value for name, value in line.items() if name != "kind"}
    fields["losses"] = tuple(fields["losses"])
    for name in _MEASURED:
        if name in fields:
            fields[name] = tuple(fields[name])
    return Record(**fields)


def record_steps(steps: int) -> frozenset[int]:
    """After how many of these steps the losses are recorded; the last is one."""
    count = min(RECORDS, steps)
    return frozenset(-(-steps * index // count) for index in range(1, count + 1))


def append_lines(folder: Path | None, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append lines to ``metrics.jsonl``, each at once, so that it can be followed.

    Args:
        folder: the run folder; without one nothing is written.
        lines: what JSON can hold.

    Raises:
        RunFolderError: if that fails.
    """
    if folder is None:
        return
    with writing(folder), (folder / METRICS).open("ab", buffering=0) as file:
        for line in lines:
            file.write(json.dumps(line, allow_nan=False).encode() + b"\n")
