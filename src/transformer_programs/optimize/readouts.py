"""Refitted readouts: of fewer terms with the same labels, or of the best accuracy.

For the same labels the program's inputs must be enumerable: what its readout reads is
collected from all of them, and weights are separated anew after each term, and each
row of weights, that is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Encoded
from transformer_programs.language import Batch, Interpreter, Pooling, Program
from transformer_programs.optimize.reached import Observed, labelled
from transformer_programs.optimize.statements import (
    Ids,
    Mask,
    drop_dead,
    weighted,
    with_terms,
)
from transformer_programs.system import (
    Floats,
    fit_weights,
    separate,
    whole_weights,
)

LARGEST = 1 << 26
"""Cells of the table of features, where all inputs are collected."""

_PRODUCTS = 80
"""Products of a fit that take as long as one value of the interpreter."""

_COARSEST, _FINEST = 2.0**-8, 2.0**16
"""What separating weights are multiplied by before they are rounded."""

_BOUND = 1 << 16
"""No separating weight becomes larger."""

SCALE = 16
"""Steps of a weight per nat, where weights are fitted to data."""

_PENALTY = 0.3
"""What a squared weight costs, in nats: keeps weights of separable data finite."""

_MOST_CELLS = 16_000_000
"""Examples times features of a fit: bounds its memory and its time."""

_MOST_EXAMPLES = 12_000

_STEPS = 150

Weights = Mapping[str, Floats]
"""Fitted weights by variable, (values or 1, labels), before they are rounded."""


def fit_readout(
    program: Program, data: Encoded, start: Weights
) -> tuple[Program, Weights]:
    """Fit the weights of a readout to data by logistic regression.

    Every row is shifted to have 0 as its least weight, which changes no decision.

    Args:
        program: A valid program with at least one term.
        data: Sequences with their labels; only a part is used where there are many.
        start: Weights to begin with, for variables that have the same shape there.

    Returns:
        The program, its weights in fixed point, and the same before rounding.
    """
    terms, count = program.readout.terms, len(program.readout.labels)
    features, labels = _examples(program, data)
    zeros = {t.variable: np.zeros((len(t.weights), count)) for t in terms}
    same = {n: w for n, w in start.items() if n in zeros and len(w) == len(zeros[n])}
    begin = np.concatenate([*(zeros | same).values()])
    found = fit_weights(features, labels, count, _PENALTY, begin, _STEPS)
    rows = np.split(found, np.cumsum([len(t.weights) for t in terms])[:-1])
    fitted = dict(zip(zeros, rows, strict=True))
    whole = (weighted(name, whole_weights(w, SCALE)) for name, w in fitted.items())
    return with_terms(program, whole), fitted


def _examples(program: Program, data: Encoded) -> tuple[Floats, Ids]:
    # (examples, features) and (examples,) label ids: an example is a label that is
    # asked for, of a position or of a sequence.
    terms = program.readout.terms
    most = min(
        _MOST_EXAMPLES, max(_MOST_CELLS // sum(len(t.weights) for t in terms), 1)
    )
    per_sequence = data.targets.shape[1] if data.targets.ndim == 2 else 1
    part = slice(None, None, max(1, -(-len(data) * per_sequence // (4 * most))))
    targets = data.targets[part]
    batch = Batch(data.ids[part], data.lengths[part])
    asked = (targets >= 0) & (targets < len(program.readout.labels))
    where = np.argwhere(asked)
    where = where[:: -(-len(where) // most) or 1]
    traced = Interpreter(program).trace(batch)
    match program.readout.pooling:
        case Pooling.NONE:  # (examples, 1)
            ids = [traced[t.variable][where[:, 0], where[:, 1], None] for t in terms]
        case Pooling.FIRST:  # (examples, 1)
            ids = [traced[t.variable][where[:, 0], :1] for t in terms]
        case Pooling.MEAN:  # (examples, width)
            ids = [traced[t.variable][where[:, 0]] for t in terms]
    counted = np.ones_like(ids[0], dtype=np.bool_)
    if program.readout.pooling is Pooling.MEAN:
        counted = batch.real.T[where[:, 0]]
    return _features(program, ids, counted, np.float64), targets[tuple(where.T)]


def _features(
    program: Program, ids: Sequence[Ids], counted: Mask, dtype: type
) -> NDArray[Any]:
    """Return what the weights of a readout are multiplied by: (rows, features).

    How often a value occurs at the positions that count, or the sum of a number.

    Args:
        program: The program.
        ids: (rows, positions) of each term's variable.
        counted: (rows, positions) whether they count.
        dtype: Kind of numbers.
    """
    terms = program.readout.terms
    shape = len(counted), sum(len(t.weights) for t in terms)
    features: NDArray[Any] = np.zeros(shape, dtype)
    rows, start = np.nonzero(counted)[0], 0
    for term, read in zip(terms, ids, strict=True):
        block = features[:, start : start + len(term.weights)]
        if program.domains[term.variable].numerical:
            block[:, 0] = (read * counted).sum(axis=1)
        else:
            np.add.at(block, (rows, read[counted]), 1)
        start += len(term.weights)
    return features


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the readout reads on all inputs, every combination once.

    Attributes:
        columns: Of each feature the index of its term, and the id whose row of weights
            it is (0 for the factors of a number).
        features: (rows, features) how often the value occurs, or the number.
        scale: (features,) what each was divided by.
        labels: (rows,) label ids.
    """

    columns: tuple[tuple[int, int], ...]
    features: NDArray[np.float32]
    scale: Floats
    labels: Ids


def fewer_terms(program: Program, observed: Observed) -> Program:
    """Return the program with fewer terms and rows of weights, its labels the same."""
    rows = _collect(program, observed)
    if rows is None:
        return program
    fit = _Separation(program, rows, observed)
    if fit.possible:
        fit.drop_terms()
        fit.drop_rows()
        fit.begin_at_zero()
    return fit.best


class _Separation:
    """The columns that are left, and weights of theirs that separate the labels."""

    def __init__(self, program: Program, rows: _Rows, observed: Observed) -> None:
        self._program, self._rows, self._observed = program, rows, observed
        terms = program.readout.terms
        weights = [terms[term].weights[index] for term, index in rows.columns]
        self._kept = list(range(len(rows.columns)))
        self._weights = np.array(weights, dtype=np.float64) * rows.scale[:, None]
        self.best = program
        self.possible = self._take(self._kept, self._weights)

    def drop_terms(self) -> None:
        # Those first that free the most statements, then the most columns.
        left = {term for term, _ in self._rows.columns}
        while left and not self._observed.spent:
            kept = [self._rows.columns[i][0] for i in self._kept]
            needed = {t: _statements_of(self._program, {*kept} - {t}) for t in left}
            term = max(left, key=lambda t: (-needed[t], kept.count(t), t))
            left.remove(term)
            self._try({i for i in self._kept if self._rows.columns[i][0] == term})

    def drop_rows(self) -> None:
        # Those with the least to say first.
        share = np.abs(self._weights - self._weights.mean(axis=1, keepdims=True))
        order = [self._kept[i] for i in np.argsort(share.max(axis=1), kind="stable")]
        for column in order:
            if self._observed.spent:
                return
            self._try({column})

    def begin_at_zero(self) -> None:
        # Weights are small then, if they are found.
        self._take(self._kept, np.zeros_like(self._weights))

    def _try(self, columns: set[int]) -> None:
        stay = [place for place, i in enumerate(self._kept) if i not in columns]
        self._take([self._kept[place] for place in stay], self._weights[stay])

    def _take(self, kept: list[int], start: Floats) -> bool:
        # Whether some columns are enough: with weights that are near others.
        features = self._rows.features[:, kept]
        found = separate(features, self._rows.labels, start, self._tick)
        program = None if found is None else self._rounded(kept, found)
        if found is None or program is None:
            return False
        self._kept, self._weights, self.best = kept, found, program
        return True

    def _tick(self, products: int) -> None:
        self._observed.left -= products // _PRODUCTS

    def _rounded(self, kept: list[int], weights: Floats) -> Program | None:
        # With the coarsest weights that still give every row its label.
        scale = self._rows.scale[kept]
        weights = weights / scale[:, None]
        features = self._rows.features[:, kept].astype(np.float64)
        features *= scale
        fineness = _COARSEST
        while fineness <= _FINEST:
            whole = np.rint(weights * fineness)
            whole -= whole.min(axis=1, keepdims=True, initial=np.inf)
            if whole.max(initial=0) > _BOUND:
                return None
            if ((features @ whole).argmax(axis=1) == self._rows.labels).all():
                return drop_dead(self._with_weights(kept, whole.astype(np.int64)))
            fineness *= 2
        return None

    def _with_weights(self, kept: list[int], weights: Ids) -> Program:
        terms, rows = self._program.readout.terms, dict[int, Ids]()
        for column, row in zip(kept, weights, strict=True):
            term, index = self._rows.columns[column]
            empty = np.zeros_like(np.array(terms[term].weights))
            rows.setdefault(term, empty)[index] = row
        found = (weighted(terms[term].variable, rows[term]) for term in rows)
        return with_terms(self._program, found)


def _statements_of(program: Program, terms: Iterable[int]) -> int:
    # How many statements the terms need.
    some = (program.readout.terms[term] for term in terms)
    return len(drop_dead(with_terms(program, some)).statements)


def _collect(program: Program, observed: Observed) -> _Rows | None:
    # What the readout reads on all inputs; None if that is nothing, or too much.
    terms = program.readout.terms
    if not terms:
        return None
    columns = [
        (i, index) for i, t in enumerate(terms) for index in range(len(t.weights))
    ]
    mean = program.readout.pooling is Pooling.MEAN
    parts = []
    observed.spend(len(program.statements) + 2)
    interpreter = Interpreter(program)
    for batch, labels in zip(observed.batches, observed.labels, strict=True):
        traced = interpreter.trace(batch)
        place = labelled(program, batch)
        if mean:
            ids = [traced[t.variable] for t in terms]
            read = _features(program, ids, place, np.int64)  # (rows, features)
        else:
            read = np.stack([traced[t.variable][place] for t in terms], axis=1)
            labels = labels[place] if program.tagging else labels
        parts.append(_distinct(np.concatenate([read, labels[:, None]], axis=1)))
    whole = _distinct(np.concatenate(parts))
    if not 0 < len(whole) * len(columns) <= LARGEST:
        return None
    read, labels = whole[:, :-1], whole[:, -1]
    if not mean:
        ids = [column[:, None] for column in read.T]  # (rows, 1) of each term
        read = _features(program, ids, np.ones_like(ids[0], dtype=np.bool_), np.int64)
    occurs = (read != 0).any(axis=0)
    if not occurs.any():
        return None
    scale = read.max(axis=0, initial=1)[occurs].astype(np.float64)
    features = (read[:, occurs] / scale).astype(np.float32)
    kept = tuple(c for c, o in zip(columns, occurs, strict=True) if o)
    return _Rows(kept, features, scale, labels)


def _distinct(rows: Ids) -> Ids:
    # Every row once, compared as bytes.
    small = rows.astype(np.min_scalar_type(int(rows.max(initial=0))))
    small = np.ascontiguousarray(small)
    whole = small.view(np.dtype((np.void, small.dtype.itemsize * small.shape[1])))
    _, first = np.unique(whole.ravel(), return_index=True)
    return rows[first]
