"""A weighted sum of n-grams as a program.

The variables of a program that adds up n-grams:

- ``first``, ``last``: 1 at the first and the last token, else 0;
- ``next_token``: the token, if it ends an n-gram of interest and is not the first one;
- ``gram_1``, ``gram_2``, ...: the n-gram of interest that ends here, as its own text,
  or nothing. The value of ``gram_1`` at the token before (``before_1``) and
  ``next_token`` make ``gram_2``, and so on;
- ``end_1``, ...: the same at the last token, nothing elsewhere;
- ``placed_1``, ...: likewise, each with the position where it stands;
- ``word_again``, ``phrase_2_again``: the n-gram, if it counts once in a sequence and
  stood before (``word_known``);
- ``gram_2_back_1``, ...: the value of a variable so many tokens back, or ahead.

The readout adds up the weights of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.learn.linear.grams import Gram, GramKind, Ids, Mask
from transformer_programs.program import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
    Term,
    input_domains,
    output_domain,
)

NOTHING = ""
"""The value where no n-gram of interest ends."""

FIRST, LAST, NEXT = "first", "last", "next_token"

_NEIGHBOUR = ((0, 1), (0, 1))
"""The predicate of a head over ``ones`` that takes the nearest position."""

State = tuple[tuple[int, ...], bool]
"""Tokens, and whether they begin the sequence."""


@dataclass(frozen=True, slots=True)
class SumOfGrams:
    """What n-grams say of a sequence, or of a token.

    Attributes:
        grams: The n-grams.
        weights: (n-grams, labels) whole numbers.
        always: (labels,) what is added in any case.
        once: (n-grams,) which of them count once in a sequence, if any: n-grams of one
            or two tokens that may stand anywhere.
    """

    grams: tuple[Gram, ...]
    weights: Ids
    always: Ids
    once: Mask | None = None


def cells_of(grams: Iterable[Gram]) -> int:
    """Return how many cells the largest table has that joins n-grams."""
    states: dict[int, set[State]] = {}
    last = set()
    for gram in grams:
        last |= set(gram.tokens[1:])
        if _is_told_apart(gram):
            for length in range(1, len(gram.tokens) + 1):
                state = gram.tokens[:length], gram.kind.start
                states.setdefault(length, set()).add(state)
    rows = [len(states[length - 1]) + 1 for length in states if length > 1]
    return max(rows, default=0) * (len(last) + 1)


def _is_told_apart(gram: Gram) -> bool:
    # Single tokens that may stand anywhere have a variable already.
    return len(gram.tokens) > 1 or gram.kind.start or gram.kind.end


def program_of(dataset: Dataset, evidence: SumOfGrams) -> Program:
    """Write a sum of evidence as a program with the labels of a data set."""
    writer = _SumWriter(dataset, evidence)
    writer.write()
    pooling = Pooling.NONE if dataset.tagging else Pooling.MEAN
    readout = Readout(dataset.labels, tuple(writer.terms), pooling)
    return Program(dataset.name, dataset.input, tuple(writer.statements), readout)


class _SumWriter:
    """Statements and terms as they come to be written."""

    def __init__(self, dataset: Dataset, evidence: SumOfGrams) -> None:
        self._form, self._tagging = dataset.input, dataset.tagging
        self._domains = input_domains(dataset.input)
        self._weights = dict(zip(evidence.grams, evidence.weights, strict=True))
        self._always = evidence.always
        once = () if evidence.once is None else evidence.once.tolist()
        self._once = [g for g, only in zip(evidence.grams, once, strict=False) if only]
        self._zero = np.zeros(len(dataset.labels), dtype=np.int64)
        words = any(len(word) > 1 for word in dataset.input.symbols[1:256])
        self._glue = " " if words else ""
        # By length: the states that have to be told apart, with their ids.
        self._states: dict[int, dict[State, int]] = {}
        self._next: dict[int, int] = {}
        self.statements: list[Statement] = []
        self.terms: list[Term] = []

    def write(self) -> None:
        """Write everything."""
        kinds = dict.fromkeys(gram.kind for gram in self._weights)
        self._find_states()
        always = self._always.any() and not self._tagging
        if always or self._states:
            self._add(self._flag(FIRST, POSITIONS))
        if any(kind.end for kind in kinds):
            # After the last position there is none, and position 0 stands in.
            after, scope = "next_position", Scope.AFTER
            self._add(Head(after, ONES, ONES, POSITIONS, _NEIGHBOUR, scope))
            self._add(self._flag(LAST, after))
        for length in sorted(self._states):
            self._write_level(length)
        for kind in kinds:
            self._weigh_kind(kind)
        self._weigh_levels()
        for length in sorted({len(gram.tokens) for gram in self._once}):
            self._take_back(length)
        if always:
            nothing = tuple(self._zero.tolist())
            self._term(FIRST, [nothing, tuple(self._always.tolist())])
        elif self._always.any():
            self._term(ONES, [tuple(self._always.tolist())])

    def _find_states(self) -> None:
        ends = set()
        for gram in self._weights:
            if _is_told_apart(gram):
                for length in range(1, len(gram.tokens) + 1):
                    known = self._states.setdefault(length, {})
                    state = gram.tokens[:length], gram.kind.start
                    known.setdefault(state, len(known) + 1)
            ends |= set(gram.tokens[1:])
        self._next = {token: index for index, token in enumerate(sorted(ends), 1)}

    def _flag(self, name: str, place: str) -> Table:
        table = (1, *[0] * (self._form.max_length - 1))
        return Table(name, (place,), table, Domain.of_classes(2))

    def _write_level(self, length: int) -> None:
        states = self._states[length]
        domain = self._texts(map(self._text, states))
        if length == 1:
            self._write_single(states, domain)
            return
        if length == 2:
            self._write_next()
        copied, value = f"before_{length - 1}", f"gram_{length - 1}"
        self._add(Head(copied, ONES, ONES, value, _NEIGHBOUR, Scope.BEFORE))
        rows = self._states[length - 1]
        cells = np.zeros((len(rows) + 1, len(self._next) + 1), dtype=np.int64)
        for tied in (False, True):  # what begins the sequence takes precedence
            for (tokens, start), index in states.items():
                if start != tied:
                    continue
                column = self._next[tokens[-1]]
                # What begins the sequence is also what may stand anywhere.
                for begins in (True,) if start else (False, True):
                    row = rows.get((tokens[:-1], begins))
                    if row is not None:
                        cells[row, column] = index
        table = tuple(cells.ravel().tolist())
        self._add(Table(f"gram_{length}", (copied, NEXT), table, domain))

    def _write_single(self, states: Mapping[State, int], domain: Domain) -> None:
        tokens = range(self._domains[TOKENS].size)
        anywhere = [states.get(((token,), False), 0) for token in tokens]
        if not any(start for _, start in states):
            self._add(Table("gram_1", (TOKENS,), tuple(anywhere), domain))
            return
        first = [states.get(((token,), True), anywhere[token]) for token in tokens]
        cells = [x for pair in zip(anywhere, first, strict=True) for x in pair]
        self._add(Table("gram_1", (TOKENS, FIRST), tuple(cells), domain))

    def _write_next(self) -> None:
        known = self._domains[TOKENS]
        domain = self._texts(known.tokens[token] for token in self._next)
        # Of every token: where it is not the first one, and where it is.
        cells = [x for t in range(known.size) for x in (self._next.get(t, 0), 0)]
        self._add(Table(NEXT, (TOKENS, FIRST), tuple(cells), domain))

    def _weigh_levels(self) -> None:
        # N-grams wherever they stand, and those that begin the sequence.
        for length, states in self._states.items():
            rows = []
            for tokens, start in states:
                own = self._of(GramKind(TOKENS, length, start), tokens)
                if start and length > 1:
                    own = own + self._of(GramKind(TOKENS, length), tokens)
                loose = length == 1 and not start  # the tokens' own term
                rows.append(self._zero if loose else own)
            self._weigh(f"gram_{length}", rows)

    def _weigh_kind(self, kind: GramKind) -> None:
        grams = [gram for gram in self._weights if gram.kind == kind]
        if kind.placed:
            self._weigh_placed(kind, grams)
        elif kind.end:
            self._weigh_end(kind.length)
        elif kind.offset:
            source, ids = self._source(kind)
            name = self._moved(source, kind.offset)
            self._weigh_ids(name, source, ids, grams)
        elif kind.length == 1 and not kind.start:
            ids = {(token,): token for token in range(self._size(kind.variable))}
            self._weigh_ids(kind.variable, kind.variable, ids, grams)

    def _weigh_ids(
        self,
        name: str,
        source: str,
        ids: Mapping[tuple[int, ...], int],
        grams: Iterable[Gram],
    ) -> None:
        rows = np.zeros((self._size(source), len(self._zero)), dtype=np.int64)
        for gram in grams:
            rows[ids[gram.tokens]] = self._weights[gram]
        if rows.any():
            self._term(name, [tuple(row) for row in rows.tolist()])

    def _source(self, kind: GramKind) -> tuple[str, dict[tuple[int, ...], int]]:
        # The variable that n-grams of a kind are values of, and their ids.
        if kind.length == 1:
            size = self._size(kind.variable)
            return kind.variable, {(token,): token for token in range(size)}
        states = self._states[kind.length]
        return f"gram_{kind.length}", {tokens: i for (tokens, _), i in states.items()}

    def _moved(self, source: str, offset: int) -> str:
        length = self._form.max_length
        places = range(offset, length + offset)
        predicate = tuple((k,) if 0 <= k < length else () for k in places)
        name = f"{source}_{'ahead' if offset > 0 else 'back'}_{abs(offset)}"
        scope = Scope.AFTER if offset > 0 else Scope.BEFORE
        self._add(Head(name, POSITIONS, POSITIONS, source, predicate, scope))
        return name

    def _weigh_placed(self, kind: GramKind, grams: list[Gram]) -> None:
        source, ids = self._source(kind)
        size = self._size(source)
        cells = np.zeros((self._form.max_length, size), dtype=np.int64)
        for index, gram in enumerate(grams, start=1):
            cells[gram.place, ids[gram.tokens]] = index
        texts = (f"{g.place}: {self._text((g.tokens, False))}" for g in grams)
        name, table = f"placed_{kind.length}", tuple(cells.ravel().tolist())
        self._add(Table(name, (POSITIONS, source), table, self._texts(texts)))
        self._weigh(name, [self._weights[gram] for gram in grams])

    def _weigh_end(self, length: int) -> None:
        # Those that end the sequence, and also begin it.
        source, name = f"gram_{length}", f"end_{length}"
        if name in self._domains:
            return
        rows = []
        for tokens, start in self._states[length]:
            own = self._of(GramKind(TOKENS, length, start, end=True), tokens)
            loose = self._of(GramKind(TOKENS, length, end=True), tokens)
            rows.append(own + loose if start else own)
        domain = self._domains[source]
        cells = tuple(x for i in range(domain.size) for x in (0, i))
        self._add(Table(name, (source, LAST), cells, domain))
        self._weigh(name, rows)

    def _take_back(self, length: int) -> None:
        # What an n-gram adds is taken away again where it stood before.
        grams = [gram for gram in self._once if len(gram.tokens) == length]
        source, ids = self._source(grams[0].kind)
        place = {ids[gram.tokens]: n for n, gram in enumerate(grams, start=1)}
        cells = tuple(place.get(i, 0) for i in range(self._size(source)))
        domain = self._texts(self._text((gram.tokens, False)) for gram in grams)
        name = "word" if length == 1 else f"phrase_{length}"
        self._add(Table(name, (source,), cells, domain))
        same = tuple((i,) for i in range(domain.size))
        seen, known, again = (f"{name}_{x}" for x in ("before", "known", "again"))
        self._add(Head(seen, name, name, ONES, same, Scope.BEFORE, Aggregate.SUM))
        times = (0, *[1] * (self._form.max_length - 1))
        self._add(Table(known, (seen,), times, Domain.of_classes(2)))
        repeated = tuple(x for i in range(domain.size) for x in (0, i))
        self._add(Table(again, (name, known), repeated, domain))
        self._weigh(again, [-self._weights[gram] for gram in grams])

    def _of(self, kind: GramKind, tokens: tuple[int, ...]) -> Ids:
        found: Ids = self._weights.get(Gram(kind, tokens), self._zero)
        return found

    def _weigh(self, variable: str, rows: list[Ids]) -> None:
        # Nothing says nothing.
        if any(row.any() for row in rows):
            rows = [self._zero, *rows]
            self._term(variable, [tuple(row.tolist()) for row in rows])

    def _term(self, variable: str, rows: list[tuple[int, ...]]) -> None:
        self.terms.append(Term(variable, tuple(rows)))

    def _text(self, state: State) -> str:
        tokens, start = state
        known = self._domains[TOKENS].tokens
        text = self._glue.join(known[token] for token in tokens)
        return f"^{self._glue}{text}" if start else text

    def _texts(self, texts: Iterable[str]) -> Domain:
        return Domain.of_tokens(_unique(texts))

    def _size(self, variable: str) -> int:
        return self._domains[variable].size

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)
        match statement:
            case Table():
                self._domains[statement.output] = statement.domain
            case Head():
                length = self._form.max_length
                domain = output_domain(statement, self._domains, length)
                self._domains[statement.output] = domain


def _unique(texts: Iterable[str]) -> Iterator[str]:
    # Nothing first, and no text twice.
    seen = {NOTHING}
    yield NOTHING
    for text in texts:
        while text in seen:
            text += "'"
        seen.add(text)
        yield text
