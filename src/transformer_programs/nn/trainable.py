"""The interface of the models that are trained, and how they pool scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from transformer_programs.language import InputFormat, Pooling, Program
from transformer_programs.nn.hardened import Ids, Lengths
from transformer_programs.nn.sampling import Heat, Noise

Heats = Sequence[Heat]
"""Of every layer, the first one first."""


class Trainable(nn.Module, ABC):
    """R relaxed Transformer Programs side by side, which never mix.

    The leading dimension of every parameter is the restart.

    Attributes:
        input_format: the sequences read.
        labels: the labels that may be predicted.
        readout: the weights that turn variables into scores.
    """

    input_format: InputFormat
    labels: tuple[str, ...]
    readout: nn.Parameter

    @property
    @abstractmethod
    def identity(self) -> str:
        """A text that differs for models that differ in shape or in their start."""

    @property
    def depth(self) -> int:
        """How many layers make their choices final, each at a time of its own."""
        return 1

    def layer_of(self, name: str) -> int:
        """Return the layer, 0-based, whose choices a parameter holds."""
        del name
        return 0

    @property
    def weights_alone(self) -> frozenset[str]:
        """Names of the parameters that are trained on once all choices are final."""
        return frozenset({"readout"})

    def weight_squares(self) -> Float[Tensor, " R"]:
        """Return the sum of the squares of the weights that a penalty holds small."""
        return self.readout.new_zeros(len(self.readout))

    @property
    @abstractmethod
    def pooling(self) -> Pooling:
        """How the scores of positions become those of labels."""

    def forward(
        self,
        ids: Ids,
        lengths: Lengths,
        heats: Heats,
        noise: Noise = None,
        dropout: float = 0.0,
    ) -> Float[Tensor, "R B *N C"]:
        """Return the scores of the labels, (R, B, N, C) for tagging, else (R, B, C).

        Args:
            ids: codes of framed tokens, any valid code where padded.
            lengths: framed lengths, at least 1.
            heats: of every layer, the first one first.
            noise: Gumbel noise; without it nothing is random.
            dropout: the share of positions that mean pooling leaves out at random.
        """
        scores = self.score(ids, lengths, heats, noise)
        return pool_scores(scores, self.pooling, lengths, noise, dropout)

    @abstractmethod
    def score(
        self, ids: Ids, lengths: Lengths, heats: Heats, noise: Noise
    ) -> Float[Tensor, "R C N B"]:
        """Return the scores of the labels at every position."""

    @torch.no_grad()
    def keep(self, rows: list[int]) -> None:
        """Go on with some of the models, in this order; the others are forgotten."""
        for parameter in self.parameters():
            parameter.data = parameter.data[rows]

    @abstractmethod
    def harden(
        self, restart: int, readout_scale: int, name: str = "learned"
    ) -> Program:
        """Return the program that one restart has become.

        Args:
            restart: which of the models.
            readout_scale: fixed-point steps per unit of the readout's weights; made
                smaller if a sum of weights could not be exact in float32.
            name: of the program.
        """


def pool_scores(
    scores: Float[Tensor, "R C N B"],
    pooling: Pooling,
    lengths: Lengths,
    noise: Noise,
    dropout: float,
) -> Float[Tensor, "R B *N C"]:
    """Return the scores of the labels from those of positions."""
    if pooling is Pooling.FIRST:
        scores = scores[:, :, 0]  # (R, C, B)
    elif pooling is Pooling.MEAN:
        # Between the sum and the mean, which decide alike: the readout then learns
        # about as fast as the choices, whatever the length.
        here = torch.arange(scores.shape[2], device=lengths.device)
        present = (here[:, None] < lengths).float()  # (N, B)
        if noise is not None and dropout:
            present = present * noise.mask(present.shape, 1 - dropout)
        scores = (scores * present).sum(2) / lengths.sqrt()  # (R, C, B)
    return scores.movedim(1, -1).movedim(-2, 1)
