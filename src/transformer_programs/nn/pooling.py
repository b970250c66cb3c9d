"""From the scores of positions to those of labels, as the trainer reads them."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from transformer_programs.nn.sampling import GumbelPool
from transformer_programs.program import Pooling


def pool_scores(
    scores: Float[Tensor, "R C N B"],
    pooling: Pooling,
    lengths: Int64[Tensor, " B"],
    noise: GumbelPool | None,
    dropout: float,
) -> Float[Tensor, "R B *N C"]:
    """The scores of the labels, (R, B, N, C) for tagging, else (R, B, C).

    Args:
        scores: the readout at every position.
        pooling: a label per position, or one per sequence.
        lengths: framed lengths.
        noise: where random numbers come from; without it nothing is left out.
        dropout: the share of positions that mean pooling leaves out at random.
    """
    if pooling is Pooling.FIRST:
        scores = scores[:, :, 0]
    elif pooling is Pooling.MEAN:
        # Between the sum and the mean, which decide alike: the readout then learns
        # about as fast as the choices, whatever the length.
        here = torch.arange(scores.shape[2], device=lengths.device)
        present = (here[:, None] < lengths).float()
        if noise is not None and dropout:
            present = present * noise.mask(present.shape, 1 - dropout)
        scores = (scores * present).sum(2) / lengths.sqrt()
    return scores.movedim(1, -1).movedim(-2, 1)
