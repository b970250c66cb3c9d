"""PyTorch's encoder between learned embeddings and a linear readout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from transformer_programs.program import encode_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from transformer_programs.lab.standard.settings import StandardSettings
    from transformer_programs.program import InputFormat

READ_AT_ONCE = 1024
"""Sequences that are read at once where nothing is trained."""


class StandardTransformer(nn.Module):
    """A Transformer encoder that labels every token, or the sequence.

    Args:
        settings: its size.
        form: the sequences that it accepts.
        labels: the labels that it may give.
        tagging: whether there is a label per token, not one per sequence.
    """

    def __init__(
        self,
        settings: StandardSettings,
        form: InputFormat,
        labels: tuple[str, ...],
        tagging: bool,
    ) -> None:
        super().__init__()
        self.form, self.labels, self.tagging = form, labels, tagging
        self.causal = settings.causal
        width = settings.width
        self.tokens = nn.Embedding(len(form.vocabulary), width)
        self.positions = nn.Embedding(form.max_length, width)
        layer = nn.TransformerEncoderLayer(
            width,
            settings.heads,
            settings.feed_forward,
            settings.dropout,
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(
            layer, settings.layers, nn.LayerNorm(width), enable_nested_tensor=False
        )
        self.readout = nn.Linear(width, len(labels))

    @property
    def size(self) -> int:
        """How many numbers are trained."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The scores of the labels.

        Args:
            ids: (batch, length) codes of framed tokens, any valid id where padded.
            lengths: (batch,) framed lengths, at least 1.

        Returns:
            (batch, length, labels) for tagging, (batch, labels) for classification.
        """
        places = torch.arange(ids.shape[1], device=ids.device)
        padded = places >= lengths[:, None]
        later = places > places[:, None] if self.causal else None
        states = self.encoder(
            self.tokens(self.form.word_ids(ids)) + self.positions(places),
            mask=later,
            src_key_padding_mask=padded,
        )
        if not self.tagging:
            here = (~padded)[..., None]
            states = (states * here).sum(dim=1) / lengths[:, None]
        scores: Tensor = self.readout(states)
        return scores

    @torch.no_grad()
    def batch(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """The labels of bare sequences: one per token, or one for each sequence.

        Raises:
            InputError: for the first sequence that is not accepted.
        """
        training = self.training
        self.eval()
        found: list[list[str] | str] = []
        for start in range(0, len(sequences), READ_AT_ONCE):
            found += self._labels(sequences[start : start + READ_AT_ONCE])
        self.train(training)
        return found

    def _labels(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        batch = encode_batch(self.form, sequences)
        device = self.readout.weight.device
        ids = torch.from_numpy(batch.ids).long().to(device)
        lengths = torch.from_numpy(batch.lengths).long().to(device)
        best = self(ids, lengths).argmax(dim=-1).tolist()
        if not self.tagging:
            return [self.labels[index] for index in best]
        start = self.form.offset
        return [
            [self.labels[index] for index in row[start : start + len(sequence)]]
            for row, sequence in zip(best, sequences, strict=True)
        ]
