"""One layer of the relaxed model: heads, then tables that also read those heads.

Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.nn.hardened import visible
from transformer_programs.nn.nearest import nearest_match
from transformer_programs.nn.pairwise import pair_mix, pair_scores
from transformer_programs.nn.plan import SCOPES
from transformer_programs.nn.sampling import (
    GumbelPool,
    Heat,
    sample,
    sample_set,
    start_gates,
)
from transformer_programs.nn.signals import interpolated
from transformer_programs.nn.tables import Tables

if TYPE_CHECKING:
    from torch import Generator

    from transformer_programs.nn.plan import LayerPlan, Plan
    from transformer_programs.program import Scope
    from transformer_programs.settings import ModelSettings

Streams = Float[Tensor, "R V K N B"]
"""Every variable written so far, as distributions over values. A count is one too: its
probability lies on the two integers next to it."""


def scope_masks(
    widest: Scope, lengths: Int64[Tensor, " B"], width: int
) -> Float[Tensor, "scopes N N B"]:
    """1 where position i (first) may look at j, for every scope that heads choose from.

    Args:
        widest: the widest of them.
        lengths: framed lengths.
        width: the positions of the batch.
    """
    masks = [visible(scope, lengths, width) for scope in SCOPES[widest]]
    return torch.stack(masks).permute(0, 2, 3, 1).float()


class RelaxedLayer(nn.Module):
    """The modules of one layer.

    Args:
        layer: what the layer reads and writes.
        plan: the sizes that all layers share.
        settings: the shape of the model.
        restarts: how many models there are.
        generator: draws the starting point.
    """

    counted: Tensor
    sets: Tensor

    def __init__(
        self,
        layer: LayerPlan,
        plan: Plan,
        settings: ModelSettings,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        self.plan = layer
        heads, both = len(layer.heads), len(layer.heads) + len(layer.counts)
        inputs = len(layer.inputs)

        def start(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(restarts, *shape, generator=generator))

        self.queries = start_gates((restarts, both, inputs), generator)
        self.keys = start_gates((restarts, both, inputs), generator)
        self.values = start_gates((restarts, heads, inputs), generator)
        self.scopes = start(both, len(SCOPES[settings.scope]))
        self.predicates = start(both, plan.width, plan.width)
        sets = settings.set_predicates * (torch.arange(both) % 2)
        self.register_buffer("sets", sets.bool()[:, None, None], persistent=False)
        counted = torch.tensor(layer.counted)
        self.register_buffer("counted", counted, persistent=False)
        self.tables = Tables(
            len(layer.tables), len(layer.table_inputs), plan, restarts, generator
        )

    def copied(self) -> Float[Tensor, "R H V"]:
        """Logits of the variables that categorical heads copy; none of a count."""
        return self.values.masked_fill(self.counted, -torch.inf)

    def matching(self, restart: int) -> Bool[Tensor, "H K K"]:
        """Which keys (last) match every query, all choices made."""
        logits = self.predicates[restart]
        one = functional.one_hot(logits.argmax(2), logits.shape[2]).bool()
        return torch.where(self.sets, logits > 0, one)

    def _predicates(
        self, heat: Heat, noise: GumbelPool | None
    ) -> Float[Tensor, "R H K K"]:
        one = sample(self.predicates, heat, noise, dim=3)
        if not self.sets.any():
            return one
        return torch.where(self.sets, sample_set(self.predicates, heat, noise), one)

    def forward(
        self,
        streams: Streams,
        masks: Float[Tensor, "scopes N N B"],
        heat: Heat,
        noise: GumbelPool | None,
    ) -> Streams:
        """The streams with the variables of this layer added."""
        plan = self.plan
        if plan.heads or plan.counts:
            heads = self._attend(streams, masks, heat, noise)
            streams = torch.cat([streams, *heads], dim=1)
        if plan.tables:
            streams = torch.cat([streams, self.tables(streams, heat, noise)], dim=1)
        return streams

    def _attend(
        self,
        streams: Streams,
        masks: Float[Tensor, "scopes N N B"],
        heat: Heat,
        noise: GumbelPool | None,
    ) -> tuple[Float[Tensor, "R H K N B"], Float[Tensor, "R H K N B"]]:
        """The outputs of the categorical and of the numerical heads."""
        heads, counts = len(self.plan.heads), len(self.plan.counts)
        choices = torch.cat([self.queries, self.keys, self.copied()], dim=1)
        gates = sample(choices, heat, noise, dim=2)
        read = gates @ streams.flatten(2)  # (R, 3 heads + 2 counts, K*N*B)
        read = read.view(*read.shape[:2], *streams.shape[2:])
        both = heads + counts
        query, key, value = torch.split(read, [both, both, heads], dim=1)
        wanted = self._predicates(heat, noise).mT @ query.flatten(3)
        matches = pair_scores(wanted.view_as(query), key)  # (R, H, N, N, B)
        scopes = sample(self.scopes, heat, noise, dim=2) @ masks.flatten(1)
        matches = matches * scopes.view_as(matches)
        copied = pair_mix(nearest_match(matches[:, :heads]), value)
        numbers = matches[:, heads:].sum(3).flatten(0, 1)
        counted = interpolated(numbers, streams.shape[2])
        return copied, counted.view(len(streams), counts, *streams.shape[2:])
