"""One layer of the relaxed model: heads, then tables that also read those heads.

Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from transformer_programs.nn.modules import preference, visible
from transformer_programs.nn.pairwise import pair_mix, pair_scores
from transformer_programs.nn.sampling import GumbelPool, sample
from transformer_programs.nn.tables import CategoricalTables, NumericalTables

if TYPE_CHECKING:
    from torch import Generator

    from transformer_programs.nn.plan import LayerPlan, Plan
    from transformer_programs.program.nodes import Scope
    from transformer_programs.settings import ModelSettings

HIDDEN_FROM_VIEW = -1e4
"""Score of a position that must not be attended to."""


class Streams(NamedTuple):
    """Every variable written so far.

    Attributes:
        categorical: distributions over values.
        numerical: numbers.
    """

    categorical: Float[Tensor, "R V K N B"]
    numerical: Float[Tensor, "R V N B"]


class View:
    """Which positions may be attended to in a batch, and which are preferred.

    Args:
        scope: the positions j that a position i may look at.
        lengths: framed lengths.
        width: the positions of the batch.

    Attributes:
        visible: (N i, N j, B) 1 where i may look at j, else 0.
        preference: (N i, N j, B) ``visible`` times a bias in (0, 1] that is larger
            for nearer j, so that the softmax of a match tends to the hard choice.
        default: (N i, N j, B) a score below every match for j = 0, so that it is
            taken when nothing matches, and far less for what must not be seen.
    """

    def __init__(self, scope: Scope, lengths: Int64[Tensor, " B"], width: int) -> None:
        allowed = visible(scope, lengths, width).permute(1, 2, 0)
        self.visible = allowed.float()
        bias = preference(width, lengths.device)
        scale = bias.max()
        self.preference = self.visible * (bias / scale)[..., None]
        default = torch.where(allowed, 0.0, HIDDEN_FROM_VIEW)
        default[:, 0] = 1 / scale
        self.default = default


class RelaxedLayer(nn.Module):
    """The modules of one layer.

    Args:
        layer: what the layer reads and writes.
        plan: the sizes that all layers share.
        settings: the shape of the model.
        restarts: how many models there are.
        generator: draws the starting point.
    """

    head_numbers: Tensor

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
        heads, counts = len(layer.heads), len(layer.counts)
        inputs = len(layer.head_inputs)

        def start(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(restarts, *shape, generator=generator))

        self.queries = start(heads + counts, inputs)
        self.keys = start(heads + counts, inputs)
        self.values = start(heads, inputs)
        self.summands = start(counts, len(layer.head_numbers))
        self.predicates = start(heads + counts, plan.width, plan.width)
        self.register_buffer(
            "head_numbers", torch.tensor(layer.head_numbers), persistent=False
        )
        self.tables = CategoricalTables(
            len(layer.tables), len(layer.table_inputs), plan, restarts, generator
        )
        self.number_tables = NumericalTables(
            len(layer.number_tables), layer.table_numbers, plan, settings.hidden,
            restarts, generator,
        )  # fmt: skip

    def forward(
        self, streams: Streams, view: View, tau: float, noise: GumbelPool | None
    ) -> Streams:
        """The streams with the variables of this layer added."""
        copied, counted = self._attend(streams, view, tau, noise)
        categorical = torch.cat([streams.categorical, copied], dim=1)
        numerical = torch.cat([streams.numerical, counted], dim=1)
        looked_up = [
            self.tables(categorical, tau, noise),
            self.number_tables(numerical, tau, noise),
        ]
        return Streams(torch.cat([categorical, *looked_up], dim=1), numerical)

    def _attend(
        self, streams: Streams, view: View, tau: float, noise: GumbelPool | None
    ) -> tuple[Float[Tensor, "R H K N B"], Float[Tensor, "R H N B"]]:
        """The outputs of the categorical and of the numerical heads."""
        heads, counts = len(self.plan.heads), len(self.plan.counts)
        both = heads + counts
        choices = torch.cat([self.queries, self.keys, self.values], dim=1)
        gates = sample(choices, tau, noise, dim=2)
        read = gates @ streams.categorical.flatten(2)  # (R, 2 both + heads, K*N*B)
        read = read.view(*read.shape[:2], *streams.categorical.shape[2:])
        query, key, value = torch.split(read, [both, both, heads], dim=1)
        predicates = sample(self.predicates, tau, noise, dim=3)
        wanted = predicates.transpose(2, 3) @ query.flatten(3)
        matches = pair_scores(wanted.view_as(query), key)  # (R, both, N, N, B)
        scores = torch.addcmul(view.default, matches[:, :heads], view.preference)
        attention = sample_attention(scores, tau, noise)
        copied = pair_mix(attention, value)
        logits = self.summands.masked_fill(~self.head_numbers, -torch.inf)
        summands = sample(logits, tau, noise, dim=2) @ streams.numerical.flatten(2)
        summands = summands.view(*summands.shape[:2], *streams.numerical.shape[2:])
        seen = matches[:, heads:] * view.visible
        return copied, pair_mix(seen, summands.unsqueeze(2)).squeeze(2)


def sample_attention(
    scores: Float[Tensor, "R H N N B"], tau: float, noise: GumbelPool | None
) -> Float[Tensor, "R H N N B"]:
    """Which position is attended to: a relaxed one-hot choice along dimension 3."""
    if noise is None:
        return (scores / tau).softmax(3)
    return noise(scores.shape).add(scores, alpha=1 / tau).softmax(3)
