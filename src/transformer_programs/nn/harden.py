"""Relaxed model -> hardened model: every choice becomes the likeliest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from transformer_programs.nn.fixed_point import hard_readout
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.modules import (
    HardAttend,
    HardCount,
    HardEmbed,
    HardLookup,
    HardStatement,
)
from transformer_programs.nn.plan import reads_out
from transformer_programs.program.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    visible_positions,
)
from transformer_programs.program.types import Domain

if TYPE_CHECKING:
    from transformer_programs.nn.layer import RelaxedLayer
    from transformer_programs.nn.modules import HardReadout
    from transformer_programs.nn.relaxed import RelaxedModel
    from transformer_programs.nn.tables import NumericalTables


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
    domains = {
        TOKENS: Domain.of_tokens(form.vocabulary.tokens),
        POSITIONS: Domain.of_positions(form.max_length),
        ONES: Domain.of_numbers(1),
    }
    statements: list[HardStatement] = []

    def write(statement: HardStatement) -> None:
        statements.append(statement)
        domains[statement.output] = statement.domain

    values = Domain.of_classes(model.plan.cardinality)
    for index, name in enumerate(model.plan.classes):
        table = model.class_logits[restart, index].argmax(0).cpu()
        write(HardEmbed(name, table, values))
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
        _readout(model, restart, readout_scale, domains),
    )


def _heads(
    layer: RelaxedLayer, restart: int, model: RelaxedModel, domains: dict[str, Domain]
) -> list[HardStatement]:
    """The heads of a layer; none reads another of the same layer."""
    plan, scope = layer.plan, model.settings.scope
    names = plan.head_inputs
    numbers = [name for name in model.plan.numerical if name in domains]
    queries = _choices(layer.queries[restart], names)
    keys = _choices(layer.keys[restart], names)
    values = _choices(layer.values[restart], names)
    allowed = layer.summands[restart].masked_fill(~layer.head_numbers, -torch.inf)
    values += _choices(allowed, numbers)
    chosen = layer.predicates[restart].argmax(2).cpu()
    heads: list[HardStatement] = []
    for index, output in enumerate((*plan.heads, *plan.counts)):
        query, key, value = queries[index], keys[index], values[index]
        wanted = chosen[index, : domains[query].size]
        predicate = wanted[:, None] == torch.arange(domains[key].size)
        inputs = (output, query, key, value, predicate, scope)
        domain = domains[value]
        if output in plan.heads:
            heads.append(HardAttend(*inputs, domain))
        else:
            seen = visible_positions(scope, model.input_format.max_length)
            total = Domain.of_numbers(seen * domain.bound)
            heads.append(HardCount(*inputs, total))
    return heads


def _tables(
    layer: RelaxedLayer, restart: int, values: Domain, domains: dict[str, Domain]
) -> list[HardStatement]:
    """The tables of a layer; none reads another of the same layer."""
    lookups: list[HardStatement] = []
    names = layer.plan.table_inputs
    for index, output in enumerate(layer.plan.tables):
        inputs = _inputs(layer.tables.gates[restart, :, index], names)
        rows, columns = (domains[name].size for name in inputs)
        entries = layer.tables.entries[restart, index, :, :rows, :columns]
        lookups.append(_lookup(output, inputs, entries.argmax(0).cpu(), values))
    names = tuple(name for name, domain in domains.items() if domain.numerical)
    for index, output in enumerate(layer.plan.number_tables):
        choices = layer.number_tables.choices()[restart, :, index]
        inputs = _inputs(choices, names)
        sizes = [domains[name].size for name in inputs]
        table = _enumerate(layer.number_tables, restart, index, *sizes)
        lookups.append(_lookup(output, inputs, table, values))
    return lookups


def _lookup(
    output: str, inputs: tuple[str, str], table: Tensor, values: Domain
) -> HardLookup:
    """A table over two variables, or over one if both gates chose the same."""
    first, second = inputs
    if first == second:
        return HardLookup(output, (first,), table.diagonal().clone(), values)
    return HardLookup(output, inputs, table, values)


def _choices(logits: Tensor, names: tuple[str, ...] | list[str]) -> list[str]:
    return [names[index] for index in logits.argmax(-1).tolist()]


def _inputs(gates: Tensor, names: tuple[str, ...]) -> tuple[str, str]:
    first, second = _choices(gates, names)
    return first, second


def _enumerate(
    tables: NumericalTables, restart: int, index: int, rows: int, columns: int
) -> Tensor:
    """The likeliest output for every pair of numbers, computed in float64.

    Args:
        tables: the numerical tables of a layer.
        restart: which model's.
        index: which table.
        rows: the first numbers are 0..rows - 1.
        columns: the second numbers are 0..columns - 1.
    """
    hidden_weight, hidden_bias, weight, bias = (
        parameter[restart, index].cpu().double()
        for parameter in (
            tables.hidden_weight,
            tables.hidden_bias,
            tables.output_weight,
            tables.output_bias,
        )
    )
    first = torch.arange(rows, dtype=torch.float64)[:, None] * hidden_weight[:, 0]
    second = torch.arange(columns, dtype=torch.float64)[:, None] * hidden_weight[:, 1]
    hidden = (first[:, None] + second[None] + hidden_bias.T).relu()
    table: Tensor = (hidden @ weight.T + bias.T).argmax(2)
    return table


def _readout(
    model: RelaxedModel, restart: int, scale: int, domains: dict[str, Domain]
) -> HardReadout:
    """The readout in integers."""
    plan = model.plan
    weights = model.readout[restart].cpu().double().T  # (inputs, labels)
    rows = {
        name: weights[index * plan.width :][: domains[name].size]
        for index, name in enumerate(plan.categorical)
        if reads_out(name, model.settings.pooling)
    }
    start = len(plan.categorical) * plan.width
    for index, name in enumerate(plan.numerical):
        rows[name] = weights[start + index :][:1]
    form = model.input_format
    return hard_readout(rows, domains, model.settings.pooling, form.max_length, scale)
