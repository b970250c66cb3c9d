"""A standard Transformer: PyTorch's encoder between embeddings and a linear readout."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import torch
from torch import nn

from transformer_programs.codegen import input_to_json
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.language import encode_batch
from transformer_programs.nn import (
    UNREADABLE,
    read_tensors,
    stored_input,
    unreadable,
    write_tensors,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from transformer_programs.language import InputFormat

FORMAT = "transformer-programs/standard-model/1"
"""What the metadata of the file say it is; the number is the version."""

READ_AT_ONCE = 1024
"""Sequences per batch outside training."""


class StandardTransformer(nn.Module):
    """A Transformer encoder that labels every token, or the sequence."""

    def __init__(
        self,
        settings: StandardSettings,
        form: InputFormat,
        labels: tuple[str, ...],
        tagging: bool,
        features: int | None = None,
    ) -> None:
        """Make one with random weights.

        Args:
            settings: Its size.
            form: The sequences that it accepts.
            labels: The labels, in the order of their ids.
            tagging: Whether every token has a label, not the sequence.
            features: Of word vectors, where embeddings begin with them.
        """
        super().__init__()
        self.form, self.labels, self.tagging = form, labels, tagging
        self.features = features
        self.causal = settings.causal
        width = settings.width
        self.tokens = nn.Embedding(len(form.vocabulary), features or width)
        self.widened = nn.Linear(features, width) if features else nn.Identity()
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
        """The number of trained parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the scores of the labels.

        Args:
            ids: (B, N) codes of framed tokens, any valid id where padded.
            lengths: (B,) framed lengths, at least 1.

        Returns:
            (B, N, C) for tagging, (B, C) for classification.
        """
        places = torch.arange(ids.shape[1], device=ids.device)  # (N)
        padded = places >= lengths[:, None]  # (B, N)
        later = places > places[:, None] if self.causal else None  # (N, N)
        words = self.widened(self.tokens(self.form.word_ids(ids)))  # (B, N, width)
        states = self.encoder(
            words + self.positions(places), mask=later, src_key_padding_mask=padded
        )  # (B, N, width)
        if not self.tagging:
            here = (~padded)[..., None]
            states = (states * here).sum(dim=1) / lengths[:, None]  # (B, width)
        scores: Tensor = self.readout(states)
        return scores

    @torch.no_grad()
    def begin_with(self, vectors: Tensor) -> None:
        """Set the embeddings to (vocabulary, features) vectors, except where NaN."""
        known = ~vectors.isnan().any(dim=1)
        scale = vectors[known].std()
        self.tokens.weight.mul_(scale)
        self.tokens.weight[known] = vectors[known]

    @torch.no_grad()
    def batch(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """Return the labels of bare sequences: one per token, or one per sequence.

        Raises:
            InputError: For the first sequence that is not accepted.
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


def save_standard(
    model: StandardTransformer, settings: StandardSettings, path: Path
) -> None:
    """Write a model as safetensors; the same model gives the same bytes."""
    tensors = {name: t.cpu().contiguous() for name, t in model.state_dict().items()}
    shape = {
        "settings": asdict(settings),
        **input_to_json(model.form),
        "labels": model.labels,
        "tagging": model.tagging,
        "features": model.features,
    }
    write_tensors(path, FORMAT, tensors, shape)


def load_standard(path: Path) -> StandardTransformer:
    """Read what ``save_standard`` wrote.

    Raises:
        RunFolderError: If the file is missing, damaged or something else.
    """
    tensors, shape = read_tensors(path, FORMAT)
    try:
        form = stored_input(shape)
        settings = StandardSettings(**shape["settings"])
        labels, tagging = tuple(shape["labels"]), shape["tagging"]
        features = shape.get("features")  # older files have none
        model = StandardTransformer(settings, form, labels, tagging, features)
        model.load_state_dict(tensors)
    except (*UNREADABLE, RuntimeError) as error:
        raise unreadable(path, error) from error
    return model.eval()
