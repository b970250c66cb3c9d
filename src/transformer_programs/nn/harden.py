"""Relaxed model -> Program: every choice becomes the likeliest one.

``check_hardened`` holds the two against each other: the relaxed model with all choices
made must predict what the program does. Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from transformer_programs.errors import AgreementError
from transformer_programs.nn.fixed_point import from_zero, hard_readout
from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.neighbours import copy_name
from transformer_programs.nn.plan import SCOPES, reads_out
from transformer_programs.nn.sampling import FINAL
from transformer_programs.program import (
    ONES,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    Pooling,
    Predicate,
    Program,
    Scope,
    Statement,
    Table,
    input_domains,
    output_domain,
)

if TYPE_CHECKING:
    from transformer_programs.nn.layer import RelaxedLayer
    from transformer_programs.nn.relaxed import RelaxedModel
    from transformer_programs.nn.trainable import Trainable

Domains = dict[str, Domain]
Write = Callable[[Statement], None]

FLOAT_ERROR = 1e-5
"""What sums of float32 may be off by, as a part of the largest score."""


@torch.no_grad()
def harden(
    model: RelaxedModel, restart: int, readout_scale: int = 100, name: str = "learned"
) -> Program:
    """Return the program that one restart has become.

    Args:
        model: the population.
        restart: which of its models.
        readout_scale: fixed-point steps per unit of the readout's weights; made
            smaller if a sum of weights could not be exact in float32.
        name: of the program.
    """
    form, plan, pooling = model.input_format, model.plan, model.settings.pooling
    domains = input_domains(form)
    statements: list[Statement] = []

    def write(statement: Statement) -> None:
        statements.append(statement)
        domains[statement.output] = output_domain(statement, domains, form.max_length)

    values = Domain.of_classes(plan.cardinality)
    for index, output in enumerate(plan.classes):
        table = model.class_logits[restart, index].argmax(0)  # (vocabulary,)
        write(Table(output, (TOKENS,), tuple(table.tolist()), values))
    near = _write_neighbours(model, restart, readout_scale, domains, write)
    for layer in model.layers:
        scopes = SCOPES[model.settings.scope]
        _write_heads(layer, restart, scopes, domains, write)  # type: ignore[arg-type]
        _write_tables(layer, restart, values, domains, write)  # type: ignore[arg-type]

    # The readout: (variables, K, C), of which a count has one row that matters.
    weights = model.weights()[restart].cpu().double().movedim(0, -1)
    named = zip((*plan.variables, ONES), (*plan.counted, True), weights, strict=True)
    rows = {
        name: part[1:2] if counted else part[: domains[name].size]
        for name, counted, part in named
        if reads_out(name, model.settings)
    }
    readout = hard_readout(
        rows | near, domains, model.labels, pooling, form.max_length, readout_scale
    )
    return Program(name, form, tuple(statements), readout)


def _write_neighbours(
    model: RelaxedModel, restart: int, scale: int, domains: Domains, write: Write
) -> dict[str, Float[Tensor, "values C"]]:
    """Write copies of neighbours' variables, and tables over pairs of words.

    A copy from two words away is that of the copy from one word away. All entries of a
    pair whose weights are the same are one value. Returns the weights of these
    variables and of surfaces.
    """
    plan, rows = model.plan, model.neighbours.rows(restart)
    anything = ((0, 1), (0, 1))  # both values of ``ones`` match both

    def copy(name: str, offset: int) -> str:
        """Write the copy, and those that it copies, unless they are there."""
        output = copy_name(name, offset)
        if output not in domains:
            step = 1 if offset > 0 else -1
            scope = Scope.AFTER if offset > 0 else Scope.BEFORE
            source = copy(name, offset - step)
            write(Head(output, ONES, ONES, source, anything, scope))
        return output

    for name in (*plan.classes, *(s.name for s in model.input_format.surfaces)):
        for offset in plan.near:
            copy(name, offset)
    for pair in plan.pairs:
        name = plan.classes[pair.word_class]
        steps = (from_zero(rows[pair.name]) * scale).round()  # (k * k, C)
        weights, entries = torch.unique(steps / scale, dim=0, return_inverse=True)
        rows[pair.name] = weights
        inputs = (copy(name, -pair.distance), name)
        domain = Domain.of_classes(len(weights))
        write(Table(pair.name, inputs, tuple(entries.tolist()), domain))
    return rows


def _write_heads(
    layer: RelaxedLayer,
    restart: int,
    scopes: tuple[Scope, ...],
    domains: Domains,
    write: Write,
) -> None:
    """Write the heads of a layer; none reads another of the same layer."""
    plan = layer.plan
    queries = _choices(layer.queries[restart], plan.inputs)
    keys = _choices(layer.keys[restart], plan.inputs)
    values = _choices(layer.copied()[restart], plan.inputs)
    values += [ONES for _ in plan.counts]
    matching = layer.matching(restart).cpu()  # (H, K, K)
    chosen = layer.scopes[restart].argmax(1).tolist()
    for index, output in enumerate((*plan.heads, *plan.counts)):
        query, key = queries[index], keys[index]
        # A row whose key no variable has the value of matches nothing.
        there = matching[index, : domains[query].size, : domains[key].size]
        predicate, scope = as_predicate(there), scopes[chosen[index]]
        kind = Aggregate.NEAREST if output in plan.heads else Aggregate.SUM
        write(Head(output, query, key, values[index], predicate, scope, kind))


def _write_tables(
    layer: RelaxedLayer, restart: int, values: Domain, domains: Domains, write: Write
) -> None:
    """Write the tables of a layer; none reads another of the same layer."""
    for index, output in enumerate(layer.plan.tables):
        gates = layer.tables.gates[restart, index]  # (2, V)
        first, second = _choices(gates, layer.plan.table_inputs)
        rows, columns = domains[first].size, domains[second].size
        entries = layer.tables.entries[restart, index, :, :rows, :columns]
        table = entries.argmax(0)  # (rows, columns)
        inputs: tuple[str, ...] = (first, second)
        if first == second:  # a table over one variable
            table, inputs = table.diagonal(), (first,)
        write(Table(output, inputs, tuple(table.flatten().tolist()), values))


def _choices(logits: Float[Tensor, "*any V"], names: tuple[str, ...]) -> list[str]:
    return [names[index] for index in logits.argmax(-1).tolist()]


def as_predicate(matching: Bool[Tensor, "Q K"]) -> Predicate:
    """Return the matching keys of every query."""
    keys = matching.nonzero()[:, 1].tolist()  # row by row
    ends = matching.sum(1).cumsum(0).tolist()
    return tuple(tuple(keys[start:end]) for start, end in pairwise((0, *ends)))


@torch.no_grad()
def check_hardened(
    model: Trainable,
    hardened: Mapping[int, HardenedModel],
    ids: Int64[Tensor, "B N"],
    lengths: Int64[Tensor, " B"],
) -> None:
    """Check that relaxed models, all choices made, predict what their programs do.

    A label of a program may differ only if its own scores of both labels are closer
    than the rounding of the readout's weights explains.

    Args:
        model: the population.
        hardened: what its restarts have become, by row.
        ids: codes of framed tokens.
        lengths: framed lengths.

    Raises:
        AgreementError: If a restart and its program differ.
    """
    relaxed = model(ids, lengths, [FINAL] * model.depth).cpu()  # (R, B, *N, C)
    ids, lengths = ids.cpu(), lengths.cpu()
    for row, program in hardened.items():
        values = program.trace(ids, lengths)
        scores = program.scores(values, lengths)  # (B, *N, C)
        preferred = relaxed[row].argmax(-1, keepdim=True)
        lost = scores.amax(-1) - scores.gather(-1, preferred).squeeze(-1)
        allowed = _rounding(program, values, lengths) + FLOAT_ERROR * scores.amax(-1)
        wrong = lost > allowed
        if program.program.readout.pooling is Pooling.NONE:
            wrong &= torch.arange(ids.shape[1]) < lengths[:, None]
        if wrong.any():
            first = wrong.nonzero()[0].tolist()
            raise AgreementError(
                f"relaxed model and program differ in {int(wrong.sum())} of "
                f"{wrong.numel()} labels, first in that of sequence {first[0]}"
                + (f", position {first[1]}" if first[1:] else "")
                + ", although every choice is made; please report this"
            )


def _rounding(
    model: HardenedModel, values: dict[str, Tensor], lengths: Int64[Tensor, " B"]
) -> Int64[Tensor, "B ..."]:
    """How far rounding moves two labels' scores apart, in steps, at most.

    Half a step for every weight that is added, twice where those of pairs were rounded
    before, and for both labels.
    """
    domains, ones = model.program.domains, values[ONES]
    steps = torch.zeros_like(ones)
    for term in model.program.readout.terms:
        steps += values[term.variable] if domains[term.variable].numerical else ones
    return 2 * model.pool(steps[..., None], lengths).squeeze(-1)
