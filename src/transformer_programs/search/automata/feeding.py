"""Machines whose letters are computed variables, or pairs of them.

Letters are worth learning a machine for if equal histories of them have equal labels,
and tell more of a label than the letter at its own position does. Labels between which
equal histories do not decide are taken for one: the machine then tells which of the
rest it is, and what it says may be the letters of another machine, which reads from the
other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import Dataset, Encoded
from transformer_programs.program import Scope
from transformer_programs.search.automata.learning import (
    MOST_LETTERS,
    LearnedMachine,
    cascade_of,
    machine_of,
    words_of,
)
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.search.automata.merging import UnlearnableError
from transformer_programs.search.candidate import Attention, Candidate, needed
from transformer_programs.search.readouts import cells_of, statements_of
from transformer_programs.search.sample import Ids, Sample
from transformer_programs.search.score import SORTING
from transformer_programs.system import Work

STATEMENT_BITS = 20.0
"""Description length of a statement that letters need."""

LEAST_GAIN = 40.0
"""The least bits of the labels of a sample that histories of letters save."""

FACTOR, SHIFT = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
"""What histories are hashed with."""

MOST_LEARNED = 3
"""The most letters that machines are learned for, each time."""

SHARE = 0.2
"""The part of all work after which no more machines are learned."""

Read = tuple[Candidate, ...]

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Lead:
    """Letters for which there may be a machine.

    Attributes:
        read: The variables of which they are the joint values.
        backwards: Whether they are read from the end.
        gain: The bits of labels that histories save, less what the letters take.
        merged: Whether some labels are not told apart.
    """

    read: Read
    backwards: bool
    gain: float
    merged: bool


class Histories:
    """Histories of letters on a sample, and what they say of labels.

    Args:
        sample: The sequences.
        frame: Tokens around sequences, which are no letters.
        widest: Widest scope of a head.
        work: Budget that everything is accounted to.
    """

    def __init__(
        self, sample: Sample, frame: Sequence[int], widest: Scope, work: Work
    ) -> None:
        self._work, self._sample = work, sample
        self._bare = sample.real & ~np.isin(sample.tokens, frame)
        self._labels = sample.labels[sample.judged]
        self._ways = (False, True) if widest is Scope.ALL else (False,)

    def leads(self, groups: Iterable[Read]) -> list[Lead]:
        """Return the letters that save bits, the best first."""
        found: dict[tuple[float, bool, bool], Lead] = {}
        for read in groups:
            letters = self._letters(read)
            if letters is None:
                continue
            price = sum(c.price for c in needed(read))
            for backwards in self._ways:
                bits, merged = self._saved(letters, backwards)
                if bits < LEAST_GAIN:
                    continue
                lead = Lead(read, backwards, bits - STATEMENT_BITS * price, merged)
                # Letters that say the same are one; the cheaper one stays.
                key = bits, backwards, merged
                if key not in found or found[key].gain < lead.gain:
                    found[key] = lead
        return sorted(found.values(), key=lambda lead: -lead.gain)

    def _letters(self, read: Read) -> Ids | None:
        # Numbers of the joint values that occur, from 1; 0 where there is no letter.
        joint = np.zeros(self._bare.shape, dtype=np.int64)
        for candidate in read:
            joint = joint * candidate.domain.size + candidate.values
        self._work.spend(SORTING * joint.size)
        values, numbers = np.unique(joint[self._bare], return_inverse=True)
        if not 1 < len(values) <= MOST_LETTERS:
            return None
        letters = np.zeros(joint.shape, dtype=np.int64)
        letters[self._bare] = numbers + 1
        return letters

    def _saved(self, letters: Ids, backwards: bool) -> tuple[float, bool]:
        # Bits that whole histories save beside the letter at the own position.
        self._work.spend(2 * SORTING * letters.size)
        judged = self._sample.judged
        history = numbered(letters, backwards)[judged]
        classes = told_apart(history, self._labels, self._sample.label_count)
        labels = classes[self._labels]
        count = int(classes.max()) + 1
        if count == 1:
            return 0.0, True
        # Histories that occur once say nothing.
        own, _ = _bits(letters[judged], labels, count)
        told, often = _bits(history, labels, count)
        again = often[history] > 1
        table = np.count_nonzero(often > 1) * np.log2(count)
        saved = float((own - told)[again].sum() - table)
        return saved, count < len(np.unique(self._labels))


def numbered(letters: Ids, backwards: bool) -> Ids:
    """Return numbers of the histories up to every position, equal ones for equal ones.

    Args:
        letters: (sequences, length) letters from 1, 0 for none.
        backwards: Whether they are read from the end.
    """
    found = np.zeros(letters.shape, dtype=np.uint64)
    history = np.zeros(len(letters), dtype=np.uint64)
    places = range(letters.shape[1])
    for place in reversed(places) if backwards else places:
        letter = letters[:, place].astype(np.uint64)
        mixed = (history ^ letter) * FACTOR
        history = np.where(letter > 0, mixed ^ (mixed >> SHIFT), history)
        found[:, place] = history
    _, numbers = np.unique(found, return_inverse=True)
    return numbers.reshape(letters.shape)


def told_apart(history: Ids, labels: Ids, count: int) -> Ids:
    """Return the classes of labels between which histories decide.

    Args:
        history: (positions,) number of the history.
        labels: (positions,) label.
        count: Number of labels.

    Returns:
        (labels,) class of every label, from 0.
    """
    order = np.lexsort((labels, history))
    one, other = order[:-1], order[1:]
    differ = (history[one] == history[other]) & (labels[one] != labels[other])
    pairs = np.unique(np.stack([labels[one], labels[other]])[:, differ], axis=1)
    parent = np.arange(count)
    for a, b in pairs.T.tolist():
        parent[parent == parent[a]] = parent[b]
    _, classes = np.unique(parent, return_inverse=True)
    found: Ids = classes
    return found


def _bits(values: Ids, labels: Ids, count: int) -> tuple[Reals, Ids]:
    # By position, the bits of its label, given its value; by value, how often it is.
    joint, where, often = np.unique(
        values * count + labels, return_inverse=True, return_counts=True
    )
    total = np.bincount(values)
    return -np.log2(often / total[joint // count])[where], total


@dataclass(frozen=True, eq=False, slots=True)
class Fed:
    """A machine and the variables whose joint values are its letters."""

    read: Read
    learned: LearnedMachine


class Feeder:
    """Learns machines of computed letters from all data, each once.

    Args:
        dataset: Data set.
        train: Its training part.
        validation: Its validation part, which only judges.
        work: Budget that everything is accounted to.
    """

    def __init__(
        self, dataset: Dataset, train: Encoded, validation: Encoded, work: Work
    ) -> None:
        self._dataset, self._work = dataset, work
        self._train, self._validation = train, validation
        self._known: dict[tuple[object, ...], LearnedMachine | None] = {}
        self._spent = 0.0

    def __call__(self, leads: Iterable[Lead]) -> list[Fed]:
        """Return the machines of some letters, up to one that tells all labels."""
        found: list[Fed] = []
        for lead in leads:
            names, statements = statements_of(lead.read)
            read = tuple(names[id(candidate)] for candidate in lead.read)
            key = read, statements, lead.backwards
            if key not in self._known:
                if self._spent > SHARE * self._work.units:
                    break
                before = self._work.units
                try:
                    self._known[key] = self._learned(lead)
                except UnlearnableError:
                    self._known[key] = None
                self._spent += self._work.units - before
            learned = self._known[key]
            if learned is not None:
                found.append(Fed(lead.read, learned))
                if learned.cascade is not None and learned.classes is None:
                    break
        return found

    def _learned(self, lead: Lead) -> LearnedMachine:
        dataset, work = self._dataset, self._work
        size = int(np.prod([c.domain.size for c in lead.read]))
        joint = self._cells(lead.read, self._train)
        letters = self._letters(joint, size)
        words = words_of(dataset, self._train, letters[joint], lead.backwards)
        judged = words_of(
            dataset,
            self._validation,
            letters[self._cells(lead.read, self._validation)],
            lead.backwards,
        )
        work.spend(4 * SORTING * words.letters.size)
        history = numbered(words.letters + 1, False)
        asked = words.labels[:, :-1] != UNKNOWN
        labels = words.labels[:, :-1][asked]
        count = len(dataset.labels)
        classes = told_apart(history[asked], labels, count)
        if classes.max() == 0:
            raise UnlearnableError("no labels are told apart")
        names = np.concatenate([classes, [count, UNKNOWN]])  # a label that is not known
        words, judged = (replace(w, labels=names[w.labels]) for w in (words, judged))
        machine = machine_of(words, judged, int(letters.max()) + 1, count, work, False)
        machine, merged = alike(machine)
        told = np.where(letters == UNKNOWN, UNKNOWN, merged[letters])
        cascade = cascade_of(machine, work)
        same = len(np.unique(classes[np.unique(labels)])) == len(np.unique(labels))
        if same:
            # It says the labels themselves.
            back = np.full(count + 2, UNKNOWN)
            back[classes[np.unique(labels)]] = np.unique(labels)
            said = tuple(tuple(back[list(row)].tolist()) for row in machine.said)
            machine = replace(machine, said=said)
        says = None if same else tuple(classes.tolist())
        return LearnedMachine(
            machine, tuple(told.tolist()), lead.backwards, cascade, says
        )

    def _cells(self, read: Read, data: Encoded) -> Ids:
        length = data.ids.shape[1]
        heads = sum(isinstance(c.rule, Attention) for c in needed(read))
        self._work.spend(data.ids.size * (20 + heads * length))
        return cells_of(read, self._dataset, data)

    def _letters(self, joint: Ids, size: int) -> Ids:
        # By joint value, its letter: those of the training data outside of the frame.
        form, train = self._dataset.input, self._train
        length = train.lengths[:, None] - (form.frame_size - form.offset)
        place = np.arange(joint.shape[1])
        seen = np.zeros(size, dtype=np.bool_)
        seen[joint[(place >= form.offset) & (place < length)]] = True
        letters: Ids = np.where(seen, np.cumsum(seen) - 1, UNKNOWN)
        if letters.max() >= MOST_LETTERS:
            raise UnlearnableError("too many letters")
        return letters


def alike(machine: Machine) -> tuple[Machine, Ids]:
    """Return the machine with letters merged that do and say the same.

    With it, by letter, the one that stands for it. What is not known of a letter is
    taken to be as it is after the first one that it agrees with.
    """
    rows = [*zip(*machine.step, strict=True)], [*zip(*machine.said, strict=True)]
    kept: list[list[int]] = []
    numbers = []
    for step, said in zip(rows[0], rows[1][:-1], strict=True):
        column = [*step, *said]
        number = next((i for i, k in enumerate(kept) if _agree(k, column)), len(kept))
        if number == len(kept):
            kept.append(column)
        else:
            kept[number] = [
                b if a == UNKNOWN else a
                for a, b in zip(kept[number], column, strict=True)
            ]
        numbers.append(number)
    size = machine.states
    step = tuple(zip(*(column[:size] for column in kept), strict=True))
    said = tuple(zip(*(column[size:] for column in kept), rows[1][-1], strict=True))
    return Machine(len(kept), step, said), np.array(numbers)


def _agree(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(UNKNOWN in p or p[0] == p[1] for p in zip(one, other, strict=True))
