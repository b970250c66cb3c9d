"""Sums over few variables of whole sequences: counts of counts, places, conjunctions.

For short sequences of few different tokens, such as hands, boards and records. The
variables are heads and tables (``aggregates.py``), of which few are chosen one by one
(``boosting.py``); held-out folds say which family of variables, and how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Examples
from transformer_programs.language import (
    ONES,
    Domain,
    Pooling,
    Program,
    Readout,
    Term,
    input_domains,
)
from transformer_programs.learn.linear import fitting
from transformer_programs.learn.linear.aggregates import Aggregated, Aggregates
from transformer_programs.learn.linear.boosting import Boosting
from transformer_programs.learn.linear.families import has_words
from transformer_programs.learn.linear.grams import Ids, Mask
from transformer_programs.learn.linear.parts import (
    Literal,
    PartChoices,
    Weighted,
    scores_of,
)
from transformer_programs.learn.linear.statements import Statements, shortened
from transformer_programs.system import Floats, Work

LONGEST = 64
"""Longer sequences have no such sums."""

MOST = 4_000
"""The most training sequences that they are learned from."""

FEWEST = 20
"""The fewest."""

SCALES = (9, 99, 999)
"""The largest whole weight; the first that is as accurate as none is taken."""

_FAMILIES = ("counts", "places", "both")


@dataclass(frozen=True, slots=True)
class CountedSum:
    """A sum with so many parts.

    Attributes:
        parts: How many parts.
        accuracy: On held-out folds and on validation data; 0..1.
        held_out: Number of these labels.
    """

    parts: int
    accuracy: float
    held_out: int


@dataclass(frozen=True, eq=False, slots=True)
class Counted:
    """Sums of one family.

    Attributes:
        loss: The smallest mean loss of any on held-out folds, in nats.
        front: How accurate they are.
        known: How many variables and literals there are to choose from.
    """

    loss: float
    front: tuple[CountedSum, ...]
    known: int
    _writer: _CountsWriter
    _sums: tuple[Weighted, ...]

    def program(self, parts: int) -> Program:
        """Return the program with the sum of so many parts."""
        found = next(s for s in self._sums if len(s.parts) == parts)
        return self._writer.write(found)


def count(dataset: Dataset, work: Work) -> list[Counted]:
    """Learn sums over variables of whole sequences.

    Args:
        dataset: What is learned from.
        work: Account of what is computed.

    Returns:
        Sums of several families; none if the sequences are too long, too few, or texts.
    """
    form = dataset.input
    if dataset.tagging or has_words(form) or form.max_length > LONGEST:
        return []
    data = _Data.of(dataset)
    if int(data.train.sum()) < FEWEST or len(dataset.labels) < 2:
        return []
    aggregates = Aggregates(form, data.tokens, data.lengths)
    work.spend(data.tokens.size * (len(aggregates.found) + data.tokens.shape[1]))
    known = data.labels, len(dataset.labels)
    learned = {
        number: aggregates.learned(*known, data.inside(number), work)
        for number in (-1, *data.folds)
    }
    found = (
        _family(family, dataset, data, aggregates, learned, work)
        for family in _FAMILIES
    )
    return [counted for counted in found if counted is not None]


@dataclass(frozen=True, eq=False, slots=True)
class _Data:
    # Training and validation sequences.
    tokens: Ids
    lengths: Ids
    labels: Ids
    given: Floats
    train: Mask
    groups: Ids
    folds: tuple[int, ...]
    label_count: int

    @classmethod
    def of(cls, dataset: Dataset) -> _Data:
        every = -(-len(dataset.train) // MOST)
        parts = (dataset.train, every), (dataset.validation, 1)
        encoded = [dataset.encode(part) for part, _ in parts]
        steps = [step for _, step in parts]
        lengths = np.concatenate(
            [e.lengths[::s] for e, s in zip(encoded, steps, strict=True)]
        )
        ids = np.zeros((len(lengths), int(lengths.max(initial=1))), np.int64)
        labels = np.concatenate(
            [e.targets[::s] for e, s in zip(encoded, steps, strict=True)]
        )
        start = 0
        for e, step in zip(encoded, steps, strict=True):
            rows = e.ids[::step]
            ids[start : start + len(rows), : rows.shape[1]] = rows
            start += len(rows)
        train = np.arange(len(lengths)) < len(encoded[0].lengths[::every])
        given = np.concatenate([_given(dataset, p)[::s] for p, s in parts])
        if dataset.label_weights:
            of_labels = np.array((*dataset.label_weights, 1.0))
            given = given * of_labels[labels.clip(0, len(dataset.labels))]
        known = (labels != NO_LABEL) & (labels < len(dataset.labels))
        tokens = dataset.input.word_ids(ids)
        groups = np.arange(len(labels))
        folds: list[int] = []
        held_out = 0
        for number in range(fitting.FOLDS):
            folds.append(number)
            held_out += int((train & (groups % fitting.FOLDS == number)).sum())
            if held_out >= fitting.ENOUGH:
                break
        count = len(dataset.labels)
        return cls(
            tokens[known],
            lengths[known],
            labels[known],
            given[known],
            train[known],
            groups[known],
            tuple(folds),
            count,
        )

    def outside(self, number: int) -> Mask:
        """Return the training sequences that a fold holds out; all others for -1."""
        if number < 0:
            return ~self.train
        found: Mask = self.train & (self.groups % fitting.FOLDS == number)
        return found

    def inside(self, number: int) -> Mask:
        """Return the training sequences that it learns from."""
        return self.train & ~self.outside(number)


def _given(dataset: Dataset, examples: Examples) -> Floats:
    if examples.weights:
        return np.array(examples.weights)
    return np.ones(len(examples))


def _family(
    name: str,
    dataset: Dataset,
    data: _Data,
    aggregates: Aggregates,
    learned: dict[int, list[Aggregated]],
    work: Work,
) -> Counted | None:
    def variables(number: int) -> list[Aggregated]:
        every = [*aggregates.found, *learned[number]]
        return [v for v in every if name == "both" or v.placed == (name == "places")]

    def sums(number: int) -> tuple[PartChoices, list[Weighted]]:
        choices = _choices(variables(number), aggregates)
        rows = np.flatnonzero(data.inside(number))
        read = data.labels, data.label_count, rows, data.given
        return choices, [*Boosting(choices, *read, work).sums()]

    if not variables(-1):
        return None
    choices, whole = sums(-1)
    right = np.zeros(len(whole))
    losses = np.zeros(len(whole))
    total, rows = 0.0, 0
    for number in (*data.folds, -1):
        outside = np.flatnonzero(data.outside(number))
        if not len(outside):
            continue
        folded = (choices, whole) if number < 0 else sums(number)
        labels, given = data.labels[outside], data.given[outside]
        for index in range(len(whole)):
            found = folded[1][min(index, len(folded[1]) - 1)]
            scores = scores_of(folded[0], found, outside)
            right[index] += given[scores.argmax(axis=1) == labels].sum()
            if number >= 0:
                losses[index] += fitting.loss_of(scores, labels, given)
        total += float(given.sum())
        rows += len(outside)
    held_out = sum(int(data.outside(number).sum()) for number in data.folds)
    front = {}
    for found, hits in zip(whole, right.tolist(), strict=True):
        # Of sums of as many parts the later one is taken.
        front[len(found.parts)] = CountedSum(len(found.parts), hits / total, rows)
    latest = {len(found.parts): found for found in whole}
    writer = _CountsWriter(dataset, data, aggregates, variables(-1), choices)
    loss = float(losses.min()) / max(held_out, 1)
    known = len(choices.values) + len(choices.literals)
    return Counted(loss, tuple(front.values()), known, writer, tuple(latest.values()))


def _choices(variables: Sequence[Aggregated], aggregates: Aggregates) -> PartChoices:
    domains = [aggregates.written.domains[v.name] for v in variables]
    return PartChoices(
        tuple(v.values for v in variables),
        tuple(d.size for d in domains),
        tuple(d.numerical for d in domains),
        tuple(v.price for v in variables),
    )


class _CountsWriter:
    """Writes sums as programs."""

    def __init__(
        self,
        dataset: Dataset,
        data: _Data,
        aggregates: Aggregates,
        variables: Sequence[Aggregated],
        choices: PartChoices,
    ) -> None:
        self._dataset, self._data = dataset, data
        self._aggregates, self._choices = aggregates, choices
        self._names = [v.name for v in variables]

    def write(self, found: Weighted) -> Program:
        """Return a sum as a program."""
        rows, joined = self._rows(found)
        many = [*rows.values(), *joined.values(), found.always[None]]
        spread = max(float(np.ptp(part, axis=1).max()) for part in many) or 1.0
        train = np.flatnonzero(self._data.train)
        wanted = scores_of(self._choices, found, train).argmax(axis=1)
        best = int((wanted == self._data.labels[train]).sum())
        for largest in SCALES:
            factor = largest / spread
            whole = {v: _whole(r, factor) for v, r in rows.items()}
            flags = {c: _whole(r, factor) for c, r in joined.items()}
            always = _whole(found.always[None], factor)
            scores = np.repeat(always, len(train), axis=0)
            for variable, r in whole.items():
                scores += r[self._choices.values[variable][train]]
            for literals, r in flags.items():
                scores += self._choices.holds(literals, train)[:, None] * r
            right = scores.argmax(axis=1) == self._data.labels[train]
            if right.sum() >= best:
                break
        return self._program(whole, flags, always)

    def _rows(
        self, found: Weighted
    ) -> tuple[dict[int, Floats], dict[tuple[Literal, ...], Floats]]:
        # What is about one variable, by its values, and about several.
        rows: dict[int, Floats] = {}
        joined: dict[tuple[Literal, ...], Floats] = {}
        for part, weights in zip(found.parts, found.weights, strict=True):
            if len(part.literals) > 1:
                joined[part.literals] = weights
                continue
            variable, own = part.variable, weights
            if part.literals:
                (literal,) = part.literals
                variable, own = (
                    literal.variable,
                    np.array(literal.values)[:, None] * weights,
                )
            rows[variable] = rows.get(variable, 0) + own
        train = np.flatnonzero(self._data.train)
        for variable, own in rows.items():
            if self._choices.ordered[variable]:
                # Numbers that training data lack are taken for the nearest.
                there = np.unique(self._choices.values[variable][train])
                ids = np.arange(len(own))
                near = np.abs(ids[:, None] - there).argmin(axis=1)
                rows[variable] = own[there[near]]
        return rows, joined

    def _program(
        self,
        rows: dict[int, Ids],
        joined: dict[tuple[Literal, ...], Ids],
        always: Ids,
    ) -> Program:
        read = self._aggregates.written.copy()
        terms, names = [], []
        for variable, own in rows.items():
            name = self._names[variable]
            if self._choices.ordered[variable]:
                kinds, classes = np.unique(own, axis=0, return_inverse=True)
                said = classes.ravel().tolist()
                order = [*dict.fromkeys(said)]
                cells = np.array([order.index(c) for c in said])
                own = kinds[order]
                if len(own) < 2:
                    continue
                name = read.table(
                    "evidence", (name,), cells, Domain.of_classes(len(own))
                )
            names.append(name)
            terms.append(Term(name, tuple(map(tuple, own.tolist()))))
        flags: dict[tuple[Literal, ...], str] = {}
        for literals, own in joined.items():
            if own.any():
                name = self._flag(read, literals, flags)
                names.append(name)
                terms.append(Term(name, tuple(map(tuple, own.tolist()))))
        if always.any() or not terms:
            terms.append(Term(ONES, tuple(map(tuple, always.tolist()))))
        statements = read.needed(names)
        outputs = (statement.output for statement in statements)
        short = shortened(outputs, input_domains(self._dataset.input))
        terms = [Term(short.get(t.variable, t.variable), t.weights) for t in terms]
        dataset = self._dataset
        readout = Readout(dataset.labels, tuple(terms), Pooling.FIRST)
        renamed = tuple(statement.renamed(short) for statement in statements)
        return Program(dataset.name, dataset.input, renamed, readout)

    def _flag(
        self,
        read: Statements,
        literals: tuple[Literal, ...],
        known: dict[tuple[Literal, ...], str],
    ) -> str:
        # Whether a conjunction holds: two literals at a time.
        if literals in known:
            return known[literals]
        *first, last = literals
        up = np.array(last.values)
        inputs: tuple[str, ...] = (self._names[last.variable],)
        if len(first) == 1:
            other = first[0]
            up = np.logical_and.outer(np.array(other.values), up)
            inputs = (self._names[other.variable], *inputs)
        elif first:
            up = np.logical_and.outer(np.array([False, True]), up)
            inputs = (self._flag(read, tuple(first), known), *inputs)
        known[literals] = read.table("rule", inputs, up, Domain.of_numbers(1))
        return known[literals]


def _whole(rows: Floats, factor: float) -> Ids:
    # Whole numbers, the least of each row 0.
    raised = rows - rows.min(axis=1, keepdims=True)
    found: Ids = np.rint(raised * factor).astype(np.int64)
    return found
