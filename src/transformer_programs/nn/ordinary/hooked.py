"""An ordinary Transformer as a HookedTransformer of TransformerLens."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError
from transformer_programs.nn.ordinary.model import OrdinaryTransformer

if TYPE_CHECKING:
    from transformer_lens import HookedTransformer


def hooked_transformer(transformer: OrdinaryTransformer) -> HookedTransformer:
    """Return the same weights in a HookedTransformer, on the CPU.

    Raises:
        SettingsError: If TransformerLens 3 is not installed.
    """
    try:
        from transformer_lens import HookedTransformer, HookedTransformerConfig
    except ImportError as error:
        raise SettingsError(
            "a HookedTransformer needs TransformerLens 3 (version 4 has no such "
            "class): pip install 'transformer-programs[transformer-lens]'"
        ) from error
    sizes = transformer.sizes
    config = HookedTransformerConfig(
        n_layers=sizes.n_layers,
        n_heads=sizes.n_heads,
        d_model=sizes.d_model,
        d_head=sizes.d_head,
        d_mlp=sizes.d_mlp,
        d_vocab=sizes.d_vocab,
        d_vocab_out=sizes.d_vocab_out,
        n_ctx=sizes.n_ctx,
        attention_dir="causal" if sizes.causal else "bidirectional",
        act_fn="relu",
        normalization_type=None,
        default_prepend_bos=False,  # what is encoded has the first token
        init_weights=False,
        device="cpu",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # version 3 announces 4
        hooked = HookedTransformer(config)
    # Names and shapes are the same; what it has besides are its masks.
    found = hooked.load_state_dict(transformer.state_dict(), strict=False)
    assert not found.unexpected_keys, found.unexpected_keys
    return hooked.eval()
