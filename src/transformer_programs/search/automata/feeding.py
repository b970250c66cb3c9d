"""Machines whose letters are computed variables, or pairs of them.

Where equal histories of letters do not decide between some labels, a machine tells
which of the rest it is, and what it says may be the letters of another machine, which
may read from the other end: so every function that a finite transducer computes can be
found (Elgot and Mezei).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from transformer_programs.data import Dataset, Encoded
from transformer_programs.search.automata.histories import (
    Histories,
    Lettering,
    Read,
    numbered,
    told_apart,
)
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
from transformer_programs.search.sample import Ids
from transformer_programs.search.score import SORTING
from transformer_programs.system import Work

MOST_LEARNED = 3
"""The most letters that machines are learned for, each time."""

SHARE = 0.2
"""The part of all work after which no more machines are learned."""


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

    def __call__(self, leads: Iterable[Lettering]) -> list[Fed]:
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

    def _learned(self, lead: Lettering) -> LearnedMachine:
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
        if dataset.tagging:
            classes = told_apart(history[asked], labels, count)
        else:  # a sequence is read as a whole
            labels, classes = words.labels[:, -1], np.arange(count)
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


def fed_states(
    histories: Histories,
    feeder: Callable[[Sequence[Lettering]], Sequence[Fed]],
    groups: Sequence[Read],
    beside: Sequence[Candidate],
    states_of: Callable[[Fed], Iterable[Read]],
) -> tuple[list[Read], list[Candidate]]:
    """Return variables of machines whose letters are among some groups of variables.

    Args:
        histories: Histories on a sample.
        feeder: Learns the machines.
        groups: The variables whose joint values may be letters.
        beside: Variables that are tried as letters together with what a machine says.
        states_of: Gives the variables of a machine on the sample.

    Returns:
        The groups of variables that tell the labels, and what machines say that do not
        tell all of them.
    """
    told: list[Read] = []
    said: list[Candidate] = []
    for most in (MOST_LEARNED, 1 + len(beside)):
        found = list(feeder(histories.leads(groups)[:most]))
        groups = []
        for fed in found:
            for group in states_of(fed):
                if fed.learned.classes is None:
                    told.append(group)
                else:
                    said += group
                    groups = [*groups, group, *((c, *group) for c in beside)]
        if told or not groups:
            break
    return told, said
