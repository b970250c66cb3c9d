"""Additive readouts of whole sequences, for data that no table explains.

Every position adds the evidence of one table, over its place and its token for example,
and the label with the largest sum wins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset, Encoded
from transformer_programs.optimize import whole_weights
from transformer_programs.program import (
    Batch,
    Domain,
    Interpreter,
    Pooling,
)
from transformer_programs.search.assemble import (
    Fitted,
    cells_of,
    program_of,
    statements_of,
)
from transformer_programs.search.candidate import Candidate, table_over
from transformer_programs.search.evidence import (
    CellCounts,
    fit_evidence,
    held_out,
)
from transformer_programs.system import Work

EVIDENCE = "evidence"
"""The variable that the readout sums."""

SCALE = 10
"""Steps of a weight per nat."""

_MOST_EXAMPLES = 4000
"""The most sequences that weights are fitted to."""

_MOST_CELLS = 2048
"""The most cells of a table that is fitted."""

_LARGEST = 1 << 24
"""The most features of all sequences: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A table that may be summed, and the accuracy of its sums.

    Attributes:
        inputs: The one or two variables that the table reads.
        examples: How often every cell occurs in every sequence.
        loss: Mean cross-entropy of a plain logistic regression on held-out sequences,
            in nats.
        accuracy: Share of them that get the right label; 0..1.
    """

    inputs: tuple[Candidate, ...]
    examples: CellCounts
    loss: float
    accuracy: float


def best_lead(
    readings: list[tuple[Candidate, ...]], dataset: Dataset, data: Encoded, work: Work
) -> Lead | None:
    """Return the table whose sums tell most, by one quick fit of each.

    Args:
        readings: The one or two variables that each table reads.
        dataset: Data set with one label per sequence.
        data: Its training data.
        work: Budget that the fits are accounted to.

    Returns:
        None if no table is small enough.
    """
    leads = []
    for inputs in readings:
        examples = _occurrences(inputs, dataset, data)
        if examples is not None:
            leads.append(Lead(inputs, examples, *held_out(examples, work)))
    return min(leads, key=lambda lead: lead.loss) if leads else None


def fit_additive(
    lead: Lead, dataset: Dataset, data: Encoded, work: Work
) -> tuple[Fitted, float] | None:
    """Return the sum of evidence of a table, made short, and its price.

    Returns:
        The program, and the length of its description in statements; None if every
        cell of the table is rare, or too many are not.
    """
    evidence = fit_evidence(lead.examples, work)
    if evidence is None:
        return None
    names, statements = statements_of(lead.inputs)
    read = tuple(names[id(candidate)] for candidate in lead.inputs)
    domain = Domain.of_classes(len(evidence.weights))
    table = table_over(read, evidence.classes, EVIDENCE, domain)
    weights = whole_weights(evidence.weights, SCALE)  # (classes, labels)
    statements = (*statements, table)
    program = program_of(dataset, statements, EVIDENCE, weights, Pooling.MEAN)
    batch = Batch(data.ids, data.lengths)
    wrong = (Interpreter(program).predict(batch) != data.targets).astype(np.int64)
    price = len(program.statements) + 0.01 * evidence.size
    return Fitted(program, wrong, len(data)), price


def _occurrences(
    inputs: tuple[Candidate, ...], dataset: Dataset, data: Encoded
) -> CellCounts | None:
    # How often every cell of the table occurs in sequences at equal distances.
    sizes = tuple(candidate.domain.size for candidate in inputs)
    cells = int(np.prod(sizes))
    rows = np.arange(0, len(data), -(-len(data) // _MOST_EXAMPLES))
    known = (data.targets[rows] >= 0) & (data.targets[rows] < len(dataset.labels))
    rows = rows[known]
    if cells > _MOST_CELLS or cells * len(rows) > _LARGEST or len(rows) < 50:
        return None
    some = Encoded(data.ids[rows], data.lengths[rows], data.targets[rows])
    joint = cells_of(inputs, dataset, some)  # (sequences, length)
    real = np.arange(joint.shape[1]) < some.lengths[:, None]
    features = np.zeros((len(rows), cells))
    np.add.at(features, (np.nonzero(real)[0], joint[real]), 1.0)
    row_of = np.arange(cells) // (cells // sizes[0])  # (cells,) of the table
    return CellCounts(features, some.targets, len(dataset.labels), row_of)
