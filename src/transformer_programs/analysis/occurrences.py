"""The words that values stand for: in a vocabulary, or by how often they occur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.language import (
    BLOCK_SEQUENCES,
    ONES,
    POSITIONS,
    TOKENS,
    Array,
    Interpreter,
    Kind,
    Pooling,
    Program,
    Statement,
    encode_batch,
    prepare,
)

Ids = NDArray[np.int64]

MOST_NAMED = 5  # words of a class that are named

_MOST_WORDS = 8  # words of a group; of a value that comes from more, none are named


class ClassWords:
    """The most frequent words of every class of a program.

    A vocabulary that was made from data lists its words by falling frequency, so the
    first ones of a class are the most frequent. The unknown token comes before them, so
    that it is never left out: it stands for all words of other texts. Those of the
    frame come last.
    """

    def __init__(self, program: Program) -> None:
        self._program, form = program, program.input
        frame, unknown = form.frame, form.vocabulary.unknown
        ranks = [(w in frame) - (w == unknown) for w in form.vocabulary.tokens]
        self._order = np.argsort(ranks, kind="stable")
        # Of every class of words the position of the word (such as that which a head
        # takes), by the heads that lead there, and the class of each word.
        everything = np.arange(len(form.vocabulary), dtype=np.uint32)
        self._classes: dict[str, tuple[str, Array]] = {TOKENS: ("", everything)}
        for statement in program.statements:
            if statement.copied in self._classes:
                place, classes = self._classes[statement.copied]
                place = f"{statement.output} {place}"
                self._classes[statement.output] = (place, classes)
            elif not statement.looks_around:
                self._look_up(statement)

    def _look_up(self, statement: Statement) -> None:
        # A table of one word's classes is a class of that word.
        read = {n: self._classes[n] for n in statement.inputs if n in self._classes}
        places = {place for place, _ in read.values()}
        if len(read) == len({*statement.inputs}) and len(places) == 1:
            ids = {name: classes for name, (_, classes) in read.items()}
            step = prepare(statement, self._program)
            everywhere = np.ones(len(self._order), dtype=np.bool_)
            self._classes[statement.output] = (places.pop(), step(ids, everywhere))

    def of(self, variable: str, index: int, most: int = MOST_NAMED) -> tuple[str, ...]:
        """Return the most frequent words with an id; none if the value says it."""
        if variable not in self._classes:
            return ()
        if self._program.domains[variable].kind is Kind.TOKEN:
            return ()
        classes = self._classes[variable][1][self._order]
        chosen = self._order[np.flatnonzero(classes == index)[:most]]
        return tuple(self._program.input.vocabulary.tokens[word] for word in chosen)


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
        with_places, self._taken = _with_places(program)
        self._interpreter = Interpreter(with_places)

    def frequencies(self) -> dict[str, Frequency]:
        """Return how often the values of every variable of the readout occur.

        Raises:
            InputError: If the program does not accept one of the sequences.
        """
        domains, tagging = self.program.domains, self.program.tagging
        names = [term.variable for term in self.program.readout.terms]
        sizes = {n: 1 if domains[n].numerical else domains[n].size for n in names}
        found = {n: Frequency(*np.zeros((3, s), np.int64)) for n, s in sizes.items()}
        for traced, read in self._blocks():
            rows, columns = np.nonzero(read)
            labels = np.arange(len(rows)) if tagging else rows
            units = len(rows) if tagging else len(read)
            for name in names:
                found[name].units += units
                values, numerical = traced[name][rows, columns], domains[name].numerical
                _count(found[name], values, labels, numerical=numerical)
        return found

    def words(
        self, features: Sequence[tuple[str, int]], most: int
    ) -> list[tuple[str, ...]]:
        """Return the words, or groups of words, of values, the most frequent first.

        Args:
            features: variables and ids of their values.
            most: how many are given of each.

        Raises:
            InputError: If the program does not accept one of the sequences.
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
            tuple(text for text, _ in self._ranked(name, counter)[:most])
            for (name, _), counter in zip(features, counts, strict=True)
        ]

    def _ranked(self, variable: str, counts: Counter[str]) -> list[tuple[str, int]]:
        # A character feature is one of the word as it was typed: that its vocabulary
        # does not have the word says nothing, and comes last. It is in a class as
        # unknown, though.
        unknown = self.program.input.vocabulary.unknown
        typed = self.program.domains[variable].kind is Kind.TOKEN

        def rank(item: tuple[str, int]) -> tuple[bool, int, str]:
            group, times = item
            return typed and unknown in group.split(), -times, group

        return sorted(counts.items(), key=rank)

    def _groups(self, tokens: Ids, rows: Ids, at: Ids) -> Counter[str]:
        """Count each group of words.

        Args:
            tokens: (sequences, width) ids of words.
            rows: (occurrences,) the sequence of each.
            at: (occurrences, words) the framed positions of its words.
        """
        at = np.sort(at, axis=1)
        words = tokens[rows[:, None], at]
        # 0 for the same place again, 1 for the next one, 2 for any other.
        steps = np.minimum(np.diff(at, axis=1), 2)
        groups = np.concatenate([words, steps], axis=1)  # (occurrences, 2 words - 1)
        distinct, times = np.unique(groups, axis=0, return_counts=True)
        names, count = self.program.input.vocabulary.tokens, words.shape[1]
        found: Counter[str] = Counter()
        for row, number in zip(distinct.tolist(), times.tolist(), strict=True):
            text = names[row[0]]
            for word, step in zip(row[1:count], row[count:], strict=True):
                text += ("", f" {names[word]}", f" ... {names[word]}")[step]
            found[text] += number
        return found

    def _places(self, names: set[str], traced: dict[str, Ids]) -> dict[str, list[Ids]]:
        """Return the framed positions of the words that variables come from.

        One array for every word, (sequences, width); none if their number is not fixed,
        as for sums, or large.
        """
        statements, needed = self.program.statements, set(names)
        for statement in reversed(statements):
            if statement.output in needed:
                needed.update(_sources(statement))
        own = traced[POSITIONS]
        found = {name: [own] for name in traced if name not in (POSITIONS, ONES)}
        found |= {POSITIONS: [], ONES: []}
        for statement in statements:
            if statement.output in needed:
                places = [p for name in _sources(statement) for p in found[name]]
                # Two classes of one word are one word.
                places = [*{id(place): place for place in places}.values()]
                if statement.copied is not None:
                    taken = traced[self._taken[statement.output]]
                    places = [np.take_along_axis(p, taken, axis=1) for p in places]
                found[statement.output] = places if len(places) <= _MOST_WORDS else []
        return {name: found[name] for name in names}

    def _blocks(self) -> Iterator[tuple[dict[str, Ids], NDArray[np.bool_]]]:
        # Every variable of some sequences, and where the readout reads them.
        form, pooling = self.program.input, self.program.readout.pooling
        for start in range(0, len(self._sequences), BLOCK_SEQUENCES):
            block = self._sequences[start : start + BLOCK_SEQUENCES]
            batch = encode_batch(form, block)
            columns, lengths = np.arange(batch.ids.shape[1]), batch.lengths[:, None]
            first, last = 0, lengths
            if pooling is Pooling.FIRST:
                last = np.minimum(lengths, 1)
            elif pooling is Pooling.NONE:
                first = form.offset
                last = lengths - form.frame_size + first
            read = (columns >= first) & (columns < last)
            yield self._interpreter.trace(batch), read


def _count(found: Frequency, values: Ids, labels: Ids, *, numerical: bool) -> None:
    # Of a number, how much of it there is for each label; else how often each value.
    size = len(found.total)
    pairs = labels * size + (0 if numerical else values)
    distinct, where = np.unique(pairs, return_inverse=True)
    amounts = values if numerical else np.ones_like(values)
    times = np.bincount(where, amounts)  # (pairs,)
    for sums, added in ((found.sums, times), (found.squares, times**2)):
        sums += np.bincount(distinct % size, added, minlength=size).astype(np.int64)
    positive = np.count_nonzero(values)
    found.total += positive if numerical else np.bincount(values, minlength=size)


def _sources(statement: Statement) -> tuple[str, ...]:
    # The variables whose words are those of what the statement writes.
    if statement.copied is not None:
        return (statement.copied,)
    # Of a decision it depends on the input which words count.
    return () if statement.looks_around else statement.listed


def _with_places(program: Program) -> tuple[Program, dict[str, str]]:
    """Add the positions that heads copy from; return the variables that have them."""
    names: dict[str, str] = {}
    more = []
    for head in program.heads:
        if head.copied is not None:
            name = f"{head.output}_taken"
            while name in program.domains:
                name += "_"
            names[head.output] = name
            more.append(replace(head, output=name, value=POSITIONS))
    return replace(program, statements=(*program.statements, *more)), names
