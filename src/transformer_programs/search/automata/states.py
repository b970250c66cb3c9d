"""States of machines as variables of the search, which tell the labels."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.automata.composition import composed
from transformer_programs.search.automata.learning import LearnedMachine
from transformer_programs.search.automata.machine import UNKNOWN, Machine
from transformer_programs.search.automata.realising import (
    FAMILY,
    Read,
    Reading,
    TooLongError,
    realised,
    without_memory,
)
from transformer_programs.search.candidate import (
    ENTRY_PRICE,
    Candidate,
    Matches,
    tabulate,
)
from transformer_programs.search.sample import Ids, Mask, Sample

LONGEST = 40
"""The most statements of a machine."""


def states(
    learned: LearnedMachine,
    dataset: Dataset,
    sample: Sample,
    inputs: tuple[Candidate, Candidate, Candidate],
    read: tuple[Candidate, ...] = (),
) -> list[tuple[Candidate, ...]]:
    """Return variables of the state of a machine, in groups that tell the label.

    If the machine tells labels in classes, the groups are single variables of those.

    Args:
        learned: The machine.
        dataset: Data set.
        sample: Sequences that variables are computed on.
        inputs: ``tokens``, ``positions`` and ``ones``.
        read: Variables whose joint values are the letters; none for tokens.
    """
    machine, cascade, tokens = learned.machine, learned.cascade, inputs[0]
    reading = _reading(learned, dataset, sample, inputs, read)
    framed = not dataset.tagging and _is_framed(learned, dataset)
    rows = _outputs(machine, dataset.tagging, framed)
    every = tuple(range(machine.states))
    found: list[tuple[Candidate, ...]] = []
    backwards = dataset.tagging and learned.backwards
    orderless = cascade is not None and without_memory(cascade)
    if cascade is not None and orderless and learned.classes is None and not backwards:
        # Letters in any order: the state after a token, or after all of them.
        scope = Scope.CAUSAL if dataset.tagging else Scope.ALL
        whole = replace(reading, scope=scope, framed=True)
        found += [(r.variable,) for r in realised(cascade, whole, every, LONGEST)]
    for classes in dict.fromkeys((_compatible(rows), every)):
        if not any(classes):
            continue
        told = classes, rows
        try:
            for state in _reads(learned, reading, classes):
                if learned.classes is not None:
                    found.append((_told(learned, dataset, state, reading, *told),))
                elif dataset.tagging or learned.backwards:
                    found.append((state.variable, *([] if framed else [state.letter])))
                    if not dataset.tagging and not framed:
                        # Its table rests on the machine, not on single sequences.
                        found.append((_told(learned, dataset, state, reading, *told),))
                else:
                    end = _ending(learned, dataset, tokens, state, reading, *told)
                    found.append((end,))
        except TooLongError:
            continue
    return found


def _reads(
    learned: LearnedMachine, reading: Reading, classes: tuple[int, ...]
) -> list[Read]:
    # As a cascade, or by composing maps, which holds up to this length alone.
    if learned.cascade is not None:
        with suppress(TooLongError):
            return realised(learned.cascade, reading, classes, LONGEST)
    length = reading.positions.domain.size
    return [composed(learned.moves, 0, reading, classes, length)]


def _is_framed(learned: LearnedMachine, dataset: Dataset) -> bool:
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
    learned: LearnedMachine,
    dataset: Dataset,
    sample: Sample,
    inputs: tuple[Candidate, Candidate, Candidate],
    read: tuple[Candidate, ...],
) -> Reading:
    tokens, positions, ones = inputs
    form, backwards = dataset.input, learned.backwards
    frame = [form.vocabulary.ids[token] for token in form.frame]
    stands = form.end if backwards else form.begin
    letter, letters = tokens, learned.letters
    restarts = np.isin(np.arange(tokens.domain.size), frame)
    if read:
        apart = restarts if stands is not None else np.zeros_like(restarts)
        letter = _joined(read, tokens, letters, apart, sample)
        count = letter.domain.size - int(apart.any())
        letters = (*range(count), *[UNKNOWN] * int(apart.any()))
        restarts = np.arange(letter.domain.size) >= count
    return Reading(
        sample=sample,
        positions=positions,
        ones=ones,
        letter=letter,
        letters=letters,
        restarts=restarts,
        backwards=backwards,
        framed=stands is not None,
        scope=Scope.AFTER if backwards else Scope.BEFORE,
    )


def _joined(
    read: tuple[Candidate, ...],
    tokens: Candidate,
    letters: tuple[int, ...],
    frame: Mask,
    sample: Sample,
) -> Candidate:
    # The letter as a variable; a last value where a token of the frame stands that is
    # read first. Joint values that never occurred are the first letter.
    count = max(letters) + 1
    entries = np.maximum(np.array(letters), 0)
    shape = tuple(c.domain.size for c in read)
    framed = bool(frame.any())

    def joined(inputs: tuple[Candidate, ...], table: Ids, size: int) -> Candidate:
        price, domain = 1 + ENTRY_PRICE * table.size, Domain.of_classes(size)
        return tabulate(FAMILY, inputs, table, domain, sample.real, price)

    if not framed and entries.tolist() == [*range(len(letters))] and len(read) == 1:
        return read[0]
    table = entries.reshape(shape)
    if framed and tokens in read:
        table = np.moveaxis(table, read.index(tokens), -1).copy()
        table[..., frame] = count
        table = np.moveaxis(table, -1, read.index(tokens))
        return joined(read, table, count + 1)
    letter = joined(read, table, count)
    if not framed:
        return letter
    entries = np.repeat(np.arange(count)[:, None], tokens.domain.size, axis=1)
    entries[:, frame] = count  # (letters, tokens)
    if len(read) == 1:
        return joined((*read, tokens), entries[table], count + 1)
    return joined((letter, tokens), entries, count + 1)


def _ending(
    learned: LearnedMachine,
    dataset: Dataset,
    tokens: Candidate,
    read: Read,
    reading: Reading,
    classes: tuple[int, ...],
    rows: list[tuple[int, ...]],
) -> Candidate:
    # What is told at the end of the sequence, at every position, so where readouts
    # read it.
    form, ones = dataset.input, reading.ones
    if form.end is not None:
        key, last, value = tokens, form.vocabulary.ids[form.end], read.variable
    else:
        key, last = reading.following(), 0
        value = _told(learned, dataset, read, reading, classes, rows)
    predicate = forms.constant(key.domain.size, last)
    matches = Matches(reading.sample, ones, key, predicate)
    (end,) = matches.attend(FAMILY, [value], Scope.ALL)
    return end


def _told(
    learned: LearnedMachine,
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
    names = learned.classes or range(len(dataset.labels))
    domain = Domain.of_classes(max(names) + 1)
    both = read.variable, read.letter
    return tabulate(FAMILY, both, entries, domain, reading.sample.real, price)
