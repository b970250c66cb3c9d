"""Random choices that gradients can pass: Gumbel-Softmax (paper, section 3.5)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

HEAD_START = 4.0
"""Logits by which a gate prefers the variable that it starts with. Without it a module
spends the hot part of training reading other variables at every step."""

POOL_SIZE = 1 << 20
"""Gumbel numbers drawn ahead. Drawing them anew at every step would take longer than
the rest of the forward pass."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How random the choices of a layer are.

    Attributes:
        tau: the temperature of the softmax.
        noise: what the Gumbel noise is multiplied by.
    """

    tau: float
    noise: float = 1.0


FINAL = Heat(0.0, 0.0)
"""At which every choice is made: the likeliest one, as a one-hot vector."""


class GumbelPool:
    """Standard Gumbel noise, drawn once and read at random places."""

    def __init__(
        self, generator: Generator, device: torch.device, size: int = POOL_SIZE
    ) -> None:
        uniform = torch.empty(size).exponential_(generator=generator)
        self._numbers = -uniform.log().to(device)
        self._size = size
        self._generator = generator

    def __call__(self, shape: Sequence[int]) -> Tensor:
        """Return noise of this shape; do not write to it."""
        # Anywhere in the pool, which is repeated where a reading would leave it.
        start = int(torch.randint(self._size, (), generator=self._generator))
        end = start + math.prod(shape)
        if end > len(self._numbers):
            repeats = 2 * end // self._size + 1
            self._numbers = self._numbers[: self._size].repeat(repeats)
        return self._numbers[start:end].view(*shape)

    def mask(self, shape: Sequence[int], share: float) -> Tensor:
        """Return ones at a random share (below 1) of places, scaled to a mean of 1."""
        # The quantile of the Gumbel distribution.
        threshold = -math.log(-math.log(1 - share))
        return (self(shape) > threshold) / share


Noise = GumbelPool | None
"""Where noise comes from; without it nothing is random."""


def chosen(logits: Tensor, dim: int) -> Tensor:
    """Return the likeliest values along ``dim`` as one-hot vectors."""
    # The first one of equal logits, as in hardening; the new dimension is the last.
    values = functional.one_hot(logits.argmax(dim), logits.shape[dim])
    return values.movedim(-1, dim).to(logits.dtype)


def sample(logits: Tensor, heat: Heat, noise: Noise, dim: int) -> Tensor:
    """Return a relaxed one-hot choice along ``dim``; without noise a softmax."""
    if not heat.tau:
        return chosen(logits, dim)
    if noise is not None and heat.noise:
        logits = torch.add(logits, noise(logits.shape), alpha=heat.noise)
    return (logits / heat.tau).softmax(dim)


def sample_set(logits: Tensor, heat: Heat, noise: Noise) -> Tensor:
    """Return a relaxed choice of yes or no for every logit, independent of the others.

    The difference of two Gumbel numbers is what a choice between two takes.
    """
    if not heat.tau:
        return (logits > 0).to(logits.dtype)
    if noise is not None and heat.noise:
        difference = noise(logits.shape) - noise(logits.shape)
        logits = torch.add(logits, difference, alpha=heat.noise)
    return (logits / heat.tau).sigmoid()


def start_gates(shape: tuple[int, ...], generator: Generator) -> nn.Parameter:
    """Return logits of variables (last), of which each gate prefers one by chance."""
    preferred = torch.randint(shape[-1], shape[:-1], generator=generator)
    logits = torch.randn(shape, generator=generator)
    return nn.Parameter(logits + HEAD_START * functional.one_hot(preferred, shape[-1]))
