"""What a written program returns: a label for every token, or for the sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.errors import WritingError
from transformer_programs.language.frontend.values import Column, Values
from transformer_programs.language.frontend.variables import Writer, added_up
from transformer_programs.language.nodes import Pooling, Term
from transformer_programs.language.types import Kind

Weights = Mapping[Any, Any]
"""By label, of a number; or by value, and then by label."""


@dataclass(frozen=True, slots=True, eq=False)
class Scoring:
    """Scores of labels: a sum over terms.

    Attributes:
        parts: Variables, with the weights of their values; without weights, the text of
            the value is the label.
        pooling: What becomes of the scores of positions.
        names: The labels, if they were given.
    """

    parts: tuple[tuple[Values, Weights | None], ...]
    pooling: Pooling = Pooling.NONE
    names: tuple[str, ...] = ()

    @property
    def pooled(self) -> bool:
        """Whether there is one label for the sequence."""
        return self.pooling is not Pooling.NONE

    def labels_of_columns(self) -> list[str]:
        """Return the label of every position."""
        return [self._best([row]) for row in self._rows()]

    def label_of_columns(self) -> str:
        """Return the label of the sequence."""
        rows = self._rows()
        return self._best(rows[:1] if self.pooling is Pooling.FIRST else rows)

    def _rows(self) -> list[tuple[Any, ...]]:
        columns = [x.of_positions for x, _ in self.parts if isinstance(x, Column)]
        return list(zip(*columns, strict=True))

    def _best(self, rows: Sequence[tuple[Any, ...]]) -> str:
        (_, weights), *more = self.parts
        if weights is None and not more and len(rows) == 1:
            return str(rows[0][0])
        scores = dict.fromkeys(self._labels(), 0)
        for row in rows:
            for value, (_, weights) in zip(row, self.parts, strict=True):
                assert weights is not None
                by_value = _by_value(weights)
                of_labels = weights.get(value, {}) if by_value else weights
                for label, weight in of_labels.items():
                    scores[label] += weight * (1 if by_value else value)
        return max(scores, key=scores.__getitem__)

    def _labels(self) -> tuple[str, ...]:
        if self.names:
            return self.names
        found: dict[str, None] = {}
        for _, weights in self.parts:
            assert weights is not None
            rows = weights.values() if _by_value(weights) else [weights]
            found.update(dict.fromkeys(str(label) for row in rows for label in row))
        return tuple(found)

    def terms(self, writer: Writer) -> tuple[list[Term], tuple[str, ...]]:
        """Return the terms of the readout, and its labels."""
        (first, weights), *_ = self.parts
        if weights is None:
            own = writer.own(first)
            if own.written is None or own.written.domain.kind is not Kind.TOKEN:
                own = writer.combine(str, (first,))
            label = writer.variable(own, "label")
            size = label.domain.size
            rows = tuple(tuple(int(i == j) for j in range(size)) for i in range(size))
            return [Term(label.name, rows)], label.domain.tokens
        labels = self._labels()
        found = [self._term(writer, x, w or {}, labels) for x, w in self.parts]
        return [*added_up(found)], labels

    def _term(
        self, writer: Writer, value: Values, weights: Weights, labels: tuple[str, ...]
    ) -> Term:
        own = writer.own(value)
        if _by_value(weights):
            variable = writer.classes(own)
            rows = tuple(_row(weights.get(v, {}), labels) for v in variable.values)
            return Term(variable.name, rows)
        variable = writer.variable(own)
        if not variable.domain.numerical or variable.values[0] != 0:
            raise WritingError(
                f"a weight of a label alone is multiplied by a number from 0, and "
                f"{variable.values[0]!r} is none; give weights by value: "
                "{value: {label: weight}}"
            )
        return Term(variable.name, (_row(weights, labels),))


def _by_value(weights: Weights) -> bool:
    return any(isinstance(row, Mapping) for row in weights.values())


def _row(weights: Mapping[str, int], labels: tuple[str, ...]) -> tuple[int, ...]:
    for label, weight in weights.items():
        if label not in labels:
            raise WritingError(
                f"label {label!r} is none of those that were given: {', '.join(labels)}"
            )
        if type(weight) is not int:
            raise WritingError(
                f"label {label!r}: expected a whole number as weight, got {weight!r}"
            )
    return tuple(weights.get(label, 0) for label in labels)


def scoring_of(returned: object) -> Scoring:
    """Return what a written function returned as scores of labels.

    Raises:
        WritingError: If it is neither a variable nor a readout.
    """
    if isinstance(returned, Scoring):
        return returned
    if isinstance(returned, Values):
        return Scoring(((returned, None),))
    raise WritingError(
        f"the function returned {returned!r}; expected a variable, whose values are "
        "the labels, or first(variable), or readout(...)"
    )


def first(value: Values) -> Scoring:
    """Return the value at position 0 as the label of the whole sequence."""
    return Scoring(((value, None),), Pooling.FIRST)


def readout(
    *terms: tuple[Values, Weights],
    labels: Sequence[str] = (),
    pooling: str = "none",
) -> Scoring:
    """Return the label with the largest score, the first of them on a tie.

    Args:
        terms: Variables and their weights: ``{value: {label: weight}}``, or, of
            numbers, ``{label: weight}``, which is multiplied by the number. Weights are
            whole; what is not named is 0.
        labels: All labels in order; by default as they appear in the weights.
        pooling: ``"none"`` for a label of every token; ``"mean"`` for one of the
            sequence, of the scores of all positions; ``"first"`` of position 0.

    Raises:
        WritingError: For no terms, or another pooling.
    """
    if not terms:
        raise WritingError("readout(...) needs at least one (variable, weights)")
    if pooling not in {*Pooling}:
        expected = ", ".join(Pooling)
        raise WritingError(f"pooling: expected one of {expected}, got {pooling!r}")
    return Scoring(tuple(terms), Pooling(pooling), tuple(labels))
