"""The readout fitted anew: integer weights of the variables that a program computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Encoded
from transformer_programs.optimize.lbfgs import Floats
from transformer_programs.optimize.logistic import fit_weights
from transformer_programs.program import Batch, Interpreter, Pooling, Program, Term

SCALE = 16
"""Steps of a weight per nat."""

_PENALTY = 0.3
"""What a squared weight costs, in nats: keeps weights of separable data finite."""

_MOST_CELLS = 16_000_000
"""Examples times features of a fit: bounds its memory and its time."""

_MOST_EXAMPLES = 12_000

_STEPS = 150

Weights = Mapping[str, Floats]
"""Fitted weights by variable, (values or 1, labels), before they are rounded."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A program with a fitted readout.

    Attributes:
        program: the program, its weights in fixed point.
        weights: the same before rounding: where the next fit begins.
    """

    program: Program
    weights: Weights


def refit(program: Program, data: Encoded, start: Weights) -> Fitted:
    """The same statements and terms with weights that suit the data best.

    Weights minimise the log-loss of a softmax over the scores; every row is shifted to
    have 0 as its least weight, which changes no decision.

    Args:
        program: a valid program with at least one term.
        data: sequences with their labels; a part of them where they are many.
        start: weights to begin with, for variables that have the same shape there.
    """
    variables = [term.variable for term in program.readout.terms]
    domains = program.domains
    widths = [1 if domains[v].numerical else domains[v].size for v in variables]
    features, labels = _examples(program, data, widths)
    count = len(program.readout.labels)
    begin = np.concatenate(
        [
            start[v] if v in start and len(start[v]) == width else _zero(width, count)
            for v, width in zip(variables, widths, strict=True)
        ]
    )
    found = fit_weights(features, labels, count, _PENALTY, begin, _STEPS)
    rows = np.split(found, np.cumsum(widths)[:-1])
    terms = tuple(
        Term(v, tuple(map(tuple, _integers(part).tolist())))
        for v, part in zip(variables, rows, strict=True)
    )
    fitted = replace(program, readout=replace(program.readout, terms=terms))
    return Fitted(fitted, dict(zip(variables, rows, strict=True)))


def _zero(rows: int, labels: int) -> Floats:
    return np.zeros((rows, labels))


def _integers(weights: Floats) -> NDArray[np.int64]:
    shifted = weights - weights.min(axis=1, keepdims=True)
    rounded: NDArray[np.int64] = np.rint(SCALE * shifted).astype(np.int64)
    return rounded


def _examples(
    program: Program, data: Encoded, widths: list[int]
) -> tuple[Floats, NDArray[np.int64]]:
    """(examples, features) and (examples,) label ids.

    An example is a label that is asked for: of a position, or of a sequence. Its
    features are what weights are multiplied by: how often a variable has a value at
    the positions that count, or the sum of a number.
    """
    total = sum(widths)
    most = min(_MOST_EXAMPLES, max(_MOST_CELLS // total, 1))
    per_sequence = data.targets.shape[1] if data.targets.ndim == 2 else 1
    step = max(1, -(-len(data) * per_sequence // (4 * most)))
    part = slice(None, None, step)
    targets = data.targets[part]
    batch = Batch(data.ids[part], data.lengths[part])
    asked = (targets >= 0) & (targets < len(program.readout.labels))
    where = np.argwhere(asked)
    where = where[:: -(-len(where) // most) or 1]
    labels = targets[tuple(where.T)]
    traced = Interpreter(program).trace(batch)
    features = np.zeros((len(where), total))
    real = np.arange(batch.ids.shape[1]) < batch.lengths[:, None]
    column = 0
    for term, width in zip(program.readout.terms, widths, strict=True):
        block = features[:, column : column + width]
        _fill(block, traced[term.variable], real, where, program, term.variable)
        column += width
    return features, labels


def _fill(
    block: Floats,
    ids: NDArray[np.int64],
    real: NDArray[np.bool_],
    where: NDArray[np.int64],
    program: Program,
    variable: str,
) -> None:
    """Write the features of one variable: a view of the features of all."""
    numerical = program.domains[variable].numerical
    match program.readout.pooling:
        case Pooling.NONE:
            chosen = ids[where[:, 0], where[:, 1], None]
            counted = np.ones_like(chosen, dtype=np.bool_)
        case Pooling.FIRST:
            chosen = ids[where[:, 0], :1]
            counted = np.ones_like(chosen, dtype=np.bool_)
        case Pooling.MEAN:
            chosen, counted = ids[where[:, 0]], real[where[:, 0]]
    if numerical:
        block[:, 0] = (chosen * counted).sum(axis=1)
    else:
        rows = np.broadcast_to(np.arange(len(chosen))[:, None], chosen.shape)
        np.add.at(block, (rows[counted], chosen[counted]), 1.0)
