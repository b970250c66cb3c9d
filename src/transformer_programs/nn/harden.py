"""Relaxed model -> Program: every choice becomes the likeliest one.

The weights of the readout become integers whose sums are exact. ``check_hardened``
holds the two against each other: the relaxed model with all choices made must predict
what the program does. Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from transformer_programs.errors import AgreementError
from transformer_programs.nn.hardened import (
    HardenedModel,
    Ids,
    Lengths,
    head_of,
    table_of,
)
from transformer_programs.nn.neighbours import copy_name
from transformer_programs.nn.plan import SCOPES, reads_out
from transformer_programs.nn.sampling import FINAL
from transformer_programs.program import (
    ONES,
    TOKENS,
    Aggregate,
    Domain,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Term,
    input_domains,
    output_domain,
)

if TYPE_CHECKING:
    from transformer_programs.nn.layer import RelaxedLayer
    from transformer_programs.nn.relaxed import RelaxedModel
    from transformer_programs.nn.trainable import Trainable

Domains = dict[str, Domain]
Rows = dict[str, Float[Tensor, "values C"]]

EXACT_LIMIT = 1 << 24
"""Integers below it are exact in float32, whatever the order of a sum."""

FLOAT_ERROR = 1e-5
"""What sums of float32 may be off by, as a part of the largest score."""


@torch.no_grad()
def harden(
    model: RelaxedModel, restart: int, readout_scale: int = 100, name: str = "learned"
) -> Program:
    """Return the program that one restart has become: see ``Trainable``."""
    form, plan, pooling = model.input_format, model.plan, model.settings.pooling
    domains, near = input_domains(form), model.neighbours.rows(restart)
    statements = []
    for statement in _statements(model, restart, readout_scale, near, domains):
        statements.append(statement)
        domains[statement.output] = output_domain(statement, domains, form.max_length)

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


def _statements(
    model: RelaxedModel, restart: int, scale: int, near: Rows, domains: Domains
) -> Iterator[Statement]:
    plan, scopes = model.plan, SCOPES[model.settings.scope]
    values = Domain.of_classes(plan.cardinality)
    for index, output in enumerate(plan.classes):
        entries = model.class_logits[restart, index].argmax(0)  # (vocabulary,)
        yield table_of(output, (TOKENS,), entries, values)
    yield from _neighbours(model, scale, near, domains)
    for layer in model.layers:
        yield from _heads(layer, restart, scopes, domains)  # type: ignore[arg-type]
        yield from _tables(layer, restart, values, domains)  # type: ignore[arg-type]


def _neighbours(
    model: RelaxedModel, scale: int, near: Rows, domains: Domains
) -> Iterator[Statement]:
    """Copies of neighbours' variables, and tables over pairs of words.

    A copy from two words away is that of the copy from one word away. All entries of a
    pair whose weights in ``near`` are the same become one value, with one row there.
    """
    plan = model.plan
    anything = torch.ones(2, 2, dtype=torch.bool)  # both values of ``ones`` match both

    def copies(name: str, offset: int) -> Iterator[Statement]:
        """The copy, after those that it copies, unless they are there."""
        output = copy_name(name, offset)
        if output not in domains:
            nearer = offset - (1 if offset > 0 else -1)
            yield from copies(name, nearer)
            scope = Scope.AFTER if offset > 0 else Scope.BEFORE
            inputs = (ONES, ONES, copy_name(name, nearer))
            yield head_of(output, inputs, anything, scope)

    for name in (*plan.classes, *(s.name for s in model.input_format.surfaces)):
        for offset in plan.near:
            yield from copies(name, offset)
    for pair in plan.pairs:
        name = plan.classes[pair.word_class]
        steps = (from_zero(near[pair.name]) * scale).round()  # (k * k, C)
        weights, entries = torch.unique(steps / scale, dim=0, return_inverse=True)
        near[pair.name] = weights
        yield from copies(name, -pair.distance)
        inputs = (copy_name(name, -pair.distance), name)
        yield table_of(pair.name, inputs, entries, Domain.of_classes(len(weights)))


def _heads(
    layer: RelaxedLayer, restart: int, scopes: tuple[Scope, ...], domains: Domains
) -> Iterator[Statement]:
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
        kind = Aggregate.NEAREST if output in plan.heads else Aggregate.SUM
        inputs, scope = (query, key, values[index]), scopes[chosen[index]]
        yield head_of(output, inputs, there, scope, kind)


def _tables(
    layer: RelaxedLayer, restart: int, values: Domain, domains: Domains
) -> Iterator[Statement]:
    for index, output in enumerate(layer.plan.tables):
        gates = layer.tables.gates[restart, index]  # (2, V)
        first, second = _choices(gates, layer.plan.table_inputs)
        rows, columns = domains[first].size, domains[second].size
        entries = layer.tables.entries[restart, index, :, :rows, :columns]
        table = entries.argmax(0)  # (rows, columns)
        if first == second:  # a table over one variable
            yield table_of(output, (first,), table.diagonal(), values)
        else:
            yield table_of(output, (first, second), table, values)


def _choices(logits: Float[Tensor, "*any V"], names: tuple[str, ...]) -> list[str]:
    return [names[index] for index in logits.argmax(-1).tolist()]


# ---- The readout in integers ----


def hard_readout(
    rows: Mapping[str, Float[Tensor, "values C"]],
    domains: Mapping[str, Domain],
    labels: tuple[str, ...],
    pooling: Pooling,
    max_length: int,
    scale: float,
) -> Readout:
    """Return a readout in integers.

    Of every variable there are its weights in float64, one row if it is numerical; the
    scale is in fixed-point steps per unit.
    """
    # Least weights of 0 make all scores non-negative: their bound is a sum of maxima.
    bounds = term_bounds(rows, domains, pooling, max_length)
    integers = rounded(map(from_zero, rows.values()), bounds, scale)
    terms = tuple(
        Term(name, tuple(map(tuple, found.tolist())))
        for name, found in zip(rows, integers, strict=True)
    )
    return Readout(labels, terms, pooling)


def from_zero(rows: Float[Tensor, "values C"]) -> Float[Tensor, "values C"]:
    """Return the weights shifted so that the least of every value is 0.

    To shift all labels' weights of a value by the same amount changes no decision.
    """
    return rows - rows.min(1, keepdim=True).values


def term_bounds(
    names: Iterable[str],
    domains: Mapping[str, Domain],
    pooling: Pooling,
    max_length: int,
) -> list[int]:
    """Return the most that the weights of every variable are multiplied by."""
    added = max_length if pooling is Pooling.MEAN else 1
    found = (domains[name] for name in names)
    return [added * (d.bound if d.numerical else 1) for d in found]


def rounded(
    rows: Iterable[Float[Tensor, "values C"]], bounds: list[int], scale: float
) -> tuple[Int64[Tensor, "values C"], ...]:
    """Return weights, none negative, in fixed point: no score is ``EXACT_LIMIT``."""
    rows = tuple(rows)
    assert all(row.isfinite().all() for row in rows)
    # Half as many steps per unit until the largest score is small enough.
    while True:
        integers = tuple((row * scale).round() for row in rows)
        pairs = zip(integers, bounds, strict=True)
        if sum(float(row.max()) * bound for row, bound in pairs) < EXACT_LIMIT:
            return tuple(row.long() for row in integers)
        scale /= 2


# ---- The check ----


@torch.no_grad()
def check_hardened(
    model: Trainable, hardened: Mapping[int, HardenedModel], ids: Ids, lengths: Lengths
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
    model: HardenedModel, values: dict[str, Tensor], lengths: Lengths
) -> Int64[Tensor, "B ..."]:
    # How far rounding moves two labels' scores apart, in steps, at most: half a step
    # for every weight that is added, twice where those of pairs were rounded before,
    # and for both labels.
    domains, ones = model.program.domains, values[ONES]
    steps = torch.zeros_like(ones)
    for term in model.program.readout.terms:
        steps += values[term.variable] if domains[term.variable].numerical else ones
    return 2 * model.pool(steps[..., None], lengths).squeeze(-1)
