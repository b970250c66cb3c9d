"""Additive readouts of whole sequences, for data that no table explains.

Every position adds the evidence of one table, over its place and its token for example,
and the label with the largest sum wins. A logistic regression over the cells of the
table has a row of weights for every cell. Here the rows of the table that tell least
are left out, and cells whose weights are nearly the same become one class (Ward's
method), whose weights are fitted again. Fewer numbers are not only shorter: they also
generalise better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transformer_programs.data import Dataset, Encoded
from transformer_programs.language import (
    Batch,
    Domain,
    Interpreter,
    Pooling,
)
from transformer_programs.search.candidate import Candidate, table_over
from transformer_programs.search.readouts import (
    Fitted,
    cells_of,
    program_of,
    statements_of,
)
from transformer_programs.search.sample import Ids, Mask
from transformer_programs.system import (
    Floats,
    Work,
    fit_weights,
    log_losses,
    whole_weights,
)

FOLDS = 5

PENALTIES = (3.0, 10.0, 30.0)
"""Costs of half a squared weight, in nats; cross-validation chooses the best."""

_CLASS_PENALTY = 1.0
"""The same for the few weights of classes."""

_CLASS_STEPS = 20
"""They start at the mean of their cells, so that few steps are left."""

_ROW_COUNTS = (4, 6, 8, 10, 12, 14, 16, 18, 21, 24, 28, 32, 40, 48, 64)
_CLASS_COUNTS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)

_MOST_CELLS = 400
"""Cells that are merged: merging takes time in proportion to their number cubed."""

_RARE = 5
"""Cells that occur less often than this say nothing."""

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
class CellCounts:
    """Cells of a table in labelled sequences.

    Attributes:
        features: (sequences, cells) how often each cell occurs.
        labels: (sequences,) label ids.
        label_count: Number of labels.
        rows: (cells,) row of the table that each cell stands in.
    """

    features: Floats
    labels: Ids
    label_count: int
    rows: Ids

    def subset(self, chosen: Mask) -> CellCounts:
        """Return some of the sequences."""
        features, labels = self.features[chosen], self.labels[chosen]
        return replace(self, features=features, labels=labels)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A class for every cell, and its weights.

    Attributes:
        classes: (cells,) class of each cell from 1, or 0 if it says nothing.
        weights: (classes + 1, labels) weights in nats, zeros first.
        loss: Mean cross-entropy on held-out folds, in nats.
    """

    classes: Ids
    weights: Floats
    loss: float

    @property
    def size(self) -> int:
        """Number of classes and cells that say something."""
        return len(self.weights) - 1 + int(np.count_nonzero(self.classes))


def fit_evidence(examples: CellCounts, work: Work) -> Evidence | None:
    """Fit the fewest rows and classes that predict nearly as well as the best do.

    Nearly is within one standard error of the mean loss on held-out folds.

    Args:
        examples: Data to learn from.
        work: Budget that the fits are accounted to.

    Returns:
        None if every cell is rare, or too many are not.
    """
    penalty = _best_penalty(examples, work)
    losses: dict[tuple[int, int], list[Floats]] = {}
    for inside, outside in _folds(examples):
        for key, evidence in _path(inside, penalty, work):
            # (sequences, cells) @ (cells, labels)
            scores = outside.features @ evidence.weights[evidence.classes]
            fold = log_losses(scores, outside.labels)
            losses.setdefault(key, []).append(fold)
    # Sizes that every fold has: (sequences,) losses.
    everywhere = {key: folds for key, folds in losses.items() if len(folds) == FOLDS}
    whole = {key: np.concatenate(folds) for key, folds in everywhere.items()}
    if not whole:
        return None
    best = min(whole.values(), key=lambda loss: float(loss.mean()))
    enough = float(best.mean() + best.std() / np.sqrt(len(best)))
    close = [key for key, loss in whole.items() if loss.mean() <= enough]
    chosen = min(close, key=lambda key: (sum(key), float(whole[key].mean())))
    found = dict(_path(examples, penalty, work))[chosen]
    return replace(found, loss=float(whole[chosen].mean()))


def _folds(examples: CellCounts) -> Iterator[tuple[CellCounts, CellCounts]]:
    fold = np.arange(len(examples.labels)) % FOLDS
    for number in range(FOLDS):
        yield examples.subset(fold != number), examples.subset(fold == number)


def held_out(examples: CellCounts, work: Work) -> tuple[float, float]:
    """Return loss, in nats, and accuracy on the first fold of one plain fit."""
    inside, outside = next(_folds(examples))
    scores = outside.features @ _fit(inside, PENALTIES[1], work)
    right = scores.argmax(axis=1) == outside.labels
    return float(log_losses(scores, outside.labels).mean()), float(right.mean())


def _best_penalty(examples: CellCounts, work: Work) -> float:
    total = dict.fromkeys(PENALTIES, 0.0)
    for inside, outside in _folds(examples):
        for penalty in PENALTIES:
            weights = _fit(inside, penalty, work)
            losses = log_losses(outside.features @ weights, outside.labels)
            total[penalty] += float(losses.sum())
    return min(total, key=lambda penalty: total[penalty])


def _fit(examples: CellCounts, penalty: float, work: Work) -> Floats:
    return fit_weights(
        examples.features, examples.labels, examples.label_count, penalty, work=work
    )


def _path(
    examples: CellCounts, penalty: float, work: Work
) -> Iterator[tuple[tuple[int, int], Evidence]]:
    # Evidence of every size that is tried, by its numbers of rows and classes.
    order = _rows_by_importance(examples, _fit(examples, penalty, work))
    common = examples.features.sum(axis=0) >= _RARE
    counts = [count for count in _ROW_COUNTS if count < len(order)] + [len(order)]
    for count in counts:
        cells = np.flatnonzero(common & np.isin(examples.rows, order[:count]))
        if 0 < len(cells) <= _MOST_CELLS:
            for classes, evidence in _merged(examples, cells, penalty, work):
                yield (count, classes), evidence


def _rows_by_importance(examples: CellCounts, weights: Floats) -> Ids:
    # Rows by how much what they say differs between sequences.
    spread = {}
    for row in np.unique(examples.rows).tolist():
        cells = examples.rows == row
        said = examples.features[:, cells] @ weights[cells]  # (sequences, labels)
        said -= said.mean(axis=1, keepdims=True)
        spread[row] = float(said.var(axis=0).sum())
    return np.array(sorted(spread, key=lambda row: -spread[row]), dtype=np.int64)


def _merged(
    examples: CellCounts, cells: Ids, penalty: float, work: Work
) -> Iterator[tuple[int, Evidence]]:
    # The cells in fewer and fewer classes.
    features = examples.features[:, cells]  # (sequences, some cells)
    weights = _fit(replace(examples, features=features), penalty, work)
    often = features.sum(axis=0)
    centred = _centred(weights, often, examples.rows[cells])
    work.spend(10 * len(cells) ** 3)
    for groups in merge(centred, often, _CLASS_COUNTS):
        classes = np.zeros(len(examples.rows), dtype=np.int64)
        classes[cells] = groups + 1
        count = int(groups.max()) + 1
        members = np.eye(count)[groups]  # (cells, classes)
        shares = members * often[:, None] / (members.T @ often)
        fitted = fit_weights(
            features @ members,
            examples.labels,
            examples.label_count,
            _CLASS_PENALTY,
            work=work,
            start=shares.T @ weights,
            most_steps=_CLASS_STEPS,
        )
        nothing = np.zeros((1, examples.label_count))
        yield count, Evidence(classes, np.concatenate([nothing, fitted]), np.nan)


def _centred(weights: Floats, often: Floats, rows: Ids) -> Floats:
    # Weights less what changes no decision: a constant of a cell, and of a row.
    centred: Floats = weights - weights.mean(axis=1, keepdims=True)
    for row in np.unique(rows):
        cells = rows == row
        centred[cells] -= np.average(centred[cells], axis=0, weights=often[cells])
    return centred


def merge(points: Floats, often: Floats, counts: Sequence[int]) -> Iterator[Ids]:
    """Cluster points into each of some numbers of groups, by Ward's method.

    Args:
        points: (points, dimensions).
        often: (points,) how much each weighs.
        counts: Numbers of groups; those that are too many are left out.

    Yields:
        (points,) group of every point, the numbers of groups falling.
    """
    points, weight = points.copy(), often.astype(np.float64)
    group = np.arange(len(points))
    # (points, points) what merging two groups costs, by one point of each.
    cost = np.stack([_costs(points, weight, i) for i in range(len(points))])
    for left in range(len(points), 0, -1):
        if left in counts:
            yield np.unique(group, return_inverse=True)[1]
        if left == 1:
            return
        # The cheapest merge: ``one`` becomes the mean of both, ``other`` is gone.
        one, other = np.unravel_index(int(cost.argmin()), cost.shape)
        both = weight[one] + weight[other]
        points[one] = (weight[one] * points[one] + weight[other] * points[other]) / both
        weight[one] = both
        group[group == group[other]] = group[one]
        gone = ~np.isfinite(cost[one])
        cost[other, :] = cost[:, other] = np.inf
        cost[one] = np.where(gone, np.inf, _costs(points, weight, int(one)))
        cost[one, other] = np.inf
        cost[:, one] = cost[one]


def _costs(points: Floats, weight: Floats, index: int) -> Floats:
    # What merging a point with every other would cost; infinite with itself.
    distance = ((points - points[index]) ** 2).sum(axis=1)
    costs: Floats = weight * weight[index] / (weight + weight[index]) * distance
    costs[index] = np.inf
    return costs


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
