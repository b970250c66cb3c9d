"""One layer of the relaxed model: heads, then tables that also read those heads.

Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from transformer_programs.language import ONES, Aggregate, Domain, Scope, Statement
from transformer_programs.nn.harden import Domains
from transformer_programs.nn.hardened import Lengths, head_of, table_of, visible
from transformer_programs.nn.kernels import (
    nearest_match,
    pair_mix,
    pair_scores,
    read_tables,
)
from transformer_programs.nn.plan import SCOPES, LayerPlan, Plan
from transformer_programs.nn.relaxed_statements import interpolated
from transformer_programs.nn.sampling import (
    Heat,
    Noise,
    sample,
    sample_set,
    start_gates,
)
from transformer_programs.settings import ModelSettings

Streams = Float[Tensor, "R V K N B"]
"""Every variable written so far, as distributions over values. A count is one too: its
probability lies on the two integers next to it."""

Masks = Float[Tensor, "scopes N N B"]


def scope_masks(widest: Scope, lengths: Lengths, width: int) -> Masks:
    """Return 1 where position i (first) may look at j, for every scope there is."""
    masks = [visible(scope, lengths, width) for scope in SCOPES[widest]]
    return torch.stack(masks).permute(0, 2, 3, 1).float()  # (scopes, N, N, B)


class RelaxedLayer(nn.Module):
    """The heads and tables of one layer."""

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
        # Every second predicate is a set of keys for each query, not one key.
        sets = settings.set_predicates * (torch.arange(both) % 2)
        self.register_buffer("sets", sets.bool()[:, None, None], persistent=False)
        counted = torch.tensor(layer.counted)
        self.register_buffer("counted", counted, persistent=False)
        self.tables = Tables(
            len(layer.tables), len(layer.table_inputs), plan, restarts, generator
        )

    def copied(self) -> Float[Tensor, "R H V"]:
        """Return logits of the variables that categorical heads copy; of no count."""
        return self.values.masked_fill(self.counted, -torch.inf)

    def matching(self, restart: int) -> Bool[Tensor, "H K K"]:
        """Return which keys (last) match every query, all choices made."""
        logits = self.predicates[restart]
        one = functional.one_hot(logits.argmax(2), logits.shape[2]).bool()
        return torch.where(self.sets, logits > 0, one)

    def forward(
        self, streams: Streams, masks: Masks, heat: Heat, noise: Noise
    ) -> Streams:
        """Return the streams with the variables of this layer added."""
        plan = self.plan
        if plan.heads or plan.counts:
            heads = self._attend(streams, masks, heat, noise)
            streams = torch.cat([streams, *heads], dim=1)
        if plan.tables:
            streams = torch.cat([streams, self.tables(streams, heat, noise)], dim=1)
        return streams

    def _attend(
        self, streams: Streams, masks: Masks, heat: Heat, noise: Noise
    ) -> tuple[Float[Tensor, "R H K N B"], Float[Tensor, "R H K N B"]]:
        """The outputs of the categorical and of the numerical heads."""
        heads, counts = len(self.plan.heads), len(self.plan.counts)
        both = heads + counts

        # What every head reads as query, key and value.
        choices = torch.cat([self.queries, self.keys, self.copied()], dim=1)
        gates = sample(choices, heat, noise, dim=2)  # (R, 3 heads + 2 counts, V)
        read = gates @ streams.flatten(2)  # (R, 3 heads + 2 counts, K * N * B)
        read = read.view(*read.shape[:2], *streams.shape[2:])
        query, key, value = torch.split(read, [both, both, heads], dim=1)

        # Where the key is one that the predicate wants, in scope.
        wanted = self._predicates(heat, noise).mT @ query.flatten(3)
        matches = pair_scores(wanted.view_as(query), key)  # (R, H, N, N, B)
        scopes = sample(self.scopes, heat, noise, dim=2) @ masks.flatten(1)
        matches = matches * scopes.view_as(matches)

        # The nearest match is copied; matches are counted.
        copied = pair_mix(nearest_match(matches[:, :heads]), value)
        numbers = matches[:, heads:].sum(3).flatten(0, 1)  # (R * counts, N, B)
        counted = interpolated(numbers, streams.shape[2])
        return copied, counted.view(len(streams), counts, *streams.shape[2:])

    def _predicates(self, heat: Heat, noise: Noise) -> Float[Tensor, "R H K K"]:
        one = sample(self.predicates, heat, noise, dim=3)
        if not self.sets.any():
            return one
        return torch.where(self.sets, sample_set(self.predicates, heat, noise), one)

    def harden(
        self, restart: int, scopes: tuple[Scope, ...], values: Domain, domains: Domains
    ) -> Iterator[Statement]:
        """Yield the heads and tables that one restart has become, over known domains.

        The domain of each statement must be added before the next one is asked for.
        """
        yield from self._heads(restart, scopes, domains)
        yield from self._lookups(restart, values, domains)

    def _heads(
        self, restart: int, scopes: tuple[Scope, ...], domains: Domains
    ) -> Iterator[Statement]:
        plan = self.plan
        queries = _choices(self.queries[restart], plan.inputs)
        keys = _choices(self.keys[restart], plan.inputs)
        values = _choices(self.copied()[restart], plan.inputs)
        values += [ONES for _ in plan.counts]
        matching = self.matching(restart).cpu()  # (H, K, K)
        chosen = self.scopes[restart].argmax(1).tolist()
        for index, output in enumerate((*plan.heads, *plan.counts)):
            query, key = queries[index], keys[index]
            # A row whose key no variable has the value of matches nothing.
            there = matching[index, : domains[query].size, : domains[key].size]
            kind = Aggregate.NEAREST if output in plan.heads else Aggregate.SUM
            inputs, scope = (query, key, values[index]), scopes[chosen[index]]
            yield head_of(output, inputs, there, scope, kind)

    def _lookups(
        self, restart: int, values: Domain, domains: Domains
    ) -> Iterator[Statement]:
        for index, output in enumerate(self.plan.tables):
            gates = self.tables.gates[restart, index]  # (2, V)
            first, second = _choices(gates, self.plan.table_inputs)
            rows, columns = domains[first].size, domains[second].size
            entries = self.tables.entries[restart, index, :, :rows, :columns]
            table = entries.argmax(0)  # (rows, columns)
            if first == second:  # a table over one variable
                yield table_of(output, (first,), table.diagonal(), values)
            else:
                yield table_of(output, (first, second), table, values)


class Tables(nn.Module):
    """Tables over two variables, with a logit for every output of every entry.

    They are sampled once in a step, not at every position, and their entries get no
    noise: it would be shared by every position of a step, which for large tables drowns
    the gradient.
    """

    def __init__(
        self,
        tables: int,
        variables: int,
        plan: Plan,
        restarts: int,
        generator: Generator,
    ) -> None:
        super().__init__()
        self.width = plan.width
        self.gates = start_gates((restarts, tables, 2, variables), generator)
        shape = (restarts, tables, plan.cardinality, plan.width, plan.width)
        self.entries = nn.Parameter(torch.randn(shape, generator=generator))

    def forward(
        self, streams: Streams, heat: Heat, noise: Noise
    ) -> Float[Tensor, "R T K N B"]:
        """Return the outputs, padded to K values."""
        restarts, tables, outputs = self.entries.shape[:3]
        length, batch = streams.shape[3:]
        gates = sample(self.gates, heat, noise, dim=3).flatten(1, 2)  # (R, 2 T, V)
        read = gates @ streams.flatten(2)
        read = read.view(restarts * tables, 2, self.width, length * batch)
        first, second = read.unbind(1)  # (R * T, K, N * B)
        table = sample(self.entries, heat, None, dim=2).flatten(0, 1)
        out = read_tables(table, first, second)
        out = out.view(restarts, tables, outputs, length * batch)
        out = functional.pad(out, (0, 0, 0, self.width - outputs))
        return out.view(restarts, tables, self.width, length, batch)


def _choices(logits: Float[Tensor, "*any V"], names: tuple[str, ...]) -> list[str]:
    return [names[index] for index in logits.argmax(-1).tolist()]
