"""Functional decompositions: what two variables say together that a third one needs.

If the label is a function of three variables, a table of two of them has to tell apart
only what makes a difference beside the third one. Cells with which every value of the
third one has the same label become one class. So the layout of a date is a class of its
length and of the character at some place, and the label of a character follows from
the layout and its own position.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from transformer_programs.language import Domain
from transformer_programs.search.candidate import ENTRY_PRICE, Candidate, tabulate
from transformer_programs.search.kernels import counted
from transformer_programs.search.readouts import ERROR_PRICE
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import COUNTING
from transformer_programs.system import Work

MOST_CLASSES = 16
"""The most classes of two variables."""

MOST_COUNTED = 1 << 16
"""The most combinations of three variables and the label, and cells of a table."""

CLASS_PRICE = 1 / 30
"""Price of a bit of the class of a cell that occurs, in statements."""

SURE = 0.995
"""The share of labels that three variables have to tell."""


def decompositions(
    variables: Sequence[Candidate],
    readers: Sequence[Candidate],
    sample: Sample,
    most: int,
    work: Work,
) -> list[Candidate]:
    """Return classes of two variables that tell the label beside a third one.

    Args:
        variables: Variables of few values, of which all pairs are tried.
        readers: Variables that may be the third one.
        sample: Sequences that they are computed on.
        most: The most classes.
        work: Budget that counting is accounted to.
    """
    found = [*_ranked(variables, readers, sample, work)]
    found.sort(key=lambda entry: entry[0])
    return [
        tabulate("layout", inputs, cells, domain, sample.real, price)
        for _, inputs, cells, domain, price in found[:most]
    ]


def _ranked(
    variables: Sequence[Candidate],
    readers: Sequence[Candidate],
    sample: Sample,
    work: Work,
) -> Iterator[tuple[float, tuple[Candidate, Candidate], Ids, Domain, float]]:
    where = np.flatnonzero(sample.judged)
    labels, count = sample.labels.ravel()[where], sample.label_count
    read = [(c, c.values.ravel()[where].astype(np.int64)) for c in readers]
    values = [c.values.ravel()[where].astype(np.int64) for c in variables]
    for (i, a), (j, b) in combinations(enumerate(variables), 2):
        if a.domain.size * b.domain.size > MOST_COUNTED:
            continue
        work.spend(2 * COUNTING * len(where))
        joint = values[i] * b.domain.size + values[j]
        cells, place = np.unique(joint, return_inverse=True)
        for reader, beside in read:
            size = len(cells) * reader.domain.size
            if reader is a or reader is b or size * count > MOST_COUNTED:
                continue
            work.spend(COUNTING * len(where) + 2 * size * count)
            counts = counted(place * reader.domain.size + beside, labels, size, count)
            right = int(counts.max(axis=1).sum())
            if right < SURE * len(where):
                continue
            # (cells, values of the reader) labels, -1 where there is none.
            said = np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
            often = counts.sum(axis=1).reshape(len(cells), -1).sum(axis=1)
            classes = _classes(said.reshape(len(cells), -1), often)
            kinds = int(classes.max()) + 1
            if not 1 < kinds <= MOST_CLASSES:
                continue
            price = 1 + ENTRY_PRICE * a.domain.size * b.domain.size
            price += CLASS_PRICE * len(cells) * math.log2(kinds)
            listed = ENTRY_PRICE * kinds * reader.domain.size
            needs = math.fsum((a.total_price, b.total_price, reader.total_price))
            rank = ERROR_PRICE * (len(where) - right) + needs + price + listed
            table = _table(cells, classes, often, (a.domain.size, b.domain.size))
            yield rank, (a, b), table, Domain.of_classes(kinds), price


def _classes(said: Ids, often: Ids) -> Ids:
    # The class of every cell: the one that agrees with it most often, the most frequent
    # cells first; a new one where all contradict.
    classes = np.zeros(len(said), dtype=np.int64)
    merged: list[Ids] = []
    for cell in np.argsort(-often, kind="stable").tolist():
        best, agreed = len(merged), -1
        for index, other in enumerate(merged):
            both = (said[cell] >= 0) & (other >= 0)
            if (said[cell][both] == other[both]).all() and both.sum() > agreed:
                best, agreed = index, int(both.sum())
        if best == len(merged):
            merged.append(said[cell])
        else:
            merged[best] = np.maximum(merged[best], said[cell])
        classes[cell] = best
    return classes


def _table(cells: Ids, classes: Ids, often: Ids, shape: tuple[int, int]) -> Ids:
    # Cells that never occur have the most frequent class of their row, or column:
    # whichever has more rows and columns alike.
    table = np.full(shape, -1)
    weight = np.zeros((*shape, int(classes.max()) + 1))
    a, b = np.unravel_index(cells, shape)
    table[a, b], weight[a, b, classes] = classes, often
    in_row, in_column = weight.sum(axis=1), weight.sum(axis=0)  # (values, classes)
    rows = np.where(in_row.any(axis=1), in_row.argmax(axis=1), -1)[:, None]
    columns = np.where(in_column.any(axis=1), in_column.argmax(axis=1), -1)
    usual = int(weight.sum(axis=(0, 1)).argmax())
    filled = []
    for first, second in ((rows, columns), (columns, rows)):
        found = np.where(table >= 0, table, np.where(first >= 0, first, second))
        filled.append(np.where(found >= 0, found, usual))

    def apart(found: Ids) -> int:
        return sum(len(np.unique(found, axis=axis)) for axis in (0, 1))

    best: Ids = min(filled, key=apart)
    return best
