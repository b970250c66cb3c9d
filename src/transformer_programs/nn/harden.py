"""Relaxed model -> hardened model: every choice becomes the likeliest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from transformer_programs.nn.fixed_point import from_zero, hard_readout
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.modules import (
    HardAttend,
    HardCount,
    HardEmbed,
    HardLookup,
    HardStatement,
)
from transformer_programs.nn.neighbours import copy_name
from transformer_programs.nn.plan import SCOPES, reads_out
from transformer_programs.program import (
    ONES,
    Domain,
    Scope,
    input_domains,
    visible_positions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformer_programs.nn.layer import RelaxedLayer
    from transformer_programs.nn.modules import HardReadout
    from transformer_programs.nn.relaxed import RelaxedModel


@torch.no_grad()
def harden(
    model: RelaxedModel, restart: int, readout_scale: int = 100
) -> HardenedModel:
    """The discrete model that one restart has become.

    Args:
        model: the population.
        restart: which of its models.
        readout_scale: fixed-point steps per unit of the readout's weights; made
            smaller if a sum of weights could not be exact in float32.
    """
    form = model.input_format
    domains = input_domains(form)
    statements: list[HardStatement] = []

    def write(statement: HardStatement) -> None:
        statements.append(statement)
        domains[statement.output] = statement.domain

    values = Domain.of_classes(model.plan.cardinality)
    for index, name in enumerate(model.plan.classes):
        table = model.class_logits[restart, index].argmax(0).cpu()
        write(HardEmbed(name, table, values))
    rows = _neighbours(model, restart, readout_scale, domains, write)
    for layer in model.layers:
        for head in _heads(layer, restart, model, domains):  # type: ignore[arg-type]
            write(head)
        for lookup in _tables(layer, restart, values, domains):  # type: ignore[arg-type]
            write(lookup)
    return HardenedModel(
        form,
        model.labels,
        model.settings.pooling,
        statements,
        _readout(model, restart, readout_scale, domains, rows),
    )


def _neighbours(
    model: RelaxedModel,
    restart: int,
    scale: int,
    domains: dict[str, Domain],
    write: Callable[[HardStatement], None],
) -> dict[str, Tensor]:
    """Write copies of neighbours' variables and tables over pairs of words.

    A copy from two words away is that of the copy from one word away. All entries of a
    pair whose weights are the same are one value.

    Returns:
        The (values, labels) weights of these variables and of surfaces, in float64.
    """
    plan, rows = model.plan, model.neighbours.rows(restart)

    def copy(name: str, offset: int) -> str:
        """Write the copy, and those that it copies, unless they are there."""
        output = copy_name(name, offset)
        if output not in domains:
            step = 1 if offset > 0 else -1
            scope = Scope.AFTER if offset > 0 else Scope.BEFORE
            source = copy(name, offset - step)
            anything = torch.ones(2, 2, dtype=torch.bool)
            inputs = (output, ONES, ONES, source, anything, scope)
            write(HardAttend(*inputs, domains[source]))
        return output

    for name in (*plan.classes, *(s.name for s in model.input_format.surfaces)):
        for offset in plan.near:
            copy(name, offset)
    for pair in plan.pairs:
        name = plan.classes[pair.word_class]
        steps = (from_zero(rows[pair.name]) * scale).round()
        weights, entries = torch.unique(steps / scale, dim=0, return_inverse=True)
        rows[pair.name] = weights
        inputs = (copy(name, -pair.distance), name)
        table = entries.view(domains[name].size, domains[name].size)
        write(HardLookup(pair.name, inputs, table, Domain.of_classes(len(weights))))
    return rows


def _heads(
    layer: RelaxedLayer, restart: int, model: RelaxedModel, domains: dict[str, Domain]
) -> list[HardStatement]:
    """The heads of a layer; none reads another of the same layer."""
    plan = layer.plan
    queries = _choices(layer.queries[restart], plan.inputs)
    keys = _choices(layer.keys[restart], plan.inputs)
    values = _choices(layer.copied()[restart], plan.inputs)
    values += [ONES for _ in plan.counts]
    scopes = SCOPES[model.settings.scope]
    matching = layer.matching(restart).cpu()
    chosen_scopes = layer.scopes[restart].argmax(1).tolist()
    heads: list[HardStatement] = []
    for index, output in enumerate((*plan.heads, *plan.counts)):
        query, key, value = queries[index], keys[index], values[index]
        scope = scopes[chosen_scopes[index]]
        # A row whose key no variable has the value of matches nothing.
        predicate = matching[index, : domains[query].size, : domains[key].size]
        inputs = (output, query, key, value, predicate, scope)
        if output in plan.heads:
            heads.append(HardAttend(*inputs, domains[value]))
        else:
            seen = visible_positions(scope, model.input_format.max_length)
            heads.append(HardCount(*inputs, Domain.of_numbers(seen)))
    return heads


def _tables(
    layer: RelaxedLayer, restart: int, values: Domain, domains: dict[str, Domain]
) -> list[HardStatement]:
    """The tables of a layer; none reads another of the same layer."""
    lookups: list[HardStatement] = []
    for index, output in enumerate(layer.plan.tables):
        gates = layer.tables.gates[restart, index]
        first, second = _choices(gates, layer.plan.table_inputs)
        rows, columns = domains[first].size, domains[second].size
        entries = layer.tables.entries[restart, index, :, :rows, :columns]
        table = entries.argmax(0).cpu()
        lookups.append(_lookup(output, (first, second), table, values))
    return lookups


def _lookup(
    output: str, inputs: tuple[str, str], table: Tensor, values: Domain
) -> HardLookup:
    """A table over two variables, or over one if both gates chose the same."""
    first, second = inputs
    if first == second:
        return HardLookup(output, (first,), table.diagonal().clone(), values)
    return HardLookup(output, inputs, table, values)


def _choices(logits: Tensor, names: tuple[str, ...]) -> list[str]:
    return [names[index] for index in logits.argmax(-1).tolist()]


def _readout(
    model: RelaxedModel,
    restart: int,
    scale: int,
    domains: dict[str, Domain],
    neighbours: dict[str, Tensor],
) -> HardReadout:
    """The readout in integers.

    Args:
        model: the population.
        restart: which of its models.
        scale: fixed-point steps per unit of the weights.
        domains: those of all variables.
        neighbours: what ``_neighbours`` gave.
    """
    plan = model.plan
    weights = model.weights()[restart].cpu().double().movedim(0, -1)  # (V, K, labels)
    rows = {
        name: part[1:2] if counted else part[: domains[name].size]
        for name, counted, part in zip(
            (*plan.variables, ONES), (*plan.counted, True), weights, strict=True
        )
        if reads_out(name, model.settings)
    }
    form, rows = model.input_format, rows | neighbours
    return hard_readout(rows, domains, model.settings.pooling, form.max_length, scale)
