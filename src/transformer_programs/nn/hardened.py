"""A hardened model: a Transformer whose every choice has been made.

It computes what ``docs/semantics.md`` says, on tensors and on its own: nothing here
calls the interpreter, so that the two can be compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Int64
from torch import Tensor, nn

from transformer_programs.nn.modules import HardReadout, HardStatement, Ids, Stream
from transformer_programs.program import ONES, POSITIONS, TOKENS, Pooling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformer_programs.program import Domain, InputFormat


class HardenedModel(nn.Module):
    """A Transformer Program as a PyTorch module (paper, section 3).

    Args:
        input_format: the sequences accepted.
        labels: the labels that may be predicted.
        pooling: a label per position, or one per sequence.
        statements: the modules, executed in order.
        readout: turns variables into scores.
    """

    def __init__(
        self,
        input_format: InputFormat,
        labels: tuple[str, ...],
        pooling: Pooling,
        statements: Sequence[HardStatement],
        readout: HardReadout,
    ) -> None:
        super().__init__()
        self.input_format = input_format
        self.labels = labels
        self.pooling = pooling
        self.statements = nn.ModuleList(statements)
        self.readout = readout

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next((buffer.device for buffer in self.buffers()), torch.device("cpu"))

    @property
    def domains(self) -> dict[str, Domain]:
        """The domains of what the statements write, in program order."""
        return {str(s.output): s.domain for s in self.statements}  # type: ignore[misc]

    def trace(self, ids: Ids, lengths: Int64[Tensor, " batch"]) -> dict[str, Tensor]:
        """The ids of every variable by name, (batch, length), in program order.

        Values at padded positions mean nothing.

        Args:
            ids: codes of framed tokens, any valid code where padded.
            lengths: framed lengths, at least 1.
        """
        form = self.input_format
        stream: Stream = {
            TOKENS: form.word_ids(ids),
            POSITIONS: torch.arange(ids.shape[1], device=ids.device).expand_as(ids),
            ONES: torch.ones_like(ids),
            **{s.name: form.surface_ids(ids, s.name) for s in form.surfaces},
        }
        for statement in self.statements:
            stream[str(statement.output)] = statement(stream, lengths)
        return stream

    def forward(
        self, ids: Ids, lengths: Int64[Tensor, " batch"]
    ) -> Int64[Tensor, " batch"] | Int64[Tensor, "batch length"]:
        """The ids of the predicted labels.

        Args:
            ids: codes of framed tokens, any valid code where padded.
            lengths: framed lengths, at least 1.

        Returns:
            (batch, length) for tagging, (batch,) for classification.
        """
        return self.read_out(self.trace(ids, lengths), lengths)

    def read_out(self, stream: Stream, lengths: Int64[Tensor, " batch"]) -> Tensor:
        """The ids of the labels that a trace leads to, shaped as by ``forward``."""
        scores = self.readout(stream, len(self.labels))
        if self.pooling is Pooling.FIRST:
            scores = scores[:, 0]
        elif self.pooling is Pooling.MEAN:
            here = torch.arange(scores.shape[1], device=scores.device)
            scores = (scores * (here < lengths[:, None])[..., None]).sum(dim=1)
        best: Tensor = scores.argmax(dim=-1)
        return best
