"""A weighted sum of n-grams as a program.

The variables of a program that adds up n-grams:

- ``first``, ``last``: 1 at the first and the last token, else 0;
- ``next_token``: the token, if it ends an n-gram of interest and is not the first one;
- ``gram_1``, ``gram_2``, ...: the n-gram of interest that ends here, as its own text,
  or nothing. The value of ``gram_1`` at the token before (``before_1``) and
  ``next_token`` make ``gram_2``, and so on;
- ``end_1``, ...: the same at the last token, nothing elsewhere;
- ``placed_1``, ...: likewise, each with the position where it stands;
- ``gram_2a``, ``gram_2b``, ...: likewise, where one table of all would be too large,
  from some shorter n-grams (``left_2a``) and some tokens (``right_2a``);
- ``new_word``, ``new_phrase_2``: the n-gram, if it counts once in a sequence and did
  not stand before (``word_known``);
- ``gram_2_back_1``, ...: the value of a variable so many tokens back, or ahead.

The readout adds up the weights of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Domain,
    Pooling,
    Predicate,
    Program,
    Readout,
    Scope,
    Statement,
    Term,
    input_domains,
    output_domain,
)
from transformer_programs.learn.linear.grams import Gram, GramKind, Ids, Mask
from transformer_programs.learn.linear.levels import GramTable, Levels, State
from transformer_programs.search import head_over, table_over

NOTHING = ""
"""The value where no n-gram of interest ends."""

FIRST, LAST, NEXT = "first", "last", "next_token"

NEIGHBOUR = ((0, 1), (0, 1))
"""The predicate of a head over ``ones`` that takes the nearest position."""


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
        every = zip(evidence.grams, evidence.weights, strict=True)
        flags = [False] * len(evidence.grams)
        if evidence.once is not None:
            flags = evidence.once.tolist()
        self._weights: dict[Gram, Ids] = {}
        self._once: dict[Gram, Ids] = {}
        for (gram, weights), once in zip(every, flags, strict=True):
            (self._once if once else self._weights)[gram] = weights
        self._always = evidence.always
        self._zero = np.zeros(len(dataset.labels), dtype=np.int64)
        words = any(len(word) > 1 for word in dataset.input.symbols[1:256])
        self._glue = " " if words else ""
        self._levels = Levels(evidence.grams, evidence.once)
        self._states, self._next = self._levels.states, self._levels.ends
        self.statements: list[Statement] = []
        self.terms: list[Term] = []

    def write(self) -> None:
        """Write everything."""
        kinds = dict.fromkeys(gram.kind for gram in self._weights)
        always = self._always.any() and not self._tagging
        if always or self._states:
            self._flag(FIRST, POSITIONS)
        if any(kind.end for kind in kinds):
            # After the last position there is none, and position 0 stands in.
            after, scope = "next_position", Scope.AFTER
            self._head(after, (ONES, ONES, POSITIONS), NEIGHBOUR, scope)
            self._flag(LAST, after)
        for length in sorted(self._states):
            self._write_level(length)
        for kind in kinds:
            self._weigh_kind(kind)
        self._weigh_levels()
        for length in sorted({len(gram.tokens) for gram in self._once}):
            self._weigh_once(length)
        if always:
            nothing = tuple(self._zero.tolist())
            self._term(FIRST, [nothing, tuple(self._always.tolist())])
        elif self._always.any():
            self._term(ONES, [tuple(self._always.tolist())])

    def _flag(self, name: str, place: str) -> None:
        # 1 where the place is 0.
        cells = np.arange(self._form.max_length) == 0
        self._table(name, (place,), cells, Domain.of_classes(2))

    def _write_level(self, length: int) -> None:
        states = self._states[length]
        if length == 1:
            self._write_single(states, self._texts(map(self._text, states)))
            return
        if length == 2:
            self._write_next()
        copied, value = f"before_{length - 1}", f"gram_{length - 1}"
        self._head(copied, (ONES, ONES, value), NEIGHBOUR, Scope.BEFORE)
        for part in self._levels.parts(length):
            self._write_part(part, copied, self._states[length - 1])

    def _write_part(
        self, part: GramTable, copied: str, shorter: dict[State, int]
    ) -> None:
        rows, columns = part.rows, part.columns
        left, right = copied, NEXT
        if rows is None or columns is None:
            rows, columns = shorter, self._next
        else:
            left, right = f"left_{part.name}", f"right_{part.name}"
            self._some(left, copied, {shorter[state]: i for state, i in rows.items()})
            chosen = {self._next[token]: index for token, index in columns.items()}
            self._some(right, NEXT, chosen)
        cells = np.zeros((len(rows) + 1, len(columns) + 1), dtype=np.int64)
        for tied in (False, True):  # what begins the sequence takes precedence
            for (tokens, start), index in part.states.items():
                if start != tied:
                    continue
                column = columns[tokens[-1]]
                # What begins the sequence is also what may stand anywhere.
                for begins in (True,) if start else (False, True):
                    row = rows.get((tokens[:-1], begins))
                    if row is not None:
                        cells[row, column] = index
        domain = self._texts(map(self._text, part.states))
        self._table(_variable(part), (left, right), cells, domain)

    def _some(self, name: str, source: str, ids: dict[int, int]) -> None:
        # Some values of a variable, nothing for the others.
        known = self._domains[source]
        cells = np.zeros(known.size, dtype=np.int64)
        cells[list(ids)] = list(ids.values())
        ordered = sorted(ids, key=lambda value: ids[value])
        domain = Domain.of_tokens((NOTHING, *(known.tokens[i] for i in ordered)))
        self._table(name, (source,), cells, domain)

    def _write_single(self, states: Mapping[State, int], domain: Domain) -> None:
        # Of every token: where it is not the first one, and where it is.
        cells = np.zeros((self._size(TOKENS), 2), dtype=np.int64)
        for tied in (False, True):  # what begins the sequence takes precedence
            for ((token,), start), index in states.items():
                if start == tied:
                    cells[token, int(start) :] = index
        if any(start for _, start in states):
            self._table("gram_1", (TOKENS, FIRST), cells, domain)
        else:
            self._table("gram_1", (TOKENS,), cells[:, 0], domain)

    def _write_next(self) -> None:
        known = self._domains[TOKENS]
        domain = self._texts(known.tokens[token] for token in self._next)
        # Of every token: where it is not the first one, and where it is.
        cells = np.zeros((known.size, 2), dtype=np.int64)
        for token, index in self._next.items():
            cells[token, 0] = index
        self._table(NEXT, (TOKENS, FIRST), cells, domain)

    def _weigh_levels(self) -> None:
        # N-grams wherever they stand, and those that begin the sequence.
        for length in self._states:
            for part in self._levels.parts(length):
                rows = []
                for tokens, start in part.states:
                    own = self._of(GramKind(TOKENS, length, start), tokens)
                    if start and length > 1:
                        own = own + self._of(GramKind(TOKENS, length), tokens)
                    loose = length == 1 and not start  # the tokens' own term
                    rows.append(self._zero if loose else own)
                self._weigh(_variable(part), rows)

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
            source, ids = self._source(kind)
            self._weigh_ids(source, source, ids, grams)

    def _weigh_ids(
        self,
        name: str,
        source: str,
        ids: Mapping[tuple[int, ...], list[int]],
        grams: Iterable[Gram],
    ) -> None:
        rows = np.zeros((self._size(source), len(self._zero)), dtype=np.int64)
        for gram in grams:
            rows[ids[gram.tokens]] = self._weights[gram]
        if rows.any():
            self._term(name, [tuple(row) for row in rows.tolist()])

    def _source(self, kind: GramKind) -> tuple[str, dict[tuple[int, ...], list[int]]]:
        # The variable that n-grams of a kind are values of, and their ids: those that
        # begin the sequence may have one of their own.
        if kind.length == 1:
            size = self._size(kind.variable)
            return kind.variable, {(token,): [token] for token in range(size)}
        ids: dict[tuple[int, ...], list[int]] = {}
        for (tokens, _), index in self._states[kind.length].items():
            ids.setdefault(tokens, []).append(index)
        return f"gram_{kind.length}", ids

    def _moved(self, source: str, offset: int) -> str:
        length = self._form.max_length
        places = range(offset, length + offset)
        predicate = tuple((k,) if 0 <= k < length else () for k in places)
        name = f"{source}_{'ahead' if offset > 0 else 'back'}_{abs(offset)}"
        scope = Scope.AFTER if offset > 0 else Scope.BEFORE
        self._head(name, (POSITIONS, POSITIONS, source), predicate, scope)
        return name

    def _weigh_placed(self, kind: GramKind, grams: list[Gram]) -> None:
        source, ids = self._source(kind)
        size = self._size(source)
        cells = np.zeros((self._form.max_length, size), dtype=np.int64)
        for index, gram in enumerate(grams, start=1):
            cells[gram.place, ids[gram.tokens]] = index
        texts = (f"{g.place}: {self._text((g.tokens, False))}" for g in grams)
        name = f"placed_{kind.length}"
        self._table(name, (POSITIONS, source), cells, self._texts(texts))
        self._weigh(name, [self._weights[gram] for gram in grams])

    def _weigh_end(self, length: int) -> None:
        # Those that end the sequence, and also begin it.
        for part in self._levels.parts(length):
            source, name = _variable(part), f"end_{part.name}"
            if name in self._domains:
                return
            rows = []
            for tokens, start in part.states:
                own = self._of(GramKind(TOKENS, length, start, end=True), tokens)
                loose = self._of(GramKind(TOKENS, length, end=True), tokens)
                rows.append(own + loose if start else own)
            if len(self._levels.parts(length)) > 1 and not any(map(np.any, rows)):
                continue
            domain = self._domains[source]
            self._table(name, (source, LAST), _where_raised(domain), domain)
            self._weigh(name, rows)

    def _weigh_once(self, length: int) -> None:
        # An n-gram that counts once does so where it first stands.
        grams = [gram for gram in self._once if len(gram.tokens) == length]
        name = "word" if length == 1 else f"phrase_{length}"
        if name not in self._domains:
            source, ids = self._source(grams[0].kind)
            cells = np.zeros(self._size(source), dtype=np.int64)
            for index, gram in enumerate(grams, start=1):
                cells[ids[gram.tokens]] = index
            texts = self._texts(self._text((gram.tokens, False)) for gram in grams)
            self._table(name, (source,), cells, texts)
        else:
            (part,) = (part for part in self._levels.parts(length) if part.once)
            (kind,) = {gram.kind for gram in grams}
            grams = [Gram(kind, tokens) for tokens, _ in part.states]
        domain = self._domains[name]
        same = tuple((i,) for i in range(domain.size))
        seen, known = f"{name}_before", f"{name}_known"
        self._head(seen, (name, name, ONES), same, Scope.BEFORE, Aggregate.SUM)
        times = np.arange(self._form.max_length) > 0
        self._table(known, (seen,), times, Domain.of_classes(2))
        self._table(f"new_{name}", (name, known), _where_lowered(domain), domain)
        self._weigh(f"new_{name}", [self._once[gram] for gram in grams])

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
        return Domain.of_tokens(unique(texts))

    def _size(self, variable: str) -> int:
        return self._domains[variable].size

    def _table(
        self, name: str, inputs: tuple[str, ...], cells: Ids | Mask, domain: Domain
    ) -> None:
        self._add(table_over(inputs, cells.astype(np.int64), name, domain))

    def _head(
        self,
        name: str,
        inputs: tuple[str, str, str],
        predicate: Predicate,
        scope: Scope,
        aggregate: Aggregate = Aggregate.NEAREST,
    ) -> None:
        self._add(head_over(inputs, predicate, name, scope, aggregate))

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)
        domain = output_domain(statement, self._domains, self._form.max_length)
        self._domains[statement.output] = domain


def _variable(part: GramTable) -> str:
    return f"phrase_{part.name[0]}" if part.once else f"gram_{part.name}"


def _where_lowered(domain: Domain) -> Ids:
    # Every value where a flag is down, nothing where it is up.
    return _where_raised(domain)[:, ::-1]


def _where_raised(domain: Domain) -> Ids:
    # Every value where a flag is up, nothing where it is not.
    return np.stack([np.zeros(domain.size, np.int64), np.arange(domain.size)], axis=1)


def unique(texts: Iterable[str]) -> Iterator[str]:
    """Yield nothing first, then the texts, none of them twice."""
    seen = {NOTHING}
    yield NOTHING
    for text in texts:
        while text in seen:
            text += "'"
        seen.add(text)
        yield text
