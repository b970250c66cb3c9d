"""Readouts of the search: which variables promise most, and programs fitted to data.

Candidate readouts are compared by minimum description length, with tables of labels
that are fitted by counting.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.analysis import complete, numeral
from transformer_programs.data import NO_LABEL, Dataset, Encoded
from transformer_programs.language import (
    INPUTS,
    Aggregate,
    Batch,
    Domain,
    Interpreter,
    Pooling,
    Program,
    Readout,
    Statement,
    Term,
    Value,
)
from transformer_programs.search import kernels
from transformer_programs.search.candidate import (
    ENTRY_PRICE,
    Attention,
    Candidate,
    Entries,
    needed,
    table_over,
)
from transformer_programs.search.forms import completion
from transformer_programs.search.kernels import Others, Targets, counted, has_many
from transformer_programs.search.sample import Ids, Mask, Sample
from transformer_programs.search.score import COUNTING, SORTING, joint_of, majority
from transformer_programs.system import Team, Work

LARGEST_TABLE = 20_000
"""The most entries of a table of labels."""

SHARED = 16
"""The number of small tables from which on processes share them."""

_JUDGED_TWICE = 200
"""The most readouts whose errors on held-out halves are counted."""

ERROR_PRICE = 3
"""Price of an error on the sample, which stands for many more, in statements."""

Inputs = tuple[Candidate, ...]

Key = tuple[bytes, ...]
"""Fingerprints of one or two variables, in order."""

LABEL = "label"
"""Name of the table that the readout reads, where there is one."""


def price_of(inputs: Inputs) -> float:
    """Return the description length of a readout of some variables, in statements.

    It counts all that they need, a table of labels, and its statement where there is
    one: a categorical variable is read as it is.
    """
    entries = math.prod(candidate.domain.size for candidate in inputs)
    direct = len(inputs) == 1 and not inputs[0].domain.numerical
    needs = sum(candidate.price for candidate in needed(inputs))
    return needs + ENTRY_PRICE * entries + (not direct)


def closures(
    tables: LabelTables,
    kept: Sequence[Candidate],
    best: Iterable[Candidate],
    count: int,
    team: Team,
) -> list[Closure]:
    """Return the readouts of the minimum description length, the best first.

    It counts errors on held-out halves of the sample, each of which is worth
    ``ERROR_PRICE`` statements.

    Args:
        tables: Tables of labels on the sample on which they are tried.
        kept: Variables that they may read.
        best: Those of them that are tried together with every other.
        count: Number of readouts.
        team: Processes that share the counting.
    """
    firsts = [(a,) for a in best]
    alone, *beside = tables.errors([(), *firsts], kept, team)
    errors = {c.fingerprint: wrong for c, wrong in zip(kept, alone, strict=True)}
    tried: list[tuple[int, Inputs]] = [
        (wrong, (c,)) for wrong, c in zip(alone, kept, strict=True)
    ]
    for (a,), both in zip(firsts, beside, strict=True):
        own = errors[a.fingerprint]
        # Two variables must do better than each alone.
        tried += [
            (wrong, (a, b))
            for wrong, single, b in zip(both, alone, kept, strict=True)
            if wrong < own and wrong < single
        ]
    # Only those as good as the best, but for chance, are judged on held-out halves.
    enough = min(wrong for wrong, _ in tried) + tables.tolerance
    close = [
        (ERROR_PRICE * w + price_of(read), w, read) for w, read in tried if w <= enough
    ]
    close.sort(key=lambda entry: entry[0])
    honest, close = [], close[:_JUDGED_TWICE]
    chosen = [read for _, _, read in close]
    keys = [b"".join(c.fingerprint for c in read) for read in chosen]
    again = team.share(tables.held_out_errors, chosen, keys, SHARED)
    for (_, w, read), wrong in zip(close, again, strict=True):
        all_labels = max(tables.asked, 1)
        closure = Closure(read, 1 - w / all_labels, 1 - wrong / all_labels)
        honest.append((ERROR_PRICE * wrong + price_of(read), closure))
    honest.sort(key=lambda entry: entry[0])
    return [closure for _, closure in honest[:count]]


@dataclass(frozen=True, slots=True)
class Closure:
    """Variables that a readout may read.

    Attributes:
        inputs: One or two variables.
        accuracy: Share of labels of the sample that a table over them gives right,
            fitted to the same sample; 0..1.
        held_out: The same, each half of the sample by a table fitted to the other; 0
            if that says nothing.
    """

    inputs: Inputs
    accuracy: float
    held_out: float


class LabelTables:
    """Tables of labels over variables, at the positions where a program is judged.

    Args:
        sample: Sequences on which variables are computed.
        work: Budget that counting is accounted to.

    Attributes:
        asked: Number of labels.
        tolerance: Difference of errors that chance may make.
    """

    def __init__(self, sample: Sample, work: Work) -> None:
        self._work = work
        where = np.flatnonzero(sample.judged)
        self._at = Targets(where, sample.labels, sample.label_count)
        self._labels, self._count = self._at.labels, sample.label_count
        self._half = where // sample.shape[1] % 2 == 0  # of even sequences
        self._errors: dict[Key, int] = {}
        self.asked = len(self._labels)
        self.tolerance = 3 + len(self._labels) // 200

    def _beside(self, others: Sequence[Candidate]) -> Others:
        rows = np.empty((len(others), len(self._at)), dtype=np.uint32)
        for row, other in zip(rows, others, strict=True):
            row[:] = kernels.current().row(self._at, other.values)
        return Others(rows, [c.domain.size for c in others])

    def errors(
        self, firsts: Sequence[Inputs], others: Sequence[Candidate], team: Team
    ) -> list[list[int]]:
        """Count the labels that the majority of a joint value does not say.

        Args:
            firsts: One variable each, or none.
            others: Variables that are read beside it, each by itself.
            team: Processes that share the counting.

        Returns:
            (firsts, others) errors; every label for the variable itself and for large
            tables.
        """
        # What is counted already is not counted again, by other firsts of this call
        # neither: first what there is to be done, and what it costs.
        asked: list[list[Key | None]] = []
        known: set[Key] = {*self._errors}
        todo: list[tuple[Inputs, dict[Key, int]]] = []
        for first in firsts:
            keys, new = self._keys(first, others, known)
            asked.append(keys)
            known.update(new)
            if new:
                todo.append((first, new))
        read = self._beside(others)

        def right(task: tuple[Inputs, dict[Key, int]]) -> list[int]:
            first, new = task
            row = np.zeros(len(self._at), dtype=np.uint32)
            for candidate in first:
                row = kernels.current().row(self._at, candidate.values)
            size = math.prod(candidate.domain.size for candidate in first)
            chosen = np.array([*new.values()])
            found = kernels.current().right(self._at, row, size, read, chosen)
            return [int(number) for number in found.tolist()]

        names = [b"".join(c.fingerprint for c in first) for first, _ in todo]
        numbers = team.share(right, todo, names, 2)
        for (_, new), found in zip(todo, numbers, strict=True):
            for key, number in zip(new, found, strict=True):
                self._errors[key] = len(self._labels) - number
        return [
            [self.asked if key is None else self._errors[key] for key in keys]
            for keys in asked
        ]

    def _keys(
        self, first: Inputs, others: Sequence[Candidate], known: set[Key]
    ) -> tuple[list[Key | None], dict[Key, int]]:
        # What joint values are called, None where they are not read; and those that
        # were not counted, with the number of the other variable.
        size = math.prod(candidate.domain.size for candidate in first)
        alone = [candidate.fingerprint for candidate in first]
        keys: list[Key | None] = []
        new: dict[Key, int] = {}
        for index, other in enumerate(others):
            large = size * other.domain.size > LARGEST_TABLE
            if first and (large or other is first[0]):
                keys.append(None)
                continue
            key = tuple(sorted((*alone, other.fingerprint)))
            keys.append(key)
            if key not in known and key not in new:
                self._spend((*first, other), sorted_labels=has_many(self._at))
                new[key] = index
        return keys, new

    def held_out_errors(self, inputs: Inputs) -> int:
        """Count errors on each half of the sequences of the table of the other."""
        self._spend(inputs)
        read = joint_of(inputs, self._at.where)
        joint, sizes = read.cells, read.sizes
        wrong = 0
        for half in (self._half, ~self._half):
            labels, size = self._labels[half], math.prod(sizes)
            counts = counted(joint[half], labels, size, self._count)
            asked = joint[~half]
            table = majority(counts, sizes, asked).ravel()
            wrong += int((table[asked] != self._labels[~half]).sum())
        return wrong

    def _spend(self, inputs: Inputs, *, sorted_labels: bool = False) -> None:
        if sorted_labels:
            self._work.spend(SORTING * len(self._labels))
            return
        cells = math.prod([c.domain.size for c in inputs]) * self._count
        self._work.spend(COUNTING * len(inputs) * len(self._labels) + 2 * cells)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A program with its readout fitted to data.

    Attributes:
        program: The program.
        wrong: (sequences,) number of wrong labels of every sequence.
        labels: Number of labels in all.
        weak: Number of entries of the table of labels that only one sequence supports,
            and that would be otherwise without it.
    """

    program: Program
    wrong: Ids
    labels: int
    weak: int = 0

    @property
    def accuracy(self) -> float:
        """Share of right labels; 0..1."""
        return 1 - int(self.wrong.sum()) / max(self.labels, 1)


def readout_inputs(inputs: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Return what a label table can read as well: the inputs of a table."""
    if len(inputs) == 1 and isinstance(inputs[0].rule, Entries):
        return inputs[0].inputs
    return inputs


def fit(
    inputs: tuple[Candidate, ...],
    dataset: Dataset,
    data: Encoded,
    same: Ids | None = None,
    work: Work | None = None,
) -> Fitted:
    """Return the program that reads the majority label of one or two variables.

    Args:
        inputs: The variables.
        dataset: Data set that has the name of the program, its tokens and its labels.
        data: Data that the readout is fitted to.
        same: (sequences,) equal numbers for equal sequences; by default all differ.
        work: Budget that closed forms are accounted to; by default an endless one.
    """
    work = work or Work()
    names, statements = statements_of(inputs)
    read = tuple(names[id(candidate)] for candidate in inputs)
    sizes = tuple(candidate.domain.size for candidate in inputs)
    pooling = Pooling.NONE if dataset.tagging else Pooling.FIRST
    joint = cells_of(inputs, dataset, data)  # (sequences, length)
    targets = data.targets
    if not dataset.tagging:
        joint, targets = joint[:, :1], targets[:, None]  # (sequences, 1)
    asked = targets != NO_LABEL
    size = math.prod(sizes)
    # How often each label stands in each cell: (cells, labels).
    counts = counted(joint[asked], targets[asked], size, len(dataset.labels))

    def table_of(counts: Ids) -> tuple[Ids, tuple[Value, ...]]:
        # With it, the values that it passes on, if it does.
        table, seen = majority(counts, sizes), counts.sum(axis=1) > 0
        if len(inputs) == 1:
            texts = inputs[0].domain.values if inputs[0].domain.tokens else ()
            return extended(table, seen, dataset.labels, texts), ()
        if seen.all() or (np.count_nonzero(counts, axis=1) > 1).any():
            return table, ()
        grid = seen.reshape(sizes)
        closed = completion(inputs, table, grid, dataset.labels, work)
        return (table, ()) if closed is None else (closed.table, closed.passed)

    table, passed = table_of(counts)
    wrong = ((table.ravel()[joint] != targets) & asked).sum(axis=1)
    # Cells that a single sequence decides are weak if they would be otherwise without.
    # A cell is alone if the least and the largest number of its sequences are the same.
    numbers = np.arange(len(data)) if same is None else same
    sequence = np.broadcast_to(numbers[:, None], joint.shape)[asked]
    least, most = np.full(size, len(data)), np.full(size, -1)
    np.minimum.at(least, joint[asked], sequence)
    np.maximum.at(most, joint[asked], sequence)
    alone, weak = least == most, 0
    if alone.any():
        without, _ = table_of(np.where(alone[:, None], 0, counts))
        weak = int(np.count_nonzero(alone & (without.ravel() != table.ravel())))
    labels = np.eye(len(dataset.labels), dtype=np.int64)
    variable, weights = read[0], labels  # (values, labels)
    if len(inputs) == 1 and not inputs[0].domain.numerical:
        weights = labels[table]
    else:  # the table is a statement, whose output names the label
        said = [*dict.fromkeys((*dataset.labels, *passed))]
        if passed:  # what is no label counts as the first one
            table = np.array([said.index(value) for value in passed]).reshape(sizes)
            weights = labels[[i if i < len(labels) else 0 for i in range(len(said))]]
        domain, variable = Domain.of_tokens(map(str, said)), LABEL
        statements = (*statements, table_over(read, table, LABEL, domain))
    program = program_of(dataset, statements, variable, weights, pooling)
    return Fitted(program, wrong, int(asked.sum()), weak)


def cells_of(inputs: tuple[Candidate, ...], dataset: Dataset, data: Encoded) -> Ids:
    """Return the joint value of variables at every position: (sequences, length)."""
    names, statements = statements_of(inputs)
    readout = Readout(dataset.labels, ())
    skeleton = Program(dataset.name, dataset.input, statements, readout)
    traced = Interpreter(skeleton).trace(Batch(data.ids, data.lengths))
    values = [traced[names[id(candidate)]] for candidate in inputs]
    sizes = tuple(candidate.domain.size for candidate in inputs)
    joint: Ids = np.ravel_multi_index(values, sizes)
    return joint


def program_of(
    dataset: Dataset,
    statements: tuple[Statement, ...],
    variable: str,
    weights: Ids,
    pooling: Pooling,
) -> Program:
    """Return the program that reads one variable, with (values, labels) weights."""
    term = Term(variable, tuple(map(tuple, weights.tolist())))
    readout = Readout(dataset.labels, (term,), pooling)
    return Program(dataset.name, dataset.input, statements, readout)


def extended(
    table: Ids, seen: Mask, labels: tuple[str, ...], texts: Sequence[Value] = ()
) -> Ids:
    """Return the table, its unseen entries continued where the seen ones follow a rule.

    If every seen value v has the label v + c, so have the others, or the least or the
    largest label there is: a count that the data never reach is still a count.
    Otherwise a closed form of the seen values, if they are evidence for one, gives the
    others; and if the labels of the seen values come again and again with some period,
    they go on doing so.

    Args:
        table: (values,) label id for every value of one variable.
        seen: (values,) which of the values the data contain.
        labels: Labels, in order of their ids.
        texts: What the values are, if that is texts.
    """
    values = np.flatnonzero(seen)
    step = _step(table, values, labels)
    if step is not None:
        numbers = map(numeral, labels)
        ids = {n: i for i, n in enumerate(numbers) if n is not None}
        line = table.copy()
        least, most = min(ids), max(ids)
        for value in np.flatnonzero(~seen).tolist():
            inside = min(max(value + step, least), most)
            line[value] = ids.get(inside, table[value])
        return line
    if not seen.all():
        for read in filter(len, (texts, range(len(table)))):
            found = complete([read], table, seen, labels)
            if found is not None:
                return found.table
    period = _period(table, values)
    if period is None:
        return table
    # The seen values fill one whole turn, which then goes on.
    turn = np.empty(period, dtype=np.int64)
    turn[values % period] = table[values]
    return turn[np.arange(len(table)) % period]


def _step(table: Ids, values: Ids, labels: tuple[str, ...]) -> int | None:
    # The c for which every value v has the label v + c.
    said = [numeral(labels[i]) for i in table[values]]
    if len(values) < 2:
        return None
    steps = {
        None if number is None else number - int(v)
        for v, number in zip(values, said, strict=True)
    }
    return steps.pop() if len(steps) == 1 else None


def _period(table: Ids, values: Ids) -> int | None:
    # The shortest period, above 1, of which the values contain three whole turns.
    for period in range(2, len(values) // 3 + 1):
        turn = values % period
        first = np.full(period, -1, dtype=np.int64)
        first[turn[::-1]] = table[values[::-1]]
        if (first >= 0).all() and (first[turn] == table[values]).all():
            return period if len(np.unique(first)) > 1 else None
    return None


def statements_of(
    inputs: tuple[Candidate, ...],
) -> tuple[dict[int, str], tuple[Statement, ...]]:
    """Return the names of all that some variables need, by id(), and the statements."""
    names: dict[int, str] = {}
    used: Counter[str] = Counter()
    statements = []
    for candidate in needed(inputs):
        stem = candidate.family
        if candidate.rule is None:
            assert stem in INPUTS
            names[id(candidate)] = stem
            continue
        if isinstance(candidate.rule, Attention):
            stem = "count" if candidate.rule.aggregate is Aggregate.SUM else "copy"
        used[stem] += 1
        names[id(candidate)] = f"{stem}_{used[stem]}"
        statements.append(candidate.statement(lambda c: names[id(c)]))
    return names, tuple(statements)
