"""Selections: where a flag is up one variable says the label, elsewhere another one.

Every variable says a label: its own value, if that is one, or else the label that is
most frequent with its value. A gate is a table over one or two variables that knows
which of two sources is right. So copies from different places, or a copy and a
constant, join to one variable, and selections of selections to decision lists.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.language import Domain, Kind
from transformer_programs.search import forms, kernels
from transformer_programs.search.candidate import ENTRY_PRICE, Candidate, tabulate
from transformer_programs.search.kernels import Joint, counted
from transformer_programs.search.readouts import ERROR_PRICE
from transformer_programs.search.sample import Ids, Mask, Sample
from transformer_programs.search.score import COUNTING, joint_of, majority
from transformer_programs.system import Work

MOST_CELLS = 512
"""The most values of a gate."""

FORMED = 3
"""The most gates, the best ones, that a closed form is looked for."""

SINGLE = 4
"""The most gates of one variable that are taken besides the best ones."""

NONE = "<none>"
"""Value of the variable between the two tables of a selection: the gate is down. In
more brackets where a label is called so."""


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """What a variable says about the label.

    Attributes:
        variable: The variable; None for a source that always says one label.
        says: (values,) label id of every value, -1 for values that are no label.
        right: (judged positions,) whether it is right.
        copied: Whether it is the value of the variable.
    """

    variable: Candidate | None
    says: Ids
    right: Mask
    copied: bool = False

    @property
    def price(self) -> float:
        """Description length of all that it needs, in statements."""
        return 0.0 if self.variable is None else self.variable.total_price


@dataclass(frozen=True, eq=False, slots=True)
class _Gate:
    # A gate, its two sources, the cells in which the first one is better, and those in
    # which one of them is.
    cost: float
    inputs: tuple[Candidate, ...]
    sources: tuple[Source, Source]
    first: Ids
    seen: Mask


class Selection:
    """Proposals of selections on a sample.

    Args:
        sample: Sequences that candidates are computed on.
        labels: Labels, in order of their ids.
        work: Budget that everything is accounted to.
    """

    def __init__(self, sample: Sample, labels: tuple[str, ...], work: Work) -> None:
        self._sample, self._work = sample, work
        self._where = np.flatnonzero(sample.judged)
        self._labels = sample.labels.ravel()[self._where]  # (judged positions,)
        self._ids = {label: index for index, label in enumerate(labels)}
        self._domain = Domain.of_tokens(labels)
        none = NONE
        while none in self._ids:
            none = f"<{none}>"
        self._between = Domain.of_tokens((*labels, none))

    def source(self, variable: Candidate) -> Source:
        """Return what a variable says about the label."""
        size, values = variable.domain.size, variable.values.ravel().take(self._where)
        count = len(self._ids)
        self._work.spend(COUNTING * len(values) + size * count)
        says = np.full(size, -1, dtype=np.int64)
        named = [self._ids.get(str(v), -1) for v in variable.domain.values]
        says[:] = named
        right = says[values] == self._labels
        if variable.domain.kind is not Kind.TOKEN or not right.any():
            counts = counted(values.astype(np.int64), self._labels, size, count)
            learned = majority(counts, (size,))
            told = learned[values] == self._labels
            if told.sum() > right.sum():
                return Source(variable, learned, told)
        return Source(variable, says, right, copied=bool(right.any()))

    def constants(self) -> list[Source]:
        """Return the sources that always say one label, the most frequent first."""
        often = np.bincount(self._labels, minlength=len(self._ids))
        chosen = np.argsort(-often, kind="stable")[:4]
        return [
            Source(None, np.full(1, label), self._labels == label)
            for label in chosen.tolist()
            if often[label]
        ]

    def proposals(
        self,
        sources: Sequence[Source],
        gates: Sequence[tuple[Candidate, ...]],
        most: int,
    ) -> Iterator[Candidate]:
        """Propose the selections that are right most often, for what they cost."""
        if len(sources) < 2 or not len(self._labels):
            return
        found: list[_Gate] = []
        # (judged positions, sources)
        right = np.ascontiguousarray(np.stack([s.right for s in sources]).T)
        best = int(right.sum(axis=0).max())
        for inputs in gates:
            gate = self._best_pair(inputs, sources, right, best)
            if gate is not None:
                found.append(gate)
        found.sort(key=lambda gate: gate.cost)
        # Gates of one variable as well: one of two that is hardly better by chance may
        # have no closed form.
        single = [gate for gate in found[most:] if len(gate.inputs) == 1]
        for rank, gate in enumerate([*found[:most], *single[:SINGLE]]):
            yield from self._selected(gate, closed=rank < FORMED)

    def _best_pair(
        self,
        inputs: tuple[Candidate, ...],
        sources: Sequence[Source],
        right: Mask,
        best: int,
    ) -> _Gate | None:
        joint = joint_of(inputs, self._where)
        if joint.size > MOST_CELLS:
            return None
        shape, pairs = joint.sizes, math.comb(len(sources), 2)
        self._work.spend(right.size * 2 + pairs * joint.size * 2)
        either, a, b, counts = kernels.current().best_pair(joint, right)
        wrong = len(self._labels) - either
        if either <= best + 2:
            return None
        a, b, counts = self._constant(joint, sources, right, (a, b), counts)
        if sources[a].variable is None:  # the constant is the alternative
            a, b = b, a
        else:
            counts = counts[:, ::-1]  # (values, alternative and first source)
        if sources[a].variable is None:
            return None
        decided = np.where(counts[:, :1] == counts[:, 1:], 0, counts)
        first = majority(decided, shape)
        used = int(np.count_nonzero(decided.any(axis=1)))
        price = sum(c.total_price for c in inputs) + ENTRY_PRICE * used
        price += sum(
            s.variable.total_price for s in (sources[a], sources[b]) if s.variable
        )
        cost = ERROR_PRICE * wrong + price
        seen: Mask = decided.any(axis=1).reshape(shape)
        return _Gate(cost, inputs, (sources[a], sources[b]), first, seen)

    def _constant(
        self,
        joint: Joint,
        sources: Sequence[Source],
        right: Mask,
        pair: tuple[int, int],
        counts: Ids,
    ) -> tuple[int, int, Ids]:
        # A copy and a constant, if that is right as often as a copy and learned labels.
        copied = [index for index in pair if sources[index].copied]
        if len(copied) == 1:
            either = int(counts.max(axis=1).sum())
            self._work.spend(COUNTING * 2 * len(right))
            for index, source in enumerate(sources):
                if source.variable is not None:
                    continue
                both = copied[0], index
                again = np.stack(
                    [
                        np.bincount(joint.cells[right[:, i]], minlength=joint.size)
                        for i in both
                    ],
                    axis=1,
                )
                if again.max(axis=1).sum() == either:
                    return *both, again
        return *pair, counts

    def _selected(self, gate: _Gate, closed: bool) -> Iterator[Candidate]:
        real = self._sample.real
        a, b = gate.sources
        assert a.variable is not None
        up = gate.first.astype(np.bool_)
        (flag,) = gate.inputs if len(gate.inputs) == 1 else (None,)
        if flag is None or flag.domain.size > 2 or not (up == [False, True]).all():
            price, seen = 1 + ENTRY_PRICE * up.size, gate.seen
            form = None
            if closed:
                form = forms.completed(
                    gate.inputs, gate.first, seen, (0, 1), self._work
                )
            if form is not None:
                up, price = form.astype(np.bool_), 1.0
            flag = forms.flag(gate.inputs, up, real, price, "gate")
        none = len(self._ids)
        # Labels that were learned are entries; those that are copied are not.
        first, second = (
            1.0 + (0.0 if s.copied else ENTRY_PRICE * len(s.says)) for s in (a, b)
        )
        says = np.where(a.says < 0, none, a.says)
        other = np.where(b.says < 0, 0, b.says)
        if b.variable is None:
            entries = np.stack(
                [np.full_like(says, other[0]), np.minimum(says, none - 1)]
            )
            inputs = flag, a.variable
            yield self._table(inputs, entries, self._domain, price=first)
            return
        entries = np.stack([np.full_like(says, none), says])  # (flag, values of a)
        between = self._table(
            (flag, a.variable), entries, self._between, "between", first
        )
        # The first source's label where there is one, or else the second one's.
        labels = np.repeat(np.arange(none + 1)[:, None], len(other), axis=1)
        labels[none] = other
        yield self._table((between, b.variable), labels, self._domain, price=second)

    def _table(
        self,
        inputs: tuple[Candidate, ...],
        entries: Ids,
        domain: Domain,
        family: str = "selection",
        price: float = 1.0,
    ) -> Candidate:
        return tabulate(family, inputs, entries, domain, self._sample.real, price)
