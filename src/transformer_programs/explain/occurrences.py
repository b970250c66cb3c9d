"""How often the values of variables occur in data, and in which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import (
    BLOCK_SEQUENCES,
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Head,
    Interpreter,
    Kind,
    Pooling,
    Program,
    Table,
    encode_batch,
)

Ids = NDArray[np.int64]

_MOST_WORDS = 8
"""Words of a group; of a value that comes from more, none are named."""

_GAP, _JOIN = " ... ", " "
"""Between words that stand apart, and side by side."""


@dataclass(slots=True)
class Frequency:
    """How often every value of a variable occurs.

    A number has a single entry: how much of it there is.

    Attributes:
        total: (values,) at how many positions each occurs, or the number is not 0.
        sums: (values,) the same; of a number the sum of the numbers.
        squares: (values,) how often it occurs for one label, or how much of the number
            there is for it, squared and summed over all labels.
        units: how many labels were given: to sequences, or to tokens for tagging.
    """

    total: Ids
    sums: Ids
    squares: Ids
    units: int = 0

    @classmethod
    def nothing(cls, size: int) -> Frequency:
        """Of no data."""
        total, sums, squares = np.zeros((3, size), dtype=np.int64)
        return cls(total, sums, squares)

    def spread(self) -> NDArray[np.float64]:
        """The standard deviation, among labels, of how often each value occurs."""
        units = max(self.units, 1)
        variance = self.squares / units - (self.sums / units) ** 2
        deviation: NDArray[np.float64] = np.sqrt(np.maximum(variance, 0))
        return deviation


class Occurrences:
    """What a program's readout reads of some sequences.

    Attributes:
        program: the program.
    """

    def __init__(self, program: Program, sequences: Sequence[Sequence[str]]) -> None:
        self.program = program
        self._sequences = sequences
        self._interpreter = Interpreter(_with_places(program))

    def frequencies(self) -> dict[str, Frequency]:
        """How often the values of every variable of the readout occur.

        Raises:
            InputError: if the program does not accept one of the sequences.
        """
        domains = self.program.domains
        names = [term.variable for term in self.program.readout.terms]
        sizes = {n: 1 if domains[n].numerical else domains[n].size for n in names}
        found = {name: Frequency.nothing(size) for name, size in sizes.items()}
        for traced, read in self._blocks():
            for name in names:
                self._add(found[name], traced[name], read, domains[name].numerical)
        return found

    def _add(
        self, found: Frequency, ids: Ids, read: NDArray[np.bool_], numerical: bool
    ) -> None:
        """Count what one block has of a variable."""
        tagging = self.program.readout.pooling is Pooling.NONE
        units = int(read.sum()) if tagging else len(read)
        rows, columns = np.nonzero(read)
        values = ids[rows, columns]
        labels = np.arange(len(rows)) if tagging else rows
        if numerical:
            times = np.bincount(labels, values, minlength=units).astype(np.int64)
            found.total[0] += int((values > 0).sum())
            found.sums[0] += times.sum()
            found.squares[0] += (times**2).sum()
        else:
            size = len(found.total)
            pairs, times = np.unique(labels * size + values, return_counts=True)
            added = np.bincount(pairs % size, times, minlength=size).astype(np.int64)
            found.total += added
            found.sums += added
            squares = np.bincount(pairs % size, times**2, minlength=size)
            found.squares += squares.astype(np.int64)
        found.units += units

    def words(self, features: Sequence[tuple[str, int]], most: int) -> list[list[str]]:
        """The words, or groups of words, of some values, the most frequent first.

        Args:
            features: variables and ids of their values.
            most: how many are given of each.

        Raises:
            InputError: if the program does not accept one of the sequences.
        """
        counts: list[Counter[str]] = [Counter() for _ in features]
        names = {name for name, _ in features}
        for traced, read in self._blocks():
            places = self._places(names, traced)
            for (name, index), counter in zip(features, counts, strict=True):
                rows, columns = np.nonzero(read & (traced[name] == index))
                if places[name]:
                    at = np.stack([p[rows, columns] for p in places[name]], axis=1)
                    counter.update(self._groups(traced[TOKENS], rows, at))
        return [
            [text for text, _ in self._ranked(name, counter)[:most]]
            for (name, _), counter in zip(features, counts, strict=True)
        ]

    def _ranked(self, variable: str, counts: Counter[str]) -> list[tuple[str, int]]:
        """Groups of words by falling frequency.

        A surface is one of the word as it was typed: that its vocabulary does not have
        the word says nothing, and comes last. It is in a class as unknown, though.
        """
        unknown = self.program.input.vocabulary.unknown
        typed = self.program.domains[variable].kind is Kind.TOKEN

        def rank(item: tuple[str, int]) -> tuple[bool, int, str]:
            group, times = item
            return typed and unknown in group.split(), -times, group

        return sorted(counts.items(), key=rank)

    def _groups(self, tokens: Ids, rows: Ids, at: Ids) -> Counter[str]:
        """How often each group of words occurs.

        Args:
            tokens: (sequences, width) ids of words.
            rows: (occurrences,) the sequence of each.
            at: (occurrences, words) the framed positions of its words.
        """
        at = np.sort(at, axis=1)
        words = tokens[rows[:, None], at]
        steps = np.diff(at, axis=1)
        # 0 for the same place again, 1 for the next one, 2 for any other.
        groups = np.concatenate([words, np.minimum(steps, 2)], axis=1)
        distinct, times = np.unique(groups, axis=0, return_counts=True)
        names, count = self.program.input.vocabulary.tokens, words.shape[1]
        found: Counter[str] = Counter()
        for row, number in zip(distinct.tolist(), times.tolist(), strict=True):
            text = names[row[0]]
            for word, step in zip(row[1:count], row[count:], strict=True):
                if step:
                    text += (_JOIN if step == 1 else _GAP) + names[word]
            found[text] += number
        return found

    def _places(self, names: set[str], traced: dict[str, Ids]) -> dict[str, list[Ids]]:
        """The framed positions of the words that variables come from.

        One array for every word, (sequences, width); none if their number is not fixed,
        as for counts, or large.
        """
        own, needed = traced[POSITIONS], self._needed(names)
        found = {name: [own] for name in traced if name not in (POSITIONS, ONES)}
        found |= {POSITIONS: [], ONES: []}
        for statement in self.program.statements:
            if statement.output not in needed:
                continue
            match statement:
                case Head(aggregate=Aggregate.NEAREST):
                    taken = traced[_taken(statement.output, self.program)]
                    places = [
                        np.take_along_axis(place, taken, axis=1)
                        for place in found[statement.value]
                    ]
                case Table():
                    read = [p for name in statement.inputs for p in found[name]]
                    # Two classes of one word are one word.
                    places = [*{id(place): place for place in read}.values()]
                case Head():
                    places = []
            found[statement.output] = places if len(places) <= _MOST_WORDS else []
        return {name: found[name] for name in names}

    def _needed(self, names: set[str]) -> set[str]:
        """The variables whose words the words of some variables are."""
        needed = set(names)
        for statement in reversed(self.program.statements):
            if statement.output in needed:
                match statement:
                    case Head(aggregate=Aggregate.NEAREST):
                        needed.add(statement.value)
                    case Table():
                        needed.update(statement.inputs)
        return needed

    def _blocks(self) -> Iterator[tuple[dict[str, Ids], NDArray[np.bool_]]]:
        """Every variable of some sequences, and where the readout reads them."""
        form, pooling = self.program.input, self.program.readout.pooling
        for start in range(0, len(self._sequences), BLOCK_SEQUENCES):
            block = self._sequences[start : start + BLOCK_SEQUENCES]
            batch = encode_batch(form, block)
            columns = np.arange(batch.ids.shape[1])
            read = columns < batch.lengths[:, None]
            if pooling is Pooling.FIRST:
                read &= columns == 0
            elif pooling is Pooling.NONE:
                bare = np.array([len(tokens) for tokens in block])
                read = (columns >= form.offset) & (
                    columns < form.offset + bare[:, None]
                )
            yield self._interpreter.trace(batch), read


def _taken(variable: str, program: Program) -> str:
    """The name of the positions that a head copies from."""
    name = f"{variable}_taken"
    while name in program.domains:
        name += "_"
    return name


def _with_places(program: Program) -> Program:
    """The program, in which every head that copies also copies the position."""
    more = tuple(
        replace(head, output=_taken(head.output, program), value=POSITIONS)
        for head in program.statements
        if isinstance(head, Head) and not head.sums
    )
    return replace(program, statements=(*program.statements, *more))
