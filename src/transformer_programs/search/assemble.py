"""From candidates to a program: statements, names, and a readout fitted by counting."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from transformer_programs.analysis import numeral
from transformer_programs.data import NO_LABEL, Dataset, Encoded
from transformer_programs.program import (
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
)
from transformer_programs.search.candidate import (
    Attention,
    Candidate,
    Entries,
    table_over,
    visit,
)
from transformer_programs.search.sample import Ids, Mask
from transformer_programs.search.score import counted, majority

LABEL = "label"
"""The variable of the table that the readout reads, where there is one."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A program with its readout fitted to data.

    Attributes:
        program: the program.
        wrong: (sequences,) wrong labels of every sequence it was fitted to.
        labels: how many labels there are in all.
        weak: labels of sequences that alone support an entry of the table of labels,
            and would be wrong without it.
    """

    program: Program
    wrong: Ids
    labels: int
    weak: int = 0

    @property
    def accuracy(self) -> float:
        """The share of right labels, 0..1."""
        return 1 - int(self.wrong.sum()) / max(self.labels, 1)


def readout_inputs(inputs: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """What a label table could read as well: a table's inputs, not its output."""
    if len(inputs) == 1 and isinstance(inputs[0].rule, Entries):
        return inputs[0].inputs
    return inputs


def fit(
    inputs: tuple[Candidate, ...],
    dataset: Dataset,
    data: Encoded,
    same: Ids | None = None,
) -> Fitted:
    """Return the program that reads the majority label of one or two variables.

    Args:
        inputs: the variables.
        dataset: names the program, its tokens and its labels.
        data: what the readout is fitted to.
        same: (sequences,) equal numbers for equal sequences; by default all differ.
    """
    names, statements = statements_of(inputs)
    read = tuple(names[id(candidate)] for candidate in inputs)
    sizes = tuple(candidate.domain.size for candidate in inputs)
    skeleton = _program(dataset, statements, ())
    batch = Batch(data.ids, data.lengths)
    traced = Interpreter(skeleton).trace(batch)
    # (sequences, length): the table's cell at every position.
    joint = np.ravel_multi_index([traced[name] for name in read], sizes)
    targets = data.targets
    if not dataset.tagging:
        joint, targets = joint[:, :1], targets[:, None]
    asked = targets != NO_LABEL
    size = math.prod(sizes)
    # (cells, labels): how often each label stands in each cell.
    counts = counted(joint[asked], targets[asked], size, len(dataset.labels))

    def table_of(counts: Ids) -> Ids:
        table = majority(counts, sizes)
        if len(inputs) == 1:
            table = extended(table, counts.sum(axis=1) > 0, dataset.labels)
        return table

    table = table_of(counts)
    wrong = ((table.ravel()[joint] != targets) & asked).sum(axis=1)
    # Cells that a single sequence decides are weak if they would be otherwise without.
    alone = _alone(joint, asked, np.arange(len(data)) if same is None else same, size)
    weak = 0
    if alone.any():
        without = table_of(np.where(alone[:, None], 0, counts))
        changed = alone & (without.ravel() != table.ravel())
        weak = int(np.count_nonzero(changed))
    program = _readout(dataset, statements, inputs, read, table)
    return Fitted(program, wrong, int(asked.sum()), weak)


def _alone(joint: Ids, asked: Mask, same: Ids, size: int) -> Mask:
    """(size,) the values that one sequence has and no other one, however often."""
    sequence = np.broadcast_to(same[:, None], joint.shape)[asked]
    value = joint[asked]
    least = np.full(size, len(same), dtype=np.int64)
    most = np.full(size, -1, dtype=np.int64)
    np.minimum.at(least, value, sequence)
    np.maximum.at(most, value, sequence)
    alone: Mask = least == most
    return alone


def extended(table: Ids, seen: Mask, labels: tuple[str, ...]) -> Ids:
    """Return the table, its unseen entries continued where the seen ones follow a rule.

    If every seen value v has the label v + c, so have the others, or the least or the
    largest label there is: a count that the data never reach is still a count.
    Otherwise, if the labels of the seen values come again and again with some period,
    they go on doing so.

    Args:
        table: a label id for every value of one variable.
        seen: which of the values the data contain.
        labels: the labels, in order of their ids.
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
    period = _period(table, values)
    if period is None:
        return table
    # The seen values fill one whole turn, which then goes on.
    turn = np.empty(period, dtype=np.int64)
    turn[values % period] = table[values]
    return turn[np.arange(len(table)) % period]


def _step(table: Ids, values: Ids, labels: tuple[str, ...]) -> int | None:
    """The c for which every value v has the label v + c."""
    said = [numeral(labels[i]) for i in table[values]]
    if len(values) < 2:
        return None
    steps = {
        None if number is None else number - int(v)
        for v, number in zip(values, said, strict=True)
    }
    return steps.pop() if len(steps) == 1 else None


def _period(table: Ids, values: Ids) -> int | None:
    """The shortest period, above 1, of which the values contain three whole turns."""
    for period in range(2, len(values) // 3 + 1):
        turn = values % period
        first = np.full(period, -1, dtype=np.int64)
        first[turn[::-1]] = table[values[::-1]]
        if (first >= 0).all() and (first[turn] == table[values]).all():
            return period if len(np.unique(first)) > 1 else None
    return None


def _readout(
    dataset: Dataset,
    statements: tuple[Statement, ...],
    inputs: tuple[Candidate, ...],
    read: tuple[str, ...],
    table: Ids,
) -> Program:
    labels = np.eye(len(dataset.labels), dtype=np.int64)
    if len(inputs) == 1 and not inputs[0].domain.numerical:
        weights, variable = labels[table], read[0]
    else:
        domain = Domain.of_tokens(dataset.labels)
        statements = (*statements, table_over(read, table, LABEL, domain))
        weights, variable = labels, LABEL
    term = Term(variable, tuple(tuple(row) for row in weights.tolist()))
    return _program(dataset, statements, (term,))


def _program(
    dataset: Dataset, statements: tuple[Statement, ...], terms: tuple[Term, ...]
) -> Program:
    pooling = Pooling.NONE if dataset.tagging else Pooling.FIRST
    readout = Readout(dataset.labels, terms, pooling)
    return Program(dataset.name, dataset.input, statements, readout)


def needed(inputs: tuple[Candidate, ...]) -> list[Candidate]:
    """Everything that has to be computed for some variables, in order."""
    order: dict[int, Candidate] = {}
    for candidate in inputs:
        visit(candidate, order)
    return list(order.values())


def statements_of(
    inputs: tuple[Candidate, ...],
) -> tuple[dict[int, str], tuple[Statement, ...]]:
    """The names of all that some variables need, by identity, and the statements."""
    names: dict[int, str] = {}
    used: Counter[str] = Counter()
    statements = []
    for candidate in needed(inputs):
        if candidate.rule is None:
            assert candidate.family in INPUTS
            names[id(candidate)] = candidate.family
            continue
        stem = _stem(candidate)
        used[stem] += 1
        names[id(candidate)] = f"{stem}_{used[stem]}"
        statements.append(candidate.statement(lambda c: names[id(c)]))
    return names, tuple(statements)


def _stem(candidate: Candidate) -> str:
    if isinstance(candidate.rule, Attention):
        return "count" if candidate.rule.aggregate is Aggregate.SUM else "copy"
    return candidate.family
