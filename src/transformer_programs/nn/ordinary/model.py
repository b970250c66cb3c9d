"""An ordinary Transformer in plain PyTorch: attention, ReLU layers, a residual stream.

Parameters have the names and shapes of TransformerLens, and so have the activations
that hooks see. There is no layer normalisation. Letters in shapes:

    B sequences   N positions   D residual stream   H heads   K a head   M units
    C labels
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

Hook = Callable[[Tensor], Tensor | None]
"""Is given an activation; what it returns, if anything, takes its place."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of a Transformer.

    Attributes:
        n_layers: layers, each of attention and units.
        n_heads: heads of a layer.
        d_model: the width of the residual stream.
        d_head: the dimensions of a head.
        d_mlp: the units of a layer.
        d_vocab: tokens.
        d_vocab_out: labels.
        n_ctx: the most positions.
        parameters: all of them together.
        causal: whether positions look at themselves and earlier ones alone.
    """

    n_layers: int
    n_heads: int
    d_model: int
    d_head: int
    d_mlp: int
    d_vocab: int
    d_vocab_out: int
    n_ctx: int
    parameters: int
    causal: bool

    @property
    def sentence(self) -> str:
        """The sizes in words."""
        return (
            f"{self.n_layers} x {self.n_heads} heads (d_head {self.d_head}), d_model "
            f"{self.d_model}, d_mlp {self.d_mlp}, {self.parameters:,} parameters"
        )


class _Hooked(nn.Module):
    # Activations by name; the hooks of a run are set for its duration.
    def __init__(self, prefix: str, hooks: dict[str, list[Hook]]) -> None:
        super().__init__()
        self._prefix, self._hooks = prefix, hooks

    def at(self, name: str, activation: Tensor) -> Tensor:
        """Return an activation, after the hooks of its name."""
        for hook in self._hooks.get(f"{self._prefix}{name}", ()):
            changed = hook(activation)
            activation = activation if changed is None else changed
        return activation


class SoftmaxAttention(_Hooked):
    """Attention with scaled dot products."""

    mask: Tensor

    def __init__(self, sizes: Sizes, prefix: str, hooks: dict[str, list[Hook]]) -> None:
        super().__init__(f"{prefix}attn.", hooks)
        heads, model, inner = sizes.n_heads, sizes.d_model, sizes.d_head
        for name in "QKV":
            self.register_parameter(f"W_{name}", _zeros(heads, model, inner))
            self.register_parameter(f"b_{name}", _zeros(heads, inner))
        self.W_O, self.b_O = _zeros(heads, inner, model), _zeros(model)
        hidden = torch.ones(sizes.n_ctx, sizes.n_ctx, dtype=torch.bool).triu(1)
        hidden = hidden if sizes.causal else torch.zeros_like(hidden)
        self.register_buffer("mask", hidden, persistent=False)  # (N, N)

    def forward(self, stream: Float[Tensor, "B N D"]) -> Float[Tensor, "B N D"]:
        """Return what the heads add to the residual stream."""
        q, k, v = (self._of(name, stream) for name in "QKV")  # (B, N, H, K) each
        scores = torch.einsum("bihk,bjhk->bhij", q, k) / q.shape[-1] ** 0.5
        hidden = self.mask[: scores.shape[2], : scores.shape[3]]
        scores = self.at("hook_attn_scores", scores.masked_fill(hidden, -torch.inf))
        pattern = self.at("hook_pattern", scores.softmax(-1))  # (B, H, N, N)
        z = self.at("hook_z", torch.einsum("bhij,bjhk->bihk", pattern, v))
        return torch.einsum("bihk,hkd->bid", z, self.W_O) + self.b_O

    def _of(self, name: str, stream: Tensor) -> Tensor:
        weight = self.get_parameter(f"W_{name}")  # (H, D, K)
        found = torch.einsum("bnd,hdk->bnhk", stream, weight)
        found = found + self.get_parameter(f"b_{name}")
        return self.at(f"hook_{name.lower()}", found)


class ReluLayer(_Hooked):
    """A feed-forward layer of ReLU units."""

    def __init__(self, sizes: Sizes, prefix: str, hooks: dict[str, list[Hook]]) -> None:
        super().__init__(f"{prefix}mlp.", hooks)
        self.W_in, self.b_in = _zeros(sizes.d_model, sizes.d_mlp), _zeros(sizes.d_mlp)
        self.W_out = _zeros(sizes.d_mlp, sizes.d_model)
        self.b_out = _zeros(sizes.d_model)

    def forward(self, stream: Float[Tensor, "B N D"]) -> Float[Tensor, "B N D"]:
        """Return what the units add to the residual stream."""
        pre = self.at("hook_pre", stream @ self.W_in + self.b_in)  # (B, N, M)
        post = self.at("hook_post", pre.relu())
        return post @ self.W_out + self.b_out


class TransformerLayer(_Hooked):
    """Attention, then units; each adds to the residual stream."""

    def __init__(self, sizes: Sizes, index: int, hooks: dict[str, list[Hook]]) -> None:
        prefix = f"blocks.{index}."
        super().__init__(prefix, hooks)
        self.attn = SoftmaxAttention(sizes, prefix, hooks)
        self.mlp = ReluLayer(sizes, prefix, hooks)

    def forward(self, stream: Float[Tensor, "B N D"]) -> Float[Tensor, "B N D"]:
        """Return the residual stream after the layer."""
        stream = self.at("hook_resid_pre", stream)
        stream = stream + self.at("hook_attn_out", self.attn(stream))
        stream = self.at("hook_resid_mid", stream)
        stream = stream + self.at("hook_mlp_out", self.mlp(stream))
        return self.at("hook_resid_post", stream)


class _Embed(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.W_E = _zeros(sizes.d_vocab, sizes.d_model)


class _Positions(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.W_pos = _zeros(sizes.n_ctx, sizes.d_model)


class _Unembed(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.W_U = _zeros(sizes.d_model, sizes.d_vocab_out)
        self.b_U = _zeros(sizes.d_vocab_out)


class OrdinaryTransformer(_Hooked):
    """A Transformer without layer normalisation; all parameters are 0 at first."""

    def __init__(self, sizes: Sizes) -> None:
        hooks: dict[str, list[Hook]] = {}
        super().__init__("", hooks)
        self.sizes = sizes
        self.embed, self.pos_embed = _Embed(sizes), _Positions(sizes)
        layers = [TransformerLayer(sizes, i, hooks) for i in range(sizes.n_layers)]
        self.blocks = nn.ModuleList(layers)
        self.unembed = _Unembed(sizes)

    def forward(self, ids: Int64[Tensor, "B N"]) -> Float[Tensor, "B N C"]:
        """Return the logits of every position."""
        stream = self.at("hook_embed", self.embed.W_E[ids])  # (B, N, D)
        places = self.pos_embed.W_pos[: ids.shape[1]].expand_as(stream)
        stream = stream + self.at("hook_pos_embed", places)
        for layer in self.blocks:
            stream = layer(stream)
        return stream @ self.unembed.W_U + self.unembed.b_U

    def run_with_hooks(
        self, ids: Int64[Tensor, "B N"], hooks: Iterable[tuple[str, Hook]]
    ) -> Float[Tensor, "B N C"]:
        """Return the logits; hooks see, and may change, activations by their name."""
        for name, hook in hooks:
            self._hooks.setdefault(name, []).append(hook)
        try:
            logits: Tensor = self(ids)
        finally:
            self._hooks.clear()
        return logits

    def run_with_cache(
        self, ids: Int64[Tensor, "B N"]
    ) -> tuple[Float[Tensor, "B N C"], dict[str, Tensor]]:
        """Return the logits, and every activation by its name."""
        cache: dict[str, Tensor] = {}

        def keep(name: str) -> Hook:
            return lambda activation: cache.__setitem__(name, activation.detach())

        logits = self.run_with_hooks(ids, [(n, keep(n)) for n in self.hook_names()])
        return logits, cache

    def hook_names(self) -> list[str]:
        """Return the names of all activations."""
        outside = ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post")
        attention = ("q", "k", "v", "attn_scores", "pattern", "z")
        names = [f"hook_{name}" for name in outside]
        names += [f"attn.hook_{name}" for name in attention]
        names += [f"mlp.hook_{name}" for name in ("pre", "post")]
        layers = range(self.sizes.n_layers)
        return [
            *("hook_embed", "hook_pos_embed"),
            *(f"blocks.{layer}.{name}" for layer in layers for name in names),
        ]


def _zeros(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(*shape))
