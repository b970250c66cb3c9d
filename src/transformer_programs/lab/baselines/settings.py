"""The size of a standard Transformer, and how it is trained: plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace

from transformer_programs.errors import SettingName, SettingsError
from transformer_programs.language import Scope
from transformer_programs.settings import (
    LARGE_VOCABULARY,
    MOST_THREADS,
    ModelSettings,
    check,
    setting,
    suited,
)

MANY_HEADS = 8
FEW_HEADS = 4

WORDS = {
    "layers": 3,
    "heads": FEW_HEADS,
    "width": 128,
    "feed_forward": 128,
    "dropout": 0.2,
    "batch_size": 64,
    "learning_rate": 0.001,
}
"""What suits data of words: the size of the paper's standard Transformers."""

_OF_WORDS = f"for more than {LARGE_VOCABULARY} different tokens"


@dataclass(frozen=True, slots=True)
class StandardSettings:
    """A standard Transformer and its training; comparable to the paper's programs."""

    layers: int = suited(
        3,
        "Layers of the encoder.",
        default_text=f"as many as the program's; {WORDS['layers']} {_OF_WORDS}",
        least=1,
    )
    heads: int = suited(
        MANY_HEADS,
        "Attention heads per layer.",
        default_text=f"8; 4 where the program has fewer than 8, and {_OF_WORDS}",
        least=1,
    )
    width: int = suited(
        64,
        "Width of the residual stream; a multiple of the heads.",
        default_text=f"64; {WORDS['width']} {_OF_WORDS}",
        least=1,
    )
    feed_forward: int = setting(
        128,
        "Hidden units of each layer's feed-forward network.",
        least=1,
    )
    causal: bool = suited(
        False,
        "Let a position attend only to itself and those before it.",
        default_text="as the program's",
    )
    dropout: float = suited(
        0.0,
        "Dropout rate in training.",
        default_text=f"0.0; {WORDS['dropout']} {_OF_WORDS}",
        least=0,
        below=1,
    )
    steps: int = setting(1500, "Gradient steps.", least=1, common=True)
    batch_size: int = suited(
        256,
        "Sequences per step.",
        default_text=f"256; {WORDS['batch_size']} {_OF_WORDS}",
        least=1,
    )
    learning_rate: float = suited(
        0.003,
        "Largest step size of AdamW; it rises at first and then falls to 0.",
        default_text=f"0.003; {WORDS['learning_rate']} {_OF_WORDS}",
        above=0,
    )
    evaluations: int = setting(
        15,
        "How often the model is evaluated on validation data; the best one is kept.",
        least=1,
    )
    seed: int = setting(
        0, "Seed of every random choice.", least=0, below=1 << 63, common=True
    )
    threads: int = setting(1, "CPU threads.", least=1, most=MOST_THREADS)
    device: str = setting(
        "cpu", "Where to train, as PyTorch names it: cpu, cuda, cuda:1, mps."
    )

    def __post_init__(self) -> None:
        check(self)
        if self.width % self.heads:
            names = (SettingName(name, StandardSettings) for name in ("width", "heads"))
            width, heads = names
            raise SettingsError(
                *(width, " needs to be a multiple of ", heads),
                f", got {self.width} and {self.heads}",
            )


def suited_standard(model: ModelSettings, tokens: int = 0) -> StandardSettings:
    """A standard Transformer of the size of the program that suits some data.

    It looks back only where the program does. For words it has the size of the paper's;
    else it has as many layers as the program, and 4 or 8 heads.

    Args:
        model: The model that suits the data.
        tokens: How many different tokens they have.
    """
    causal = model.scope is Scope.CAUSAL
    if tokens > LARGE_VOCABULARY:
        return replace(StandardSettings(causal=causal), **WORDS)  # type: ignore[arg-type]
    heads = model.categorical_heads + model.numerical_heads
    return StandardSettings(
        layers=model.layers,
        heads=MANY_HEADS if heads >= MANY_HEADS else FEW_HEADS,
        causal=causal,
    )
