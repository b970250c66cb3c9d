"""Records of a training as TensorBoard reads them (the extra ``tensorboard``)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from torch.utils.tensorboard import SummaryWriter

    from transformer_programs.learn.records import Record


class TensorBoard:
    """Writes scalars, one curve for every restart, as a context manager.

    Its ``write`` is an ``on_record`` of ``Watch``. A training that is resumed writes
    from its first record on, and what is older in the folder is hidden.

    Args:
        folder: where to write; made with the first record.

    Raises:
        SettingsError: if TensorBoard is not installed.
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, record: Record) -> None:
        """Write all numbers of a record; what is None is left out."""
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(
                str(self._folder), purge_step=record.step, flush_secs=5
            )
        self._add("loss", record.losses, record.step)
        self._add("accuracy", record.accuracies or (), record.step)
        self._add("entity_f1", record.entity_f1 or (), record.step)
        for name in ("loss", "temperature", "learning_rate"):
            self._writer.add_scalar(
                f"training/{name}", getattr(record, name), record.step
            )

    def _add(self, name: str, values: Sequence[float | None], step: int) -> None:
        assert self._writer is not None
        for restart, value in enumerate(values):
            if value is not None:
                self._writer.add_scalar(f"{name}/restart_{restart}", value, step)
