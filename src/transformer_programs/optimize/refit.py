"""A readout of fewer terms and rows that gives the same labels on all inputs.

Only for programs whose inputs can be enumerated: rows of what the readout reads are
collected from all of them, and weights are fitted anew after each term, and each row of
weights, that is left out (``separate.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.optimize.observed import Observed, labelled
from transformer_programs.optimize.separate import separate
from transformer_programs.optimize.statements import drop_dead
from transformer_programs.program import Interpreter, Pooling, Program, Readout, Term

LARGEST = 1 << 26
"""Cells of the table of features."""

_PRODUCTS = 80
"""Products of a fit that take as long as one value of the interpreter."""

_COARSEST, _FINEST = 2.0**-8, 2.0**16
"""What fitted weights are multiplied by before they are rounded."""

_BOUND = 1 << 16
"""No weight becomes larger."""

Column = tuple[int, int]
"""A term's index, and the id whose row of weights it is (0 for a number's factors)."""


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the readout reads on all inputs, every combination once.

    Attributes:
        columns: what each feature is.
        features: (rows, features): how often the value occurs, or the number.
        scale: (features,) what each was divided by.
        labels: (rows,) the label ids.
    """

    columns: tuple[Column, ...]
    features: NDArray[np.float32]
    scale: NDArray[np.float64]
    labels: NDArray[np.int64]


def refitted(program: Program, observed: Observed) -> Program:
    """The program with fewer terms and rows of weights, where others say the same."""
    rows = _collect(program, observed)
    if rows is None:
        return program
    fit = _Fit(program, rows, observed)
    if not fit.start():
        return program
    fit.drop_terms()
    fit.drop_rows()
    fit.begin_at_zero()
    return fit.best


class _Fit:
    """The columns that are left, and weights of theirs that are enough."""

    def __init__(self, program: Program, rows: _Rows, observed: Observed) -> None:
        self._program, self._rows, self._observed = program, rows, observed
        self._kept = list(range(len(rows.columns)))
        weights = [
            program.readout.terms[term].weights[index] for term, index in rows.columns
        ]
        self._weights = np.array(weights, dtype=np.float64) * rows.scale[:, None]
        self.best = program

    def start(self) -> bool:
        """Whether weights are found for all columns."""
        return self._take(self._kept, self._weights)

    def drop_terms(self) -> None:
        """Leave out terms, those first that free the most statements."""
        left = {term for term, _ in self._rows.columns}
        while left and not self._observed.effort.spent:
            term = max(left, key=lambda t: (self._freed(t), t))
            left.remove(term)
            self._try({i for i in self._kept if self._rows.columns[i][0] == term})

    def drop_rows(self) -> None:
        """Leave out rows of weights, those with the least to say first."""
        share = np.abs(self._weights - self._weights.mean(axis=1, keepdims=True))
        order = [self._kept[i] for i in np.argsort(share.max(axis=1), kind="stable")]
        for column in order:
            if self._observed.effort.spent:
                return
            self._try({column})

    def _freed(self, term: int) -> tuple[int, int]:
        """Statements and columns that go with a term."""
        terms = {self._rows.columns[i][0] for i in self._kept}
        statements = _statements_of(self._program, terms)
        without = _statements_of(self._program, terms - {term})
        columns = sum(self._rows.columns[i][0] == term for i in self._kept)
        return statements - without, columns

    def _try(self, columns: set[int]) -> None:
        """Leave the columns out, if the others can say what they said."""
        stay = [place for place, i in enumerate(self._kept) if i not in columns]
        kept = [self._kept[place] for place in stay]
        self._take(kept, self._weights[stay])

    def begin_at_zero(self) -> None:
        """Small weights, if they are found."""
        self._take(self._kept, np.zeros_like(self._weights))

    def _take(self, kept: list[int], start: NDArray[np.float64]) -> bool:
        """Whether some columns are enough: with weights that are near others."""
        features = self._rows.features[:, kept]
        found = separate(features, self._rows.labels, start, self._tick)
        program = None if found is None else self._rounded(kept, found)
        if found is None or program is None:
            return False
        self._kept, self._weights, self.best = kept, found, program
        return True

    def _tick(self, products: int) -> None:
        self._observed.effort.left -= products // _PRODUCTS

    def _rounded(self, kept: list[int], weights: NDArray[np.float64]) -> Program | None:
        """The program with the roundest weights that are still right."""
        weights = weights / self._rows.scale[kept][:, None]
        features = self._rows.features[:, kept].astype(np.float64)
        features *= self._rows.scale[kept]
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

    def _with_weights(self, kept: list[int], weights: NDArray[np.int64]) -> Program:
        readout = self._program.readout
        rows: dict[int, NDArray[np.int64]] = {}
        for column, row in zip(kept, weights, strict=True):
            term, index = self._rows.columns[column]
            size = len(readout.terms[term].weights)
            empty = np.zeros((size, len(readout.labels)), dtype=np.int64)
            rows.setdefault(term, empty)[index] = row
        terms = tuple(
            Term(readout.terms[term].variable, tuple(map(tuple, found.tolist())))
            for term, found in rows.items()
        )
        return replace(self._program, readout=replace(readout, terms=terms))


def _statements_of(program: Program, terms: Iterable[int]) -> int:
    """How many statements the terms need."""
    readout = program.readout
    some = tuple(readout.terms[term] for term in terms)
    kept = Readout(readout.labels, some, readout.pooling)
    return len(drop_dead(replace(program, readout=kept)).statements)


def _collect(program: Program, observed: Observed) -> _Rows | None:
    """What the readout reads on all inputs; None if that is nothing, or too much."""
    if not program.readout.terms:
        return None
    columns = [
        (term, index)
        for term, found in enumerate(program.readout.terms)
        for index in range(len(found.weights))
    ]
    mean = program.readout.pooling is Pooling.MEAN
    parts = []
    observed.spend(len(program.statements) + 2)
    interpreter = Interpreter(program)
    for batch, labels in zip(observed.batches, observed.labels, strict=True):
        traced = interpreter.trace(batch)
        ids = np.stack([traced[t.variable] for t in program.readout.terms], axis=2)
        place = labelled(program, batch)
        if mean:
            read = _features(ids, place, columns, program)
        else:
            read = ids[place]
            labels = labels[place] if program.tagging else labels
        parts.append(_distinct(np.concatenate([read, labels[:, None]], axis=1)))
    whole = _distinct(np.concatenate(parts))
    if not 0 < len(whole) * len(columns) <= LARGEST:
        return None
    read, labels = whole[:, :-1], whole[:, -1]
    if not mean:
        read = read[:, None, :]
        place = np.ones(read.shape[:2], dtype=np.bool_)
        read = _features(read, place, columns, program)
    occurs = (read != 0).any(axis=0)
    if not occurs.any():
        return None
    scale = read.max(axis=0, initial=1)[occurs].astype(np.float64)
    return _Rows(
        tuple(c for c, o in zip(columns, occurs, strict=True) if o),
        (read[:, occurs] / scale).astype(np.float32),
        scale,
        labels,
    )


def _features(
    ids: NDArray[np.int64],
    place: NDArray[np.bool_],
    columns: Sequence[Column],
    program: Program,
) -> NDArray[np.int64]:
    """How often every value occurs at the places of a row, or the sum of a number.

    Args:
        ids: (rows, positions, terms).
        place: (rows, positions) those that count.
        columns: the features.
        program: whose readout it is.
    """
    names = [term.variable for term in program.readout.terms]
    features = np.empty((len(ids), len(columns)), dtype=np.int64)
    for column, (term, index) in enumerate(columns):
        found = ids[:, :, term]
        if not program.domains[names[term]].numerical:
            found = found == index
        features[:, column] = (found * place).sum(axis=1)
    return features


def _distinct(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Every row once."""
    small = rows.astype(np.min_scalar_type(int(rows.max(initial=0))))
    small = np.ascontiguousarray(small)
    whole = small.view(np.dtype((np.void, small.dtype.itemsize * small.shape[1])))
    _, first = np.unique(whole.ravel(), return_index=True)
    return rows[first]
