"""The weights of a compiled program as tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from transformer_programs.language import InputFormat
from transformer_programs.nn.ordinary.compile import Compiled
from transformer_programs.nn.ordinary.layout import BOS, PAD
from transformer_programs.nn.ordinary.model import OrdinaryTransformer, Sizes
from transformer_programs.nn.ordinary.parts import HeadWeights, UnitWeights


def transformer_of(compiled: Compiled) -> OrdinaryTransformer:
    """Return the Transformer of a compiled program."""
    model = OrdinaryTransformer(sizes_of(compiled))
    state = {name: zeros.numpy() for name, zeros in model.state_dict().items()}
    _embed(compiled, state)
    for layer, heads in enumerate(compiled.heads):
        for index, head in enumerate(heads):
            _head(head, index, f"blocks.{layer}.attn.", state)
    for layer, parts in enumerate(compiled.units):
        start = 0
        for part in parts:
            _units(part, start, f"blocks.{layer}.mlp.", state)
            start += part.reads.width
    weights, bias = compiled.unembedding()
    state["unembed.W_U"][:], state["unembed.b_U"][:] = weights, bias
    return model.requires_grad_(False).eval()  # its parameters share the memory


def sizes_of(compiled: Compiled) -> Sizes:
    """Return the sizes of the Transformer."""
    return Sizes(**compiled.sizes, causal=compiled.layout.causal)


def framed_ids(codes: Tensor, lengths: Tensor, form: InputFormat) -> Tensor:
    """Return what a Transformer reads: the first token, codes, padding, (B, 1 + N)."""
    here = torch.arange(codes.shape[1], device=codes.device)
    padded = torch.where(here < lengths[:, None], codes, form.code_count + 1)
    first = torch.full_like(padded[:, :1], form.code_count)
    return torch.cat([first, padded], 1)


State = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]


def _embed(compiled: Compiled, state: State) -> None:
    layout, form = compiled.layout, compiled.program.input
    tokens, places = state["embed.W_E"], state["pos_embed.W_pos"]
    tokens[form.code_count, layout.subspaces[BOS].start] = 1
    tokens[form.code_count + 1, layout.subspaces[PAD].start] = 1
    for name, ids in layout.steps.embedded.items():
        if name not in layout.subspaces:
            continue
        space = layout.subspaces[name]
        # A one in the row of every code, or of every position after the first token.
        column = space.start + np.searchsorted(space.ids, ids)
        rows = np.arange(len(ids))
        if name in layout.steps.positional:
            places[rows + 1, column] = 1
        else:
            tokens[rows, column] = 1


def _head(head: HeadWeights, index: int, prefix: str, state: State) -> None:
    wide = state[f"{prefix}W_Q"].shape[1]
    scale = float(np.sqrt(state[f"{prefix}W_Q"].shape[2]))  # attention divides by it
    start = 0
    for query, key in head.pairs:
        here = slice(start, start := start + query.width)
        state[f"{prefix}W_Q"][index, :, here] = query.dense(wide) * scale
        state[f"{prefix}b_Q"][index, here] = query.bias * scale
        state[f"{prefix}W_K"][index, :, here] = key.dense(wide)
        state[f"{prefix}b_K"][index, here] = key.bias
    start = 0
    for reading, dims, matrix in head.values:
        here = slice(start, start := start + reading.width)
        state[f"{prefix}W_V"][index, :, here] = reading.dense(wide)
        state[f"{prefix}b_V"][index, here] = reading.bias
        rows = np.arange(start)[here]
        state[f"{prefix}W_O"][index][np.ix_(rows, dims)] = matrix
    assert start <= state[f"{prefix}W_V"].shape[2]


def _units(part: UnitWeights, start: int, prefix: str, state: State) -> None:
    here = np.arange(start, start + part.reads.width)
    state[f"{prefix}W_in"][:, here] = part.reads.dense(len(state[f"{prefix}W_in"]))
    state[f"{prefix}b_in"][here] = part.reads.bias
    state[f"{prefix}W_out"][np.ix_(here, part.outputs)] += part.writes
