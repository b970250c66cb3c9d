"""Machines that explain a data set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Encoded
from transformer_programs.language import Scope
from transformer_programs.search.automata.cascade import (
    Tabulated,
    TooLargeError,
    tabulate_cascade,
)
from transformer_programs.search.automata.decomposition import (
    COVERS,
    GROUPS,
    decompose,
    decompose_split,
)
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.search.automata.merging import UnlearnableError, Word, learn
from transformer_programs.search.automata.noisy import MOST_NOISE, learn_noisy
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.search.sample import Ids, Mask
from transformer_programs.system import UNIT, OutOfWorkError, Work

MOST_STATES, LARGEST = 40, 96
"""The most states of a machine; and where the labels have bits enough for more."""

MOST_COVERED = 12
"""The most states of a machine that is taken apart by covers."""

FEW = 6
"""The same, where there is a cascade without covers."""

MOST_LETTERS = 64
"""The most letters of a machine."""

DECOMPOSING = {GROUPS: 800.0, COVERS: 400.0}
"""The most units of work that a machine is decomposed with, by what may be used."""

ROUNDS = 4
"""How often words that a machine gets wrong join those that it is learned from."""

GROWTH = 300
"""The most words that join."""

MOST_WRONG = 0.02
"""The largest part of other words that a machine may get wrong."""

NOISE_BITS = 4.0
"""Description length of a wrong label, in labels."""

SHORT = 0.7
"""The part of the bits of all labels that a machine may take."""


@dataclass(frozen=True, slots=True)
class LearnedMachine:
    """A machine that explains all labels.

    Attributes:
        machine: The machine.
        letters: By token, or by value of what is read, its letter, or ``UNKNOWN``.
        backwards: Whether it reads from the end.
        cascade: The machine as counters and latches; None if there is none.
        classes: By label, what the machine says of it; None where it says the label.
    """

    machine: Machine
    letters: tuple[int, ...]
    backwards: bool
    cascade: Tabulated | None
    classes: tuple[int, ...] | None = None

    @property
    def moves(self) -> Moves:
        """By letter and state, the next state."""
        return tuple(zip(*self.machine.step, strict=True))


@dataclass(frozen=True)
class Words:
    """All sequences as letters in the order of reading.

    Attributes:
        letters: (sequences, length) letters, negative where padded.
        labels: (sequences, length + 1) labels, the last one for the end.
        lengths: (sequences,) numbers of letters.
    """

    letters: Ids
    labels: Ids
    lengths: Ids

    def word(self, row: int) -> Word:
        """Return a sequence."""
        length = int(self.lengths[row])
        letters = self.letters[row, :length].tolist()
        labels = [*self.labels[row, :length].tolist(), int(self.labels[row, -1])]
        return Word(tuple(letters), tuple(labels))

    def wrong(self, machine: Machine) -> Mask:
        """Which sequences have a label that is not the one of the machine."""
        wrong: Mask = np.asarray(self._differing(machine).any(axis=1))
        return wrong

    def errors(self, machine: Machine) -> float:
        """Return the part of labels that are not those of the machine; 0..1."""
        return float(self._differing(machine).sum() / (self.labels != UNKNOWN).sum())

    def _differing(self, machine: Machine) -> Mask:
        states = machine.run(self.letters)
        said = np.full((machine.states + 1, machine.letters + 1), UNKNOWN)
        said[:-1] = machine.said
        outputs = np.full(self.labels.shape, UNKNOWN)
        outputs[:, :-1] = said[states[:, :-1], self.letters]
        outputs[:, -1] = said[states[:, -1], -1]
        differing: Mask = np.asarray(
            (outputs != self.labels) & (self.labels != UNKNOWN)
        )
        return differing


def learn_machines(
    dataset: Dataset,
    train: Encoded,
    validation: Encoded,
    work: Work,
    widest: Scope = Scope.ALL,
) -> list[LearnedMachine]:
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
    letters = _letters(dataset, train)
    if not len(train) or letters.max() < 0 or len(used) > MOST_LETTERS:
        return []
    found = []
    for backwards in (False, True) if widest is Scope.ALL else (False,):
        try:
            found.append(_learned(dataset, train, validation, work, backwards))
        except UnlearnableError:
            with suppress(UnlearnableError):
                parts = train, validation
                found.append(_learned(dataset, *parts, work, backwards, noisy=True))
    return found


def _learned(
    dataset: Dataset,
    train: Encoded,
    validation: Encoded,
    work: Work,
    backwards: bool,
    noisy: bool = False,
) -> LearnedMachine:
    letters, ids = _letters(dataset, train), dataset.input.word_ids
    words = words_of(dataset, train, letters[ids(train.ids)], backwards)
    judged = words_of(dataset, validation, letters[ids(validation.ids)], backwards)
    count = int(letters.max()) + 1
    machine = machine_of(words, judged, count, len(dataset.labels), work, noisy)
    cascade = cascade_of(machine, work)
    return LearnedMachine(machine, tuple(letters.tolist()), backwards, cascade)


def machine_of(
    words: Words, judged: Words, count: int, labels: int, work: Work, noisy: bool
) -> Machine:
    """Learn a machine from words.

    Args:
        words: The words.
        judged: Other words, which only judge.
        count: Number of letters.
        labels: Number of labels.
        work: Budget that everything is accounted to.
        noisy: Whether some labels may be wrong.

    Raises:
        UnlearnableError: If there is no machine that is shorter than the labels.
    """
    order, bits = _order(words, noisy)
    if not len(judged.letters):
        # Without other data, every second sequence judges.
        judged, order = words, order[::2]
    if noisy:
        machine = learn_noisy(_each(words, order), count, MOST_STATES, work)
        errors, expected = words.errors(machine), judged.errors(machine)
        # What it errs on is told apart from what it says, and in addition.
        described = bits * (errors if errors < 1 else 1) * NOISE_BITS
        if errors + MOST_WRONG < expected or errors > MOST_NOISE:
            raise UnlearnableError("the machine errs more on other words")
    else:
        most = _affordable(bits)
        machine, described = _exact(words, order, count, most, work), 0.0
        if judged.wrong(machine).mean() > MOST_WRONG:
            raise UnlearnableError("the machine errs on other words")
    if machine.states == 1:
        raise UnlearnableError("the machine has no state")
    if _bits(machine, labels) + described > SHORT * bits:
        raise UnlearnableError("the machine is not shorter than the labels")
    return machine


def _affordable(bits: float) -> int:
    # The most states of which a single transition each is shorter than the labels.
    paid = (n for n in range(LARGEST, 0, -1) if n * math.log2(n + 1) <= SHORT * bits)
    return max(MOST_STATES, next(paid, 0))


def _exact(words: Words, order: Ids, letters: int, most: int, work: Work) -> Machine:
    # Words that a machine gets wrong join those that it is learned from.
    chosen = order
    for _ in range(ROUNDS):
        machine, _ = learn(_each(words, chosen), letters, most, work)
        work.spend(words.letters.size * 10)
        wrong = words.wrong(machine)[order]
        if not wrong.any():
            return machine
        new = order[wrong][:GROWTH]
        if set(new.tolist()) <= set(chosen[:GROWTH].tolist()):
            break
        chosen = np.concatenate([new, chosen[~np.isin(chosen, new)]])
    raise UnlearnableError("words stay unexplained")


def cascade_of(machine: Machine, work: Work) -> Tabulated | None:
    """Return a machine as counters and latches, or None if none are found.

    It is taken as it is, and with its states split by how they were reached.
    """
    moves = tuple(zip(*machine.step, strict=True))
    found: list[tuple[float, Tabulated]] = []
    for level, split in product((GROUPS, COVERS), (False, True)):
        # Covers take a level for every state.
        if level == COVERS and machine.states > (FEW if found else MOST_COVERED):
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


def words_of(dataset: Dataset, data: Encoded, letters: Ids, backwards: bool) -> Words:
    """Return the words of some data.

    Args:
        dataset: Data set.
        data: Some of its sequences.
        letters: (sequences, length) letter at every position, whatever the frame has.
        backwards: Whether they are read from the end.
    """
    form = dataset.input
    width = form.max_length - form.frame_size
    lengths = data.lengths - form.frame_size
    # Where the token that is read at a place stands: (sequences, width)
    place = np.arange(width)[None, :].repeat(len(data), axis=0)
    real = place < lengths[:, None]
    if backwards:
        place = lengths[:, None] - 1 - place
    place = np.where(real, place + form.offset, 0)
    read = np.take_along_axis(letters, place, axis=1)
    labels = np.full((len(data), width + 1), UNKNOWN, dtype=np.int64)
    if dataset.tagging:
        targets = np.take_along_axis(data.targets, place, axis=1)
        labels[:, :-1] = np.where(real & (targets != NO_LABEL), targets, UNKNOWN)
    else:
        labels[:, -1] = np.where(data.targets == NO_LABEL, UNKNOWN, data.targets)
    return Words(np.where(real, read, UNKNOWN), labels, lengths)


def _order(words: Words, noisy: bool) -> tuple[Ids, float]:
    # Different words, or all where labels may be wrong, the shortest first, and the
    # bits of their labels.
    order = np.arange(len(words.letters))
    if not noisy:
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


def _each(words: Words, rows: Ids) -> Iterator[Word]:
    return (words.word(row) for row in rows.tolist())
