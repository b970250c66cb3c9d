"""Machines that explain a data set, and their states as variables of the search."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Encoded
from transformer_programs.program import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.automata.cascade import (
    Tabulated,
    TooLargeError,
    tabulate_cascade,
)
from transformer_programs.search.automata.composition import composed
from transformer_programs.search.automata.decomposition import (
    COVERS,
    GROUPS,
    decompose,
    decompose_split,
)
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.search.automata.merging import UnlearnableError, Word, learn
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.search.automata.realising import (
    ENTRY_PRICE,
    FAMILY,
    Read,
    Reading,
    TooLongError,
    realised,
    without_memory,
)
from transformer_programs.search.candidate import Candidate, Matches, tabulate
from transformer_programs.search.sample import Ids, Mask, Sample
from transformer_programs.system import UNIT, OutOfWorkError, Work

MOST_STATES = 40
"""The most states of a machine."""

MOST_LETTERS = 64
"""The most letters of a machine."""

LONGEST = 40
"""The most statements of a machine."""

DECOMPOSING = {GROUPS: 1500.0, COVERS: 600.0}
"""The most units of work that a machine is decomposed with, by what may be used."""

ROUNDS = 4
"""How often words that a machine gets wrong join those that it is learned from."""

GROWTH = 300
"""The most words that join."""

MOST_WRONG = 0.02
"""The largest part of other words that a machine may get wrong."""

SHORT = 0.7
"""The part of the bits of all labels that a machine may take."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A machine that explains all labels.

    Attributes:
        machine: The machine.
        letters: By token, its letter, or ``UNKNOWN``.
        backwards: Whether it reads from the end.
        cascade: The machine as counters and latches; None if there is none.
    """

    machine: Machine
    letters: tuple[int, ...]
    backwards: bool
    cascade: Tabulated | None

    @property
    def moves(self) -> Moves:
        """By letter and state, the next state."""
        return tuple(zip(*self.machine.step, strict=True))


@dataclass(frozen=True)
class _Words:
    # All sequences as letters in the order of reading, negative where padded.
    letters: Ids  # (sequences, length)
    labels: Ids  # (sequences, length + 1), the last one for the end
    lengths: Ids  # (sequences,)

    def word(self, row: int) -> Word:
        length = int(self.lengths[row])
        letters = self.letters[row, :length].tolist()
        labels = [*self.labels[row, :length].tolist(), int(self.labels[row, -1])]
        return Word(tuple(letters), tuple(labels))

    def wrong(self, machine: Machine) -> Mask:
        """Which sequences have a label that is not the one of the machine."""
        states = machine.run(self.letters)
        said = np.full((machine.states + 1, machine.letters + 1), UNKNOWN)
        said[:-1] = machine.said
        outputs = np.full(self.labels.shape, UNKNOWN)
        outputs[:, :-1] = said[states[:, :-1], self.letters]
        outputs[:, -1] = said[states[:, -1], -1]
        wrong: Mask = ((outputs != self.labels) & (self.labels != UNKNOWN)).any(axis=1)
        return wrong


def learn_machines(
    dataset: Dataset,
    train: Encoded,
    validation: Encoded,
    work: Work,
    widest: Scope = Scope.ALL,
) -> list[Learned]:
    """Learn the machines that explain all labels from what stands before, or after.

    Args:
        dataset: Data set.
        train: Its training part.
        validation: Its validation part, which only judges.
        work: Budget that everything is accounted to.
        widest: Widest scope of a head.
    """
    ids = dataset.input.word_ids(train.ids)
    used = np.unique(ids)
    if not len(train) or len(used) > MOST_LETTERS:
        return []
    found = []
    for backwards in (False, True) if widest is Scope.ALL else (False,):
        try:
            found.append(_learned(dataset, train, validation, work, backwards))
        except UnlearnableError:
            continue
    return found


def _learned(
    dataset: Dataset, train: Encoded, validation: Encoded, work: Work, backwards: bool
) -> Learned:
    letters = _letters(dataset, train)
    words = _words(dataset, train, letters, backwards)
    judged = _words(dataset, validation, letters, backwards)
    order, bits = _order(words)
    if not len(judged.letters):
        # Without other data, every second sequence judges.
        judged, order = words, order[::2]
    chosen = order
    for _ in range(ROUNDS):
        count = int(letters.max()) + 1
        machine, _ = learn(_each(words, chosen), count, MOST_STATES, work)
        if _bits(machine, len(dataset.labels)) > SHORT * bits:
            raise UnlearnableError("the machine is not shorter than the labels")
        work.spend(words.letters.size * 10)
        wrong = words.wrong(machine)[order]
        if not wrong.any():
            break
        new = order[wrong][:GROWTH]
        if set(new.tolist()) <= set(chosen[:GROWTH].tolist()):
            raise UnlearnableError("a word is not explained")
        chosen = np.concatenate([new, chosen[~np.isin(chosen, new)]])
    else:
        raise UnlearnableError("words stay unexplained")
    if judged.wrong(machine).mean() > MOST_WRONG:
        raise UnlearnableError("the machine errs on other words")
    cascade = cascade_of(machine, work)
    return Learned(machine, tuple(letters.tolist()), backwards, cascade)


def cascade_of(machine: Machine, work: Work) -> Tabulated | None:
    """Return a machine as counters and latches, or None if none are found.

    It is taken as it is, and with its states split by how they were reached.
    """
    moves = tuple(zip(*machine.step, strict=True))
    found: list[tuple[float, Tabulated]] = []
    for level, split in product((GROUPS, COVERS), (False, True)):
        if found and level == COVERS:
            break
        inner = Work(DECOMPOSING[level])
        try:
            if split:
                rows, start, cascade = decompose_split(moves, 0, inner, level)
            else:
                rows, start = moves, 0
                cascade = decompose(moves, 0, inner, level=level)
            tabulated = tabulate_cascade(cascade, rows, start)
        except (TooLargeError, OutOfWorkError):
            continue
        finally:
            work.spend(inner.units * UNIT)
        states = {c: p % machine.states for c, p in tabulated.points.items()}
        found.append((cascade.cost, replace(tabulated, points=states)))
    return min(found, key=lambda entry: entry[0])[1] if found else None


def _letters(dataset: Dataset, train: Encoded) -> Ids:
    # By token, its letter: those that stand in the training data. (tokens,)
    vocabulary = dataset.input.vocabulary
    ids = dataset.input.word_ids(train.ids)
    real = np.arange(ids.shape[1]) < train.lengths[:, None]
    seen = np.bincount(ids[real], minlength=len(vocabulary.tokens)) > 0
    seen[[vocabulary.ids[token] for token in dataset.input.frame]] = False
    letters: Ids = np.where(seen, np.cumsum(seen) - 1, UNKNOWN)
    return letters


def _words(dataset: Dataset, data: Encoded, letters: Ids, backwards: bool) -> _Words:
    form = dataset.input
    width = form.max_length - form.frame_size
    lengths = data.lengths - form.frame_size
    # Where the token that is read at a place stands: (sequences, width)
    place = np.arange(width)[None, :].repeat(len(data), axis=0)
    real = place < lengths[:, None]
    if backwards:
        place = lengths[:, None] - 1 - place
    place = np.where(real, place + form.offset, 0)
    read = letters[np.take_along_axis(form.word_ids(data.ids), place, axis=1)]
    labels = np.full((len(data), width + 1), UNKNOWN, dtype=np.int64)
    if dataset.tagging:
        targets = np.take_along_axis(data.targets, place, axis=1)
        labels[:, :-1] = np.where(real & (targets != NO_LABEL), targets, UNKNOWN)
    else:
        labels[:, -1] = np.where(data.targets == NO_LABEL, UNKNOWN, data.targets)
    return _Words(np.where(real, read, UNKNOWN), labels, lengths)


def _order(words: _Words) -> tuple[Ids, float]:
    # Different words, the shortest first, and the bits of their labels.
    _, first = np.unique(words.letters, axis=0, return_index=True)
    order = np.sort(first)
    order = order[np.argsort(words.lengths[order], kind="stable")]
    labels = words.labels[order]
    counts = np.bincount(labels[labels != UNKNOWN])
    counts = counts[counts > 0]
    bits = -(counts * np.log2(counts / max(counts.sum(), 1))).sum()
    return order, float(bits)


def _bits(machine: Machine, labels: int) -> float:
    # Description length: known transitions and outputs.
    moves = sum(n != UNKNOWN for row in machine.step for n in row)
    outputs = sum(n != UNKNOWN for row in machine.said for n in row)
    return moves * math.log2(machine.states + 1) + outputs * math.log2(labels + 1)


def _each(words: _Words, rows: Ids) -> Iterator[Word]:
    return (words.word(row) for row in rows.tolist())


def states(
    learned: Learned,
    dataset: Dataset,
    sample: Sample,
    inputs: tuple[Candidate, Candidate, Candidate],
) -> list[tuple[Candidate, ...]]:
    """Return variables of the state of a machine, in groups that tell the label.

    Args:
        learned: The machine.
        dataset: Data set.
        sample: Sequences that variables are computed on.
        inputs: ``tokens``, ``positions`` and ``ones``.
    """
    machine, cascade = learned.machine, learned.cascade
    if machine.states == 1:
        return []
    reading = _reading(learned, dataset, sample, inputs)
    framed = not dataset.tagging and _is_framed(learned, dataset)
    rows = _outputs(machine, dataset.tagging, framed)
    every = tuple(range(machine.states))
    found: list[tuple[Candidate, ...]] = []
    backwards = dataset.tagging and learned.backwards
    if cascade is not None and without_memory(cascade) and not backwards:
        # Letters in any order: the state after a token, or after all of them.
        scope = Scope.CAUSAL if dataset.tagging else Scope.ALL
        whole = replace(reading, scope=scope, framed=True)
        found += [(r.variable,) for r in realised(cascade, whole, every, LONGEST)]
    for classes in dict.fromkeys((_compatible(rows), every)):
        if not any(classes):
            continue
        try:
            for read in _reads(learned, reading, classes):
                if dataset.tagging or learned.backwards:
                    found.append((read.variable, *([] if framed else [read.letter])))
                else:
                    end = _ending(learned, dataset, read, reading, classes, rows)
                    found.append((end,))
        except TooLongError:
            continue
    return found


def _reads(
    learned: Learned, reading: Reading, classes: tuple[int, ...]
) -> list[Read]:
    # As a cascade, or by composing maps, which holds up to this length alone.
    if learned.cascade is not None:
        with suppress(TooLongError):
            return realised(learned.cascade, reading, classes, LONGEST)
    length = reading.positions.domain.size
    return [composed(learned.moves, 0, reading, classes, length)]


def _is_framed(learned: Learned, dataset: Dataset) -> bool:
    # Whether a token of the frame ends what is read, so that it has the last state.
    form = dataset.input
    return (form.begin if learned.backwards else form.end) is not None


def _outputs(machine: Machine, tagging: bool, framed: bool) -> list[tuple[int, ...]]:
    # By state before a token, what is told by every token that may follow.
    if tagging:
        return [row[:-1] for row in machine.said]
    ends = [row[-1] for row in machine.said]
    if framed:
        return [(end,) for end in ends]
    return [
        tuple(UNKNOWN if n == UNKNOWN else ends[n] for n in row) for row in machine.step
    ]


def _compatible(rows: list[tuple[int, ...]]) -> tuple[int, ...]:
    # Classes of rows that agree wherever both are known, the first that fits.
    merged: list[list[int]] = []
    classes = []
    for row in rows:
        fitting = (
            number
            for number, other in enumerate(merged)
            if all(UNKNOWN in p or p[0] == p[1] for p in zip(row, other, strict=True))
        )
        number = next(fitting, len(merged))
        if number == len(merged):
            merged.append([UNKNOWN] * len(row))
        kept = merged[number]
        kept[:] = [a if b == UNKNOWN else b for a, b in zip(row, kept, strict=True)]
        classes.append(number)
    return tuple(classes)


def _reading(
    learned: Learned,
    dataset: Dataset,
    sample: Sample,
    inputs: tuple[Candidate, Candidate, Candidate],
) -> Reading:
    tokens, positions, ones = inputs
    form, backwards = dataset.input, learned.backwards
    frame = [form.vocabulary.ids[token] for token in form.frame]
    stands = form.end if backwards else form.begin
    return Reading(
        sample=sample,
        positions=positions,
        ones=ones,
        letter=tokens,
        letters=learned.letters,
        restarts=np.isin(np.arange(tokens.domain.size), frame),
        backwards=backwards,
        framed=stands is not None,
        scope=Scope.AFTER if backwards else Scope.BEFORE,
    )


def _ending(
    learned: Learned,
    dataset: Dataset,
    read: Read,
    reading: Reading,
    classes: tuple[int, ...],
    rows: list[tuple[int, ...]],
) -> Candidate:
    # What is told at the end of the sequence, at every position, so where readouts
    # read it.
    form, ones = dataset.input, reading.ones
    if form.end is not None:
        key, last, value = reading.letter, form.vocabulary.ids[form.end], read.variable
    else:
        key, last = reading.following(), 0
        value = _told(learned, dataset, read, reading, classes, rows)
    predicate = forms.constant(key.domain.size, last)
    matches = Matches(reading.sample, ones, key, predicate)
    (end,) = matches.attend(FAMILY, [value], Scope.ALL)
    return end


def _told(
    learned: Learned,
    dataset: Dataset,
    read: Read,
    reading: Reading,
    classes: tuple[int, ...],
    rows: list[tuple[int, ...]],
) -> Candidate:
    # What a class and a letter tell, as a class of its own: (states, letters)
    known: dict[tuple[int, int], int] = {}
    for state, row in enumerate(rows):
        for letter, label in enumerate(row):
            if label != UNKNOWN:
                known[classes[state], letter] = label
    entries = np.zeros((len(read.meaning), len(read.letters)), dtype=np.int64)
    for b, letter in enumerate(read.letters):
        for a, meaning in enumerate(read.meaning):
            state = classes[0] if read.first[b] else meaning
            entries[a, b] = known.get((state, letter), 0)
    price = 1 + ENTRY_PRICE * entries.size
    domain = Domain.of_classes(len(dataset.labels))
    both = read.variable, read.letter
    return tabulate(FAMILY, both, entries, domain, reading.sample.real, price)
