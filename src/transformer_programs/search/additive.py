"""An additive readout of a whole sequence, for data that no table explains.

Every position adds the evidence of one table, over its place and its token for example,
and the label with the largest sum wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset, Encoded
from transformer_programs.optimize import Floats
from transformer_programs.program import (
    Batch,
    Domain,
    Interpreter,
    Pooling,
    Program,
    Readout,
    Term,
)
from transformer_programs.search.assemble import Fitted, statements_of
from transformer_programs.search.candidate import Candidate, table_over
from transformer_programs.search.evidence import (
    Evidence,
    Examples,
    fit_evidence,
    held_out,
)
from transformer_programs.search.sample import Ids, Mask
from transformer_programs.system import Work

EVIDENCE = "evidence"
"""The variable that the readout sums."""

SCALE = 10
"""Steps per unit of the readout's weights."""

_MOST_EXAMPLES = 4000
"""Sequences that weights are fitted to."""

_MOST_CELLS = 2048
"""Cells of a table that can be fitted."""

_LARGEST = 1 << 24
"""Features of all examples: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Additive:
    """A program with an additive readout.

    Attributes:
        fitted: the program.
        price: the length of its description, in statements.
    """

    fitted: Fitted
    price: float


@dataclass(frozen=True, slots=True)
class Lead:
    """A table that may be summed, and what its sums tell.

    Attributes:
        inputs: the one or two variables that the table reads.
        examples: how often every cell occurs in every sequence.
        loss: the log-loss of a plain logistic regression on held-out sequences, in
            nats each.
        accuracy: the share of them that it gives the right label; 0..1.
    """

    inputs: tuple[Candidate, ...]
    examples: Examples
    loss: float
    accuracy: float


def best_lead(
    readings: list[tuple[Candidate, ...]], dataset: Dataset, data: Encoded, work: Work
) -> Lead | None:
    """Return the table whose sums tell most, by one quick fit of each.

    Args:
        readings: the one or two variables that the table may read.
        dataset: one label per sequence.
        data: its training data.
        work: what the fits are accounted to.

    Returns:
        None if no table is small enough.
    """
    leads = []
    for inputs in readings:
        examples = _examples(inputs, dataset, data)
        if examples is not None:
            leads.append(Lead(inputs, examples, *held_out(examples, work)))
    return min(leads, key=lambda lead: lead.loss) if leads else None


def fit_additive(
    lead: Lead, dataset: Dataset, data: Encoded, work: Work
) -> Additive | None:
    """Return the sum of evidence of a table, made short.

    Returns:
        None if every cell of the table is rare, or too many are not.
    """
    evidence = fit_evidence(lead.examples, work)
    if evidence is None:
        return None
    return _program(evidence, lead.inputs, dataset, data)


def _examples(
    inputs: tuple[Candidate, ...], dataset: Dataset, data: Encoded
) -> Examples | None:
    """How often every cell of the table occurs in every sequence."""
    sizes = [candidate.domain.size for candidate in inputs]
    cells = int(np.prod(sizes))
    # Sequences at equal distances, at most so many.
    step = -(-len(data) // _MOST_EXAMPLES)
    rows = np.arange(0, len(data), step)
    known = (data.targets[rows] >= 0) & (data.targets[rows] < len(dataset.labels))
    labelled = rows[known]
    if cells > _MOST_CELLS or cells * len(labelled) > _LARGEST or len(labelled) < 50:
        return None
    joint, real = _cells(inputs, dataset, data, labelled)
    features = np.zeros((len(labelled), cells))  # how often a cell is in a sequence
    sequence = np.broadcast_to(np.arange(len(labelled))[:, None], joint.shape)
    np.add.at(features, (sequence[real], joint[real]), 1.0)
    return Examples(
        features,
        data.targets[labelled],
        len(dataset.labels),
        np.arange(cells) // (cells // sizes[0]),
    )


def _cells(
    inputs: tuple[Candidate, ...], dataset: Dataset, data: Encoded, rows: Ids
) -> tuple[Ids, Mask]:
    """(sequences, length) cells, and where there is no padding."""
    names, statements = statements_of(inputs)
    skeleton = Program(
        dataset.name,
        dataset.input,
        statements,
        Readout(dataset.labels, (), Pooling.MEAN),
    )
    ids, lengths = data.ids[rows], data.lengths[rows]
    batch = Batch(ids, lengths)
    traced = Interpreter(skeleton).trace(batch)
    sizes = tuple(candidate.domain.size for candidate in inputs)
    values = [traced[names[id(c)]].astype(np.int64) for c in inputs]
    real = np.arange(ids.shape[1]) < lengths[:, None]
    joint: Ids = np.ravel_multi_index(values, sizes).astype(np.int64)
    return joint, real


def _program(
    evidence: Evidence, inputs: tuple[Candidate, ...], dataset: Dataset, data: Encoded
) -> Additive:
    names, statements = statements_of(inputs)
    read = tuple(names[id(candidate)] for candidate in inputs)
    domain = Domain.of_classes(len(evidence.weights))
    table = table_over(read, evidence.classes, EVIDENCE, domain)
    weights = _integers(evidence.weights)
    term = Term(EVIDENCE, tuple(map(tuple, weights.tolist())))
    readout = Readout(dataset.labels, (term,), Pooling.MEAN)
    program = Program(dataset.name, dataset.input, (*statements, table), readout)
    batch = Batch(data.ids, data.lengths)
    wrong = (Interpreter(program).predict(batch) != data.targets).astype(np.int64)
    price = len(program.statements) + 0.01 * evidence.size
    return Additive(Fitted(program, wrong, len(data)), price)


def _integers(weights: Floats) -> Ids:
    """Fixed point, 0 as the least weight of every class."""
    shifted = weights - weights.min(axis=1, keepdims=True)
    rounded: Ids = np.rint(SCALE * shifted).astype(np.int64)
    return rounded
