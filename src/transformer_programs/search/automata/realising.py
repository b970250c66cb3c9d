"""Cascades as heads and tables: a variable with the state before every position."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import gcd

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.automata.cascade import (
    Coordinates,
    Tabulated,
)
from transformer_programs.search.automata.labelling import KEEP, Action
from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.candidate import (
    ENTRY_PRICE,
    Candidate,
    Matches,
    tabulate,
)
from transformer_programs.search.sample import Ids, Mask, Sample

REST_PRICE = 1.5
"""Price of a number mod the size of a counter, in statements: where the label is no
more than that, a table of labels is as good."""

FAMILY = "state"
"""Family of the variables of machines."""

MOST_ENTRIES = 1 << 14
"""The most entries of a table."""


class TooLongError(Exception):
    """A machine takes too many statements, or too large ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a machine reads, and in which direction.

    Attributes:
        sample: Sequences that variables are computed on.
        positions: The variable ``positions``.
        ones: The variable ``ones``.
        letter: The variable that is read.
        letters: By value of it, the letter, or ``UNKNOWN``.
        restarts: By value of it, whether it belongs to the frame, where the machine is
            at its start.
        backwards: Whether the machine reads from the end.
        framed: Whether a token of the frame stands before what is read.
        scope: The positions that were read before.
    """

    sample: Sample
    positions: Candidate
    ones: Candidate
    letter: Candidate
    letters: tuple[int, ...]
    restarts: Mask
    backwards: bool
    framed: bool
    scope: Scope

    def edge(self) -> Candidate:
        """Return the flag of the position that is read first."""
        real = self.sample.real
        if not self.backwards:
            zero = np.arange(self.positions.domain.size) == 0
            return forms.flag((self.positions,), zero, real)
        after = self.following()
        return forms.flag((after,), np.arange(after.domain.size) == 0, real)

    def following(self) -> Candidate:
        """Return the number of positions that follow."""
        everywhere = np.ones((2, 2), dtype=np.bool_)
        matches = Matches(self.sample, self.ones, self.ones, everywhere)
        (after,) = matches.count("compare", [self.ones], Scope.AFTER)
        return after


@dataclass(frozen=True, slots=True)
class Read:
    """A variable that stands for a state or a coordinate.

    Attributes:
        variable: The variable.
        meaning: By value of it, the state or the value of the coordinate; ``UNKNOWN``
            for none.
        letter: Variable of the letter that may be read beside it, which may tell a
            letter that is read first from others.
        letters: By value of that variable, the letter, or ``UNKNOWN``.
        first: By value of that variable, whether it is read first.
    """

    variable: Candidate
    meaning: tuple[int, ...]
    letter: Candidate
    letters: tuple[int, ...]
    first: Mask


def realised(
    cascade: Tabulated, reading: Reading, classes: Sequence[int], most: int
) -> list[Read]:
    """Return variables of the class of the state before every position.

    The first one may be wrong at the position that is read first, but depends on the
    letter there alone, so that readers of the letter of the ``Read`` need not mind. If
    it is, a second one is right there too.

    Args:
        cascade: The machine as counters and latches.
        reading: What it reads.
        classes: By state, its class, from 0.
        most: The most statements.

    Raises:
        TooLongError: If it takes more.
    """
    return _Realiser(normalised(cascade), reading, classes, most).states()


def joined_with_edge(
    reading: Reading, edge: Candidate
) -> tuple[Candidate, tuple[int, ...], Mask, Mask]:
    """Return the letter joined with whether it is the first that is read.

    With it, by its values: the letter, whether it restarts, whether it is the first.
    """
    size = reading.letter.domain.size
    entries = np.add.outer(np.arange(size), [0, size])  # (letters, 2)
    price, domain = 1 + ENTRY_PRICE * entries.size, Domain.of_classes(2 * size)
    real, both = reading.sample.real, (reading.letter, edge)
    letter = tabulate(FAMILY, both, entries, domain, real, price)
    restarts, first = np.tile(reading.restarts, 2), np.repeat([False, True], size)
    return letter, reading.letters * 2, restarts, first


def without_memory(cascade: Tabulated) -> bool:
    """Check that it is nothing but counters of letters, so that order is no matter."""
    counters = not any(a.sets for table in cascade.actions for a in table.values())
    return counters and not any(_upper(cascade, i) for i in range(len(cascade.sizes)))


def normalised(cascade: Tabulated) -> Tabulated:
    """Return the cascade with counters that begin at 0 and add 1 where they can."""
    for index, size in enumerate(cascade.sizes):
        actions = set(cascade.actions[index].values())
        if any(action.sets for action in actions):
            continue
        start, added = cascade.start[index], {a.value for a in actions} - {0}
        factor = 1
        if added and gcd(least := min(added), size) == 1:
            factor = pow(least, -1, size)
        cascade = _turned(cascade, index, start, factor)
    return cascade


def _turned(cascade: Tabulated, index: int, start: int, factor: int) -> Tabulated:
    size = cascade.sizes[index]

    def turned(coordinates: Coordinates) -> Coordinates:
        if index >= len(coordinates):
            return coordinates
        value = (coordinates[index] - start) * factor % size
        return (*coordinates[:index], value, *coordinates[index + 1 :])

    def changed(of: int, action: Action) -> Action:
        if of != index:
            return action
        return Action(False, action.value * factor % size)

    return replace(
        cascade,
        start=turned(cascade.start),
        points={turned(c): point for c, point in cascade.points.items()},
        actions=tuple(
            {(a, turned(c)): changed(of, action) for (a, c), action in table.items()}
            for of, table in enumerate(cascade.actions)
        ),
    )


def _upper(cascade: Tabulated, index: int) -> tuple[int, ...]:
    # The coordinates above that say what is done.
    actions = cascade.actions[index]
    return _fewest(index, ((c, a, action) for (a, c), action in actions.items()))


def _fewest(
    count: int, rows: Iterable[tuple[Coordinates, int, Hashable]]
) -> tuple[int, ...]:
    # The fewest coordinates that, with a number, say a result; the last given up first.
    known, chosen = list(rows), tuple(range(count))
    for given_up in reversed(range(count)):
        fewer = tuple(i for i in chosen if i != given_up)
        seen: dict[tuple[int, Coordinates], Hashable] = {}
        if all(
            seen.setdefault((number, tuple(c[i] for i in fewer)), result) == result
            for c, number, result in known
        ):
            chosen = fewer
    return chosen


class _Realiser:
    def __init__(
        self,
        cascade: Tabulated,
        reading: Reading,
        classes: Sequence[int],
        most: int,
    ) -> None:
        self.cascade, self.reading, self.most = cascade, reading, most
        self.classes, self.real = classes, reading.sample.real
        parts = range(len(cascade.sizes))
        self.uppers = [_upper(cascade, index) for index in parts]
        # The coordinates that say the class, and those that they need.
        told = ((c, 0, classes[point]) for c, point in cascade.points.items())
        self.telling = _fewest(len(parts), told)
        needed = set(self.telling)
        for index in reversed(parts):
            needed.update(self.uppers[index] if index in needed else ())
        self.needed = sorted(needed)
        sets = [any(a.sets for a in actions.values()) for actions in cascade.actions]
        self.latches = [index for index in self.needed if sets[index]]
        # Where no frame stands before the first position, what a latch keeps there is
        # wrong. Those that others read are put right, if they are few; otherwise, and
        # backwards, the first position sets all of them, whatever is above.
        uppers = [self.uppers[index] for index in self.needed]
        read = [i for i in self.latches if any(i in upper for upper in uppers)]
        loose = not reading.framed and bool(self.latches)
        self.edge = reading.edge() if loose else None
        forced = loose and (reading.backwards or len(read) > 1)
        self.right = [] if forced or not loose else read
        self.letter, self.letters = reading.letter, reading.letters
        self.restarts, self.first = reading.restarts, np.zeros_like(reading.restarts)
        if forced and self.edge is not None:
            self._pay(2 * len(self.letters))
            joined = joined_with_edge(reading, self.edge)
            self.letter, self.letters, self.restarts, self.first = joined
        self.reads: dict[int, Read] = {}
        self.joined: dict[tuple[int, ...], Read] = {}

    def states(self) -> list[Read]:
        """Return the class before every position, if need be once more put right."""
        for index in self.needed:
            part = self._component(index)
            start = self.cascade.start[index]
            values = self.cascade.sizes[index]
            wrong = index in self.right
            self.reads[index] = self._righted(part, start, values) if wrong else part
        state = self._class()
        if self.edge is None or all(i in self.right for i in self.latches):
            return [state]
        start = self.classes[self.cascade.points[self.cascade.start]]
        return [state, self._righted(state, start, max(self.classes) + 1)]

    def _righted(self, read: Read, start: int, size: int) -> Read:
        # At the position that is read first, the start: (values, 2)
        assert self.edge is not None
        entries = np.maximum(read.meaning, 0)[:, None].repeat(2, axis=1)
        entries[:, 1] = start
        domain, inputs = Domain.of_classes(size), (read.variable, self.edge)
        return self._read(self._table(inputs, entries, domain), range(size))

    def _read(self, variable: Candidate, meaning: Iterable[int]) -> Read:
        return Read(variable, tuple(meaning), self.letter, self.letters, self.first)

    def _class(self) -> Read:
        # A single coordinate says the class as it is.
        told = {
            tuple(c[i] for i in self.telling): self.classes[point]
            for c, point in self.cascade.points.items()
        }
        last = self.reads[self.telling[-1]]
        if len(self.telling) == 1:
            states = [told.get((c,), UNKNOWN) for c in last.meaning]
            return self._read(last.variable, states)
        above = self._joint(self.telling[:-1])
        numbers = {n: c for c, n in self._numbers(self.telling[:-1]).items()}
        entries = np.zeros((len(above.meaning), len(last.meaning)), dtype=np.int64)
        for a, number in enumerate(above.meaning):
            for b, value in enumerate(last.meaning):
                if UNKNOWN not in (number, value):
                    entries[a, b] = told.get((*numbers[number], value), 0)
        size, inputs = max(self.classes) + 1, (above.variable, last.variable)
        variable = self._table(inputs, entries, Domain.of_classes(size))
        return self._read(variable, range(size))

    def _component(self, index: int) -> Read:
        upper = self.uppers[index]
        needed: dict[tuple[int, Coordinates], Action] = {}
        for (letter, above), action in self.cascade.actions[index].items():
            needed[letter, tuple(above[i] for i in upper)] = action
        if index in self.latches:
            return self._latch(index, upper, needed)
        return self._counter(index, upper, needed)

    def _latch(
        self,
        index: int,
        upper: tuple[int, ...],
        actions: dict[tuple[int, Coordinates], Action],
    ) -> Read:
        # The nearest position before at which something is set. If there is none, it
        # is position 0: what is kept there is the start.
        size, start = self.cascade.sizes[index], self.cascade.start[index]
        keep, kept = size, UNKNOWN if self.reading.framed else start
        values = self._by_letter(index, upper, actions, keep, start)  # (letters, above)
        if not upper:
            # The letter itself says what is set.
            sets = values[:, 0] != keep
            meaning = tuple(int(v) if v != keep else kept for v in values[:, 0])
            variable = self._head(self.letter, np.stack([sets, sets]))
            return self._read(variable, meaning)
        domain = Domain.of_classes(size + 1)
        inputs = (self.letter, self._joint(upper).variable)
        action = self._table(inputs, values, domain)
        sets = np.arange(size + 1) != keep
        variable = self._head(action, np.stack([sets, sets]))
        return self._read(variable, (*range(size), kept))

    def _counter(
        self,
        index: int,
        upper: tuple[int, ...],
        actions: dict[tuple[int, Coordinates], Action],
    ) -> Read:
        # The sum of what the positions before add, mod the size.
        reading, size = self.reading, self.cascade.sizes[index]
        amounts = self._by_letter(index, upper, actions, 0, 0)  # (letters, above)
        scope, ones = reading.scope, reading.ones
        if not upper and amounts.max() == 1:
            counted = amounts[:, 0] == 1
            predicate = np.stack([counted, counted])
            matches = Matches(reading.sample, ones, self.letter, predicate)
            (count,) = matches.count(FAMILY, [ones], scope)
        else:
            domain = Domain.of_numbers(int(amounts.max()))
            if upper:
                inputs = (self.letter, self._joint(upper).variable)
                amount = self._table(inputs, amounts, domain)
            else:
                amount = self._table((self.letter,), amounts[:, 0], domain)
            everywhere = np.ones((2, 2), dtype=np.bool_)
            matches = Matches(reading.sample, ones, ones, everywhere)
            (count,) = matches.count(FAMILY, [amount], scope)
        rest = np.arange(count.domain.size) % size
        domain = Domain.of_classes(size)
        variable = tabulate(FAMILY, (count,), rest, domain, self.real, REST_PRICE)
        return self._read(variable, range(size))

    def _by_letter(
        self,
        index: int,
        upper: tuple[int, ...],
        actions: dict[tuple[int, Coordinates], Action],
        keep: int,
        start: int,
    ) -> Ids:
        # By value of the letter and of what is above, the value that is set or added;
        # ``keep`` where nothing is changed. (values of the letter, values above)
        above = self._joint(upper).meaning if upper else (0,)
        numbers = {n: c for c, n in self._numbers(upper).items()}
        table = np.full((len(self.letters), len(above)), keep, dtype=np.int64)
        beginning = self.cascade.start
        for value, letter in enumerate(self.letters):
            for column, number in enumerate(above):
                if self.restarts[value]:
                    table[value, column] = start
                elif letter == UNKNOWN:
                    continue
                elif self.first[value]:
                    # Nothing stands before it: all above it is at its start.
                    seen = tuple(beginning[i] for i in upper)
                    action = actions.get((letter, seen), KEEP)
                    changed = action.value if action.sets else start + action.value
                    table[value, column] = changed
                elif number != UNKNOWN:
                    action = actions.get((letter, numbers[number]), KEEP)
                    if action != KEEP:
                        table[value, column] = action.value
        return table

    def _numbers(self, upper: tuple[int, ...]) -> dict[Coordinates, int]:
        # Numbers of the tuples of some coordinates that can be reached.
        if len(upper) == 1:
            return {(value,): value for value in range(self.cascade.sizes[upper[0]])}
        tuples = {tuple(c[i] for i in upper) for c in self.cascade.points}
        return {chosen: number for number, chosen in enumerate(sorted(tuples))}

    def _joint(self, upper: tuple[int, ...]) -> Read:
        # One variable for several coordinates, joined two by two.
        if len(upper) == 1:
            return self.reads[upper[0]]
        known = self.joined.get(upper)
        if known is not None:
            return known
        numbers, fewer = self._numbers(upper), self._numbers(upper[:-1])
        above, last = self._joint(upper[:-1]), self.reads[upper[-1]]
        entries = np.zeros((len(above.meaning), len(last.meaning)), dtype=np.int64)
        for chosen, number in numbers.items():
            for a in _where(above.meaning, fewer[chosen[:-1]]):
                entries[a, _where(last.meaning, chosen[-1])] = number
        domain = Domain.of_classes(len(numbers))
        variable = self._table((above.variable, last.variable), entries, domain)
        read = self._read(variable, range(len(numbers)))
        self.joined[upper] = read
        return read

    def _head(self, key: Candidate, predicate: Mask) -> Candidate:
        self._pay(0)
        matches = Matches(self.reading.sample, self.reading.ones, key, predicate)
        (variable,) = matches.attend(FAMILY, [key], self.reading.scope)
        return variable

    def _table(
        self, inputs: tuple[Candidate, ...], entries: Ids, domain: Domain
    ) -> Candidate:
        self._pay(entries.size)
        price = 1 + ENTRY_PRICE * entries.size
        return tabulate(FAMILY, inputs, entries, domain, self.real, price)

    def _pay(self, entries: int) -> None:
        self.most -= 1
        if self.most < 0:
            raise TooLongError("too many statements")
        if entries > MOST_ENTRIES:
            raise TooLongError("too large a table")


def _where(meaning: Sequence[int], value: int) -> list[int]:
    return [i for i, m in enumerate(meaning) if m == value]
