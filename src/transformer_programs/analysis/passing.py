"""Tables that pass the value of an input on, or a constant, as conditions tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import comb, log2

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.fitting import Form
from transformer_programs.analysis.tables import INPUT_NAMES, conditions, literal
from transformer_programs.language import Value

_Mask = NDArray[np.bool_]
_Ids = NDArray[np.int64]

_CONSTANTS = 4  # outputs
_NAME_BITS = 1.6  # of one of three: an input, the other one, a constant


@dataclass(frozen=True, slots=True)
class _Source:
    # An input or a constant, and the cells that it is right at.
    form: Form
    right: _Mask


class Passing:
    """Forms such as ``b if b != "<s>" else a`` that agree with given cells.

    Args:
        inputs: the values of the two variables.
        outputs: the value of every cell, the last input running fastest; None where it
            is not known.
    """

    def __init__(
        self, inputs: Sequence[Sequence[Value]], outputs: Sequence[Value | None]
    ) -> None:
        self._inputs = [list(values) for values in inputs]
        self._names = INPUT_NAMES[len(inputs)]
        known = [i for i, output in enumerate(outputs) if output is not None]
        # (inputs, known cells) indices of values.
        sizes = [len(values) for values in inputs]
        self._at = np.array(np.unravel_index(known, sizes), dtype=np.int64)
        ids: dict[Value, int] = {}
        said = _numbered([outputs[i] for i in known], ids)
        kinds = [*ids]
        read = [
            _numbered(values, ids)[at]
            for values, at in zip(self._inputs, self._at, strict=True)
        ]
        self._equal = read[0] == read[-1]
        kind_bits = log2(max(len(kinds), 2))
        self._sources = [
            _Source(Form(name, _NAME_BITS), column == said)
            for name, column in zip(self._names, read, strict=True)
        ]
        # The constants that stand most often where no input does, then everywhere.
        alone = ~np.any([source.right for source in self._sources], axis=0)
        often = np.bincount(said) + len(said) * np.bincount(said, alone, len(kinds))
        self._sources += [
            _Source(Form(literal(kinds[i]), _NAME_BITS + kind_bits), said == i)
            for i in np.argsort(-often, kind="stable")[:_CONSTANTS].tolist()
        ]

    def forms(self) -> Iterator[Form]:
        """Yield forms that agree with all known cells."""
        every = np.ones(self._at.shape[1], dtype=np.bool_)
        yield from self._simple(every)
        for first in self._sources:
            for condition, rest in self._whole(first.right):
                for other in self._simple(rest):
                    yield _chosen(first.form, condition, other)

    def _simple(self, where: _Mask) -> Iterator[Form]:
        # A source, or one of two.
        for source in self._sources:
            if source.right[where].all():
                yield source.form
        for one, other in permutations(self._sources, 2):
            if (one.right | other.right)[where].all():
                needed = where & ~other.right, where & ~one.right
                for condition in self._telling(*needed):
                    yield _chosen(one.form, condition, other.form)

    def _telling(self, yes: _Mask, no: _Mask) -> Iterator[Form]:
        # Conditions that hold where one source is needed, and not where the other is.
        if not yes.any() or not no.any():
            return
        for sign, equal in (("==", self._equal), ("!=", ~self._equal)):
            if equal[yes].all() and not equal[no].any():
                yield Form(f"{self._names[0]} {sign} {self._names[-1]}", 3.0)
        for axis in range(len(self._inputs)):
            inside, outside = (self._values(axis, mask) for mask in (yes, no))
            if not (inside & outside).any():
                yield from self._listing(axis, inside, outside)

    def _whole(self, right: _Mask) -> Iterator[tuple[Form, _Mask]]:
        # Conditions on one input under which a source is right, and the other cells.
        for axis in range(len(self._inputs)):
            outside = self._values(axis, ~right)
            inside = self._values(axis, right) & ~outside
            if inside.any() and outside.any():
                for condition in self._listing(axis, inside, outside):
                    yield condition, outside[self._at[axis]]

    def _values(self, axis: int, where: _Mask) -> _Mask:
        # The values of an input that occur at some cells.
        found = np.zeros(len(self._inputs[axis]), dtype=np.bool_)
        found[self._at[axis][where]] = True
        return found

    def _listing(self, axis: int, inside: _Mask, outside: _Mask) -> Iterator[Form]:
        # What is not known of goes with most of the values, so that few are listed.
        chosen = inside if inside.sum() <= outside.sum() else ~outside
        values = self._inputs[axis]
        few = min(int(chosen.sum()), len(values) - int(chosen.sum()))
        bits = 1 + log2(len(values)) + log2(comb(len(values), few))
        for text in conditions(self._names[axis], values, chosen.tolist())[:1]:
            yield Form(text, bits)


def _numbered(values: Sequence[Value | None], ids: dict[Value, int]) -> _Ids:
    # Equal numbers for equal values; a number is no text.
    found = [ids.setdefault(v, len(ids)) for v in values if v is not None]
    return np.array(found, dtype=np.int64)


def _chosen(one: Form, condition: Form, other: Form) -> Form:
    text = f"{one.text} if {condition.text} else {other.text}"
    return Form(text, one.bits + condition.bits + other.bits)
