"""Parts of sums over variables of whole sequences.

A *literal* says that a variable has a value, or that a number is at least so large. A
*part* of a sum is a variable, with a weight for every value and label, or a conjunction
of literals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from transformer_programs.learn.linear.grams import Ids, Mask
from transformer_programs.system import Floats

MOST_VALUES = 12
"""The most values of a variable that are literals."""


@dataclass(frozen=True, slots=True)
class Literal:
    """What is said of a variable: one of some values.

    Attributes:
        variable: Its number.
        values: (values,) which of them.
    """

    variable: int
    values: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class SumPart:
    """A part of a sum.

    Attributes:
        literals: What has to be so; empty for a variable with a weight for each value.
        variable: That variable.
    """

    literals: tuple[Literal, ...] = ()
    variable: int = -1


@dataclass(frozen=True, slots=True)
class Weighted:
    """A sum of parts.

    Attributes:
        parts: The parts.
        weights: For every part (columns, labels) weights: of every value, or of a
            conjunction.
        always: (labels,) what is added in any case.
    """

    parts: tuple[SumPart, ...]
    weights: tuple[Floats, ...]
    always: Floats


@dataclass(frozen=True, eq=False)
class PartChoices:
    """Variables that sums may be made of.

    Attributes:
        values: For every variable (sequences,) ids.
        sizes: Of every variable the number of ids.
        ordered: Of every variable whether it is a number.
        prices: Of every variable what describing it takes, in nats.
    """

    values: tuple[Ids, ...]
    sizes: tuple[int, ...]
    ordered: tuple[bool, ...]
    prices: tuple[float, ...]

    @cached_property
    def literals(self) -> tuple[Literal, ...]:
        """What may be said of variables of few values."""
        found = []
        for index, (values, size) in enumerate(
            zip(self.values, self.sizes, strict=True)
        ):
            there = np.unique(values).tolist()
            if len(there) > MOST_VALUES and not self.ordered[index]:
                continue
            ids = np.arange(size)
            if self.ordered[index]:
                bounds = there[1:] if len(there) <= MOST_VALUES else _spread(values)
                masks = [ids >= bound for bound in bounds]
                if len(there) <= MOST_VALUES and len(there) > 2:
                    masks += [ids == value for value in there[1:-1]]
            else:
                two = len(there) == 2
                masks = [ids == value for value in there[int(two) :]]
            found += [Literal(index, tuple(mask.tolist())) for mask in masks]
        return tuple(found)

    def columns(self, part: SumPart, rows: Ids) -> Floats:
        """Return (sequences, columns) what a part says of some sequences."""
        if part.literals:
            return self.holds(part.literals, rows)[:, None].astype(np.float64)
        values = self.values[part.variable][rows]
        return np.eye(self.sizes[part.variable])[values]

    def holds(self, literals: Sequence[Literal], rows: Ids) -> Mask:
        """Return whether a conjunction holds: (sequences,)."""
        found = np.ones(len(rows), dtype=np.bool_)
        for literal in literals:
            found &= np.array(literal.values)[self.values[literal.variable][rows]]
        return found


def _spread(values: Ids) -> list[int]:
    # Bounds that part the values evenly.
    shares = np.arange(1, MOST_VALUES) / MOST_VALUES
    found = np.unique(np.quantile(values, shares, method="nearest"))
    return [int(x) for x in found if x > values.min()]


def scores_of(choices: PartChoices, found: Weighted, rows: Ids) -> Floats:
    """Return (sequences, labels) scores."""
    scores = np.repeat(found.always[None], len(rows), axis=0)
    for part, weights in zip(found.parts, found.weights, strict=True):
        scores += choices.columns(part, rows) @ weights
    return scores
