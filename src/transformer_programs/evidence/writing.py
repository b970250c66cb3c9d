"""A weighted sum of n-grams as a program.

The variables of a program that adds up n-grams:

- ``first``, ``last``: 1 at the first and the last token, else 0;
- ``next_token``: the token, if it ends an n-gram of interest and is not the first one;
- ``gram_1``, ``gram_2``, ...: the n-gram of interest that ends here, as its own text,
  or nothing. The value of ``gram_1`` at the token before (``before_1``) and
  ``next_token`` make ``gram_2``, and so on;
- ``end_1``, ...: likewise, at the last token alone.

The readout adds up the weights of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.evidence.grams import Gram, Ids
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Domain,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
)

NOTHING = ""
"""The value where no n-gram of interest ends."""

FIRST, LAST, NEXT = "first", "last", "next_token"

_NEIGHBOUR = ((0, 1), (0, 1))
"""The predicate of a head over ``ones`` that takes the nearest position."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What n-grams say of a sequence.

    Attributes:
        grams: The n-grams.
        weights: (n-grams, labels) whole numbers.
        always: (labels,) what is added for every sequence.
    """

    grams: tuple[Gram, ...]
    weights: Ids
    always: Ids


def cells_of(grams: Iterable[Gram]) -> int:
    """Return how many cells the largest table has that n-grams need."""
    prefixes: dict[int, set[Gram]] = {}
    last = set()
    for gram in grams:
        if len(gram) > 1:
            last |= set(gram.tokens[1:])
            for length in range(1, len(gram)):
                part = Gram(gram.tokens[:length], gram.start)
                prefixes.setdefault(length, set()).add(part)
    most = max(map(len, prefixes.values()), default=0)
    return (most + 1) * (len(last) + 1)


def program_of(dataset: Dataset, evidence: Evidence) -> Program:
    """Write a sum of evidence as a program with the labels of a data set."""
    writer = _Writer(dataset, evidence)
    writer.write()
    readout = Readout(dataset.labels, tuple(writer.terms), Pooling.MEAN)
    statements = tuple(writer.statements)
    return Program(dataset.name, dataset.input, statements, readout)


class _Writer:
    """Statements and terms as they come to be written."""

    def __init__(self, dataset: Dataset, evidence: Evidence) -> None:
        self._form, self._labels = dataset.input, dataset.labels
        self._words = Domain.of_tokens(dataset.input.vocabulary.tokens)
        self._weights = dict(zip(evidence.grams, evidence.weights, strict=True))
        self._always = evidence.always
        self._glue = " " if any(len(w) > 1 for w in dataset.input.symbols[:256]) else ""
        self._texts: dict[Gram, str] = {}
        self.statements: list[Statement] = []
        self.terms: list[Term] = []

    def write(self) -> None:
        """Write everything."""
        longest = max(map(len, self._weights), default=1)
        levels = [self._level(length) for length in range(1, longest + 1)]
        tied = any(gram.start for gram in self._weights)
        if longest > 1 or tied or self._always.any():
            self._write_first()
        if any(gram.end for gram in self._weights):
            self._write_last()
        self._weigh_tokens()
        if longest > 1:
            ends = {token for level in levels[1:] for g in level for token in g.tokens}
            self._write_next(ends)
        for length, level in enumerate(levels, start=1):
            if level:
                self._write_level(length, level, levels)
        if self._always.any():
            nothing = (0,) * len(self._labels)
            rows = (nothing, tuple(self._always.tolist()))
            self.terms.append(Term(FIRST, rows))

    def _level(self, length: int) -> list[Gram]:
        # The n-grams of a length that have to be told apart, loose ends all.
        found: dict[Gram, None] = {}
        for gram in self._weights:
            begins = len(gram) > length
            itself = len(gram) == length and (length > 1 or gram.start or gram.end)
            if begins or itself:
                found[Gram(gram.tokens[:length], gram.start)] = None
        return [*found]

    def _write_first(self) -> None:
        table = (1, *[0] * (self._form.max_length - 1))
        self._add(Table(FIRST, (POSITIONS,), table, Domain.of_classes(2)))

    def _write_last(self) -> None:
        # After the last position there is none, and position 0 stands in.
        after = "next_position"
        self._add(Head(after, ONES, ONES, POSITIONS, _NEIGHBOUR, Scope.AFTER))
        table = (1, *[0] * (self._form.max_length - 1))
        self._add(Table(LAST, (after,), table, Domain.of_classes(2)))

    def _weigh_tokens(self) -> None:
        # Single tokens, wherever they stand.
        rows = np.zeros((self._words.size, len(self._labels)), dtype=np.int64)
        for gram, weights in self._weights.items():
            if len(gram) == 1 and not (gram.start or gram.end):
                rows[gram.tokens[0]] = weights
        if rows.any():
            self.terms.append(Term(TOKENS, tuple(map(tuple, rows.tolist()))))

    def _write_next(self, ends: set[int]) -> None:
        tokens = sorted(ends)
        domain = Domain.of_tokens(self._unique(self._words.tokens[t] for t in tokens))
        place = {token: index + 1 for index, token in enumerate(tokens)}
        # Of every token: not the first one, or the first one.
        cells = [x for t in range(self._words.size) for x in (place.get(t, 0), 0)]
        self._next = place
        self._add(Table(NEXT, (TOKENS, FIRST), tuple(cells), domain))

    def _write_level(
        self, length: int, level: list[Gram], levels: list[list[Gram]]
    ) -> None:
        name = f"gram_{length}"
        ids = {gram: index for index, gram in enumerate(level, start=1)}
        domain = Domain.of_tokens(self._unique(map(self._text, level)))
        if length == 1:
            self._write_single(name, ids, domain)
        else:
            self._write_joined(name, length, ids, levels[length - 2], domain)
        loose = [self._weight(gram, end=False) for gram in level]
        if length == 1:  # what they weigh anywhere stands with the tokens
            loose = [self._own(gram, end=False) for gram in level]
        self._weigh(name, loose)
        at_end = [self._weight(gram, end=True) for gram in level]
        if any(row.any() for row in at_end):
            kept = [i for i, row in enumerate(at_end, start=1) if row.any()]
            texts = ("", *(domain.tokens[i] for i in kept))
            place = {index: number for number, index in enumerate(kept, start=1)}
            cells = [x for i in range(domain.size) for x in (0, place.get(i, 0))]
            end = f"end_{length}"
            ends = Domain.of_tokens(texts)
            self._add(Table(end, (name, LAST), tuple(cells), ends))
            self._weigh(end, [at_end[i - 1] for i in kept])

    def _write_single(self, name: str, ids: Mapping[Gram, int], domain: Domain) -> None:
        tokens = range(self._words.size)
        anywhere = [ids.get(Gram((token,)), 0) for token in tokens]
        if not any(gram.start for gram in ids):
            self._add(Table(name, (TOKENS,), tuple(anywhere), domain))
            return
        at_first = [ids.get(Gram((t,), start=True), anywhere[t]) for t in tokens]
        cells = [x for pair in zip(anywhere, at_first, strict=True) for x in pair]
        self._add(Table(name, (TOKENS, FIRST), tuple(cells), domain))

    def _write_joined(
        self,
        name: str,
        length: int,
        ids: Mapping[Gram, int],
        before: list[Gram],
        domain: Domain,
    ) -> None:
        copied = f"before_{length - 1}"
        value = f"gram_{length - 1}"
        self._add(Head(copied, ONES, ONES, value, _NEIGHBOUR, Scope.BEFORE))
        width = len(self._next) + 1
        cells = np.zeros((len(before) + 1, width), dtype=np.int64)
        rows = {gram: index for index, gram in enumerate(before, start=1)}
        for gram, index in ids.items():
            column = self._next[gram.tokens[-1]]
            head = gram.tokens[:-1]
            if Gram(head, gram.start) in rows:
                cells[rows[Gram(head, gram.start)], column] = index
            # What begins the sequence is also what may stand anywhere.
            tied = Gram(head, start=True)
            if not gram.start and tied in rows and not cells[rows[tied], column]:
                cells[rows[tied], column] = index
        for gram, index in ids.items():
            if gram.start:
                row = rows[Gram(gram.tokens[:-1], start=True)]
                cells[row, self._next[gram.tokens[-1]]] = index
        table = tuple(cells.ravel().tolist())
        self._add(Table(name, (copied, NEXT), table, domain))

    def _own(self, gram: Gram, *, end: bool) -> Ids:
        nothing = np.zeros(len(self._labels), dtype=np.int64)
        if len(gram) == 1 and not gram.start and not end:
            return nothing
        return self._weights.get(Gram(gram.tokens, gram.start, end), nothing)

    def _weight(self, gram: Gram, *, end: bool) -> Ids:
        # Also what it says as an n-gram that may stand anywhere.
        own = self._own(gram, end=end)
        return own + self._own(Gram(gram.tokens), end=end) if gram.start else own

    def _weigh(self, variable: str, rows: list[Ids]) -> None:
        if any(row.any() for row in rows):
            nothing = (0,) * len(self._labels)
            weights = (nothing, *(tuple(row.tolist()) for row in rows))
            self.terms.append(Term(variable, weights))

    def _text(self, gram: Gram) -> str:
        text = self._glue.join(self._words.tokens[token] for token in gram.tokens)
        return f"^{self._glue}{text}" if gram.start else text

    def _unique(self, texts: Iterable[str]) -> Iterator[str]:
        # Nothing first, and no text twice.
        seen = {NOTHING}
        yield NOTHING
        for text in texts:
            while text in seen:
                text += "'"
            seen.add(text)
            yield text

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)
