"""The size of a standard Transformer, and how it is trained: plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from transformer_programs.errors import SettingsError
from transformer_programs.program import Scope
from transformer_programs.settings import (
    MOST_THREADS,
    ModelSettings,
    at_least,
    at_most,
    check_seed,
)

MANY_HEADS = 8
FEW_HEADS = 4

_POSITIVE = (
    *("layers", "heads", "width", "feed_forward"),
    *("steps", "batch_size", "evaluations", "threads"),
)


@dataclass(frozen=True, slots=True)
class StandardSettings:
    """A standard Transformer and its training; comparable to the paper's programs."""

    layers: int = 3
    """Layers of the encoder."""
    heads: int = MANY_HEADS
    """Attention heads per layer."""
    width: int = 64
    """Numbers per token in the residual stream; a multiple of the heads."""
    feed_forward: int = 128
    """Hidden units of each layer's feed-forward network."""
    causal: bool = False
    """Whether a position sees only itself and those before it."""
    dropout: float = 0.0
    """The share of activations that training leaves out at random."""
    steps: int = 1500
    """Gradient steps."""
    batch_size: int = 256
    """Sequences per step."""
    learning_rate: float = 0.003
    """The largest step size of AdamW; it rises at first and then falls to 0."""
    evaluations: int = 15
    """How often the model is evaluated on validation data; the best is kept."""
    seed: int = 0
    """Fixes every random choice."""
    threads: int = 1
    """CPU threads."""
    device: str = "cpu"
    """Where to train, as PyTorch names it: cpu, cuda, cuda:1, mps."""

    def __post_init__(self) -> None:
        """Refuse values that make no model, or cannot train."""
        at_least(1, **{name: getattr(self, name) for name in _POSITIVE})
        at_most(MOST_THREADS, threads=self.threads)
        check_seed(self.seed)
        if self.width % self.heads:
            raise SettingsError(
                f"width needs to be a multiple of heads, got {self.width} and "
                f"{self.heads}"
            )
        if not 0 <= self.dropout < 1:
            raise SettingsError(f"expected 0 <= dropout < 1, got {self.dropout}")
        if not 0 < self.learning_rate < math.inf:
            raise SettingsError(
                f"expected a finite learning_rate > 0, got {self.learning_rate}"
            )


def suited_standard(model: ModelSettings) -> StandardSettings:
    """A standard Transformer of the size of the program that suits some data.

    It has as many layers, 4 or 8 heads, and looks back only where the program does.
    """
    heads = model.categorical_heads + model.numerical_heads
    return StandardSettings(
        layers=model.layers,
        heads=MANY_HEADS if heads >= MANY_HEADS else FEW_HEADS,
        causal=model.scope is Scope.CAUSAL,
    )
