"""Records of a training while it runs: ``metrics.jsonl``, and TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import SettingsError
from transformer_programs.system import METRICS, writing

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

RECORDS = 100
"""How often the losses are recorded between the first step and the last."""

_MEASURED = ("accuracies", "entity_f1")
"""What only evaluations have."""


@dataclass(frozen=True, slots=True)
class Record:
    """The state of all restarts after one step; a line of ``metrics.jsonl``.

    Losses, accuracies and F1 of entities have a number for every restart, None where it
    no longer trains; the last two are those of an ``Evaluation``, None between them.
    """

    step: int
    seconds: float  # of training until then, without pauses
    loss: float  # in training, the mean of the restarts that go on
    losses: tuple[float | None, ...]
    temperature: float
    learning_rate: float
    accuracies: tuple[float | None, ...] | None = None
    entity_f1: tuple[float | None, ...] | None = None

    def line(self) -> dict[str, Any]:
        """Return the record as JSON holds it, its kind ``evaluation`` or ``step``."""
        fields = asdict(self)
        for name in _MEASURED:
            if fields[name] is None:
                del fields[name]
        return {"kind": "step" if self.accuracies is None else "evaluation"} | fields


def record_from(line: dict[str, Any]) -> Record:
    """Return the record of a line; raises KeyError or TypeError if it is none."""
    fields = {name: value for name, value in line.items() if name != "kind"}
    for name in ("losses", *(name for name in _MEASURED if name in fields)):
        fields[name] = tuple(fields[name])
    return Record(**fields)


def record_steps(steps: int) -> frozenset[int]:
    """Return after how many of these steps losses are recorded; the last is one."""
    count = min(RECORDS, steps)
    return frozenset(-(-steps * index // count) for index in range(1, count + 1))


def append_lines(folder: Path | None, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append lines to the ``metrics.jsonl`` of a run folder, if there is one.

    Each is written at once, so that training can be followed.
    """
    if folder is None:
        return
    with writing(folder), (folder / METRICS).open("ab", buffering=0) as file:
        for line in lines:
            file.write(json.dumps(line, allow_nan=False).encode() + b"\n")


class TensorBoard:
    """Writes scalars for TensorBoard, one curve a restart, as a context manager.

    Its ``write`` is an ``on_record`` of ``Watch``. The folder is made with the first
    record. A training that is resumed writes from its first record on, and what is
    older in the folder is hidden.

    Raises:
        SettingsError: If TensorBoard is not installed (the extra ``tensorboard``).
    """

    def __init__(self, folder: Path) -> None:
        if find_spec("tensorboard") is None:
            raise SettingsError(
                "writing for TensorBoard needs the package tensorboard: "
                "pip install 'transformer-programs[tensorboard]'"
            )
        self._folder = folder
        self._writer: SummaryWriter | None = None

    def __enter__(self) -> TensorBoard:
        return self

    def __exit__(self, *error: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, record: Record) -> None:
        """Write all numbers of a record; what is None is left out."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(
                str(self._folder), purge_step=record.step, flush_secs=5
            )
        curves: dict[str, Sequence[float | None]] = {
            "loss": record.losses,
            "accuracy": record.accuracies or (),
            "entity_f1": record.entity_f1 or (),
        }
        for name, values in curves.items():
            for restart, value in enumerate(values):
                if value is not None:
                    tag = f"{name}/restart_{restart}"
                    self._writer.add_scalar(tag, value, record.step)
        for name in ("loss", "temperature", "learning_rate"):
            tag = f"training/{name}"
            self._writer.add_scalar(tag, getattr(record, name), record.step)
