"""Tags by sums of evidence in rounds, written as a program.

The variables beside the inputs:

- ``listed_word``: the token, if it is weighed by itself, else nothing;
- ``kind``: what letters, digits and signs a token has, coarsely;
- ``class_64``, ...: the cluster of the token's word vector, by its first words;
- ``tokens_gram_2``, ``tokens_and_kind``, ...: values at one or several places, if their
  combination is of interest, else nothing;
- ``tokens_back_1``, ``kind_ahead_2``, ...: the value of a variable so many tokens
  earlier or later;
- ``tag_1``, ...: the decision of a round, which the next one reads around each token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.data import Dataset
from transformer_programs.language import (
    ONES,
    TOKENS,
    Aggregate,
    Domain,
    InputFormat,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    SurfaceKind,
    Term,
    input_domains,
    output_domain,
    sum_bound,
)
from transformer_programs.learn.linear.grams import Ids
from transformer_programs.learn.linear.places import KIND, Pattern, View, kind_of
from transformer_programs.learn.linear.word_classes import WordClasses
from transformer_programs.learn.linear.writing import NEIGHBOUR, NOTHING, unique
from transformer_programs.search import decision_over, head_over, table_over

WORD = "listed_word"
"""The variable of the words that are weighed, if most are not."""

MANY_WORDS = 3
"""Times as many words as are weighed are most of them."""

ALONE = Pattern(((TOKENS, 0),))
"""The pattern of a single word."""

FEW_VALUES = 64
"""A variable with at most so many values is joined with others as it is."""

Values = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WeighedView:
    """What the states of a view add to the score of every label.

    Attributes:
        view: The view.
        states: The values of every state that adds something.
        weights: (states, labels) whole numbers, the least of each row 0.
    """

    view: View
    states: tuple[Values, ...]
    weights: Ids


@dataclass(frozen=True, slots=True)
class Round:
    """A sum of evidence: its views, and what is added in any case."""

    views: tuple[WeighedView, ...]
    always: Ids

    @property
    def size(self) -> int:
        """How many states have weights."""
        return sum(len(one.states) for one in self.views)


def decision(number: int) -> str:
    """Return the name of the variable that a round decides on."""
    return f"tag_{number}"


def decided(dataset: Dataset) -> Domain:
    """Return what a round decides on: labels, and nothing for the frame."""
    edge = (NOTHING,) if dataset.input.frame else ()
    return Domain.of_tokens((*dataset.labels, *edge))


def kinds(form: InputFormat) -> tuple[str, Ids, Domain] | None:
    """Return the shape feature, the id of the kind of each value, and the kinds."""
    for surface in form.surfaces:
        if surface.kind is SurfaceKind.SHAPE:
            found = [kind_of(value) for value in surface.values]
            names = sorted(set(found))
            ids = np.array([names.index(kind) for kind in found], np.int64)
            return surface.name, ids, Domain.of_tokens(names)
    return None


def cells(pattern: Pattern, states: Sequence[Values], sizes: Mapping[str, int]) -> int:
    """Return how many cells the largest table has that finds these states."""
    largest, before = 0, 0
    for number, (name, _) in enumerate(pattern.parts):
        size = sizes[name]
        if size > FEW_VALUES:
            size = len({values[number] for values in states}) + 1
        if number:
            largest = max(largest, before * size)
            before = len({values[: number + 1] for values in states}) + 1
        else:
            before = size
    return largest


def program_of(
    dataset: Dataset, rounds: Sequence[Round], classes: Mapping[str, WordClasses]
) -> Program:
    """Write rounds of evidence as a program.

    Args:
        dataset: What was learned from.
        rounds: In turn; the last one gives the labels.
        classes: Classes of words, by the names of their variables.
    """
    writer = _TagWriter(dataset, rounds, classes)
    for number, one in enumerate(rounds[:-1], 1):
        writer.decide(decision(number), one)
    readout = Readout(dataset.labels, tuple(writer.terms(rounds[-1])), Pooling.NONE)
    return Program(dataset.name, dataset.input, tuple(writer.statements), readout)


class _TagWriter:
    """Statements as they come to be written."""

    def __init__(
        self,
        dataset: Dataset,
        rounds: Sequence[Round],
        classes: Mapping[str, WordClasses],
    ) -> None:
        self._dataset, self._form = dataset, dataset.input
        self._domains = input_domains(dataset.input)
        self._interest: dict[Pattern, dict[Values, None]] = {}
        for one in rounds:
            for weighed in one.views:
                known = self._interest.setdefault(weighed.view.pattern, {})
                known.update(dict.fromkeys(weighed.states))
        # By pattern the variable of its states, and their ids.
        self._known: dict[Pattern, tuple[str, dict[Values, int]]] = {}
        self._moves: dict[tuple[str, int], str] = {}
        self.statements: list[Statement] = []
        read = {name for pattern in self._interest for name in pattern.variables}
        if KIND in read and (kind := kinds(self._form)) is not None:
            shape, ids, domain = kind
            self._table(KIND, (shape,), ids, domain)
        for name, found in classes.items():
            if name in read:
                self._table(name, (TOKENS,), found.ids, found.domain)

    def decide(self, name: str, one: Round) -> None:
        """Write the decision of a round."""
        domain = decided(self._dataset)
        terms = self.terms(one)
        if self._form.frame:
            terms = self._with_edge(terms)
        self._add(decision_over(terms, name, domain))

    def terms(self, one: Round) -> list[Term]:
        """Return what views add, after writing what finds their states."""
        found = []
        for weighed in one.views:
            variable, ids = self._states(weighed.view.pattern)
            size, labels = self._domains[variable].size, weighed.weights.shape[1]
            rows = np.zeros((size, labels), dtype=np.int64)
            rows[[ids[values] for values in weighed.states]] = weighed.weights
            moved = self._moved(variable, weighed.view.offset)
            found.append(Term(moved, tuple(map(tuple, rows.tolist()))))
        if one.always.any():
            found.append(Term(ONES, (tuple(one.always.tolist()),)))
        return found

    def _with_edge(self, terms: Sequence[Term]) -> list[Term]:
        # One more value is decided on, at the tokens of the frame.
        largest = sum_bound(terms, self._domains) + 1
        name, ids = self._known.get(ALONE, (TOKENS, {}))
        places = [self._form.vocabulary.ids[token] for token in self._form.frame]
        if name != TOKENS:
            places = [ids[token,] for token in places]
        found = {t.variable: [(*row, 0) for row in t.weights] for t in terms}
        labels = len(terms[0].weights[0]) if terms else 0
        rows = found.setdefault(name, [(0,) * (labels + 1)] * self._domains[name].size)
        for place in places:
            rows[place] = (*rows[place][:-1], largest)
        return [Term(name, tuple(rows)) for name, rows in found.items()]

    def _states(self, pattern: Pattern) -> tuple[str, dict[Values, int]]:
        if pattern not in self._known:
            self._known[pattern] = self._find(pattern)
        return self._known[pattern]

    def _find(self, pattern: Pattern) -> tuple[str, dict[Values, int]]:
        states = [*self._interest[pattern]]
        (first, _), *more = pattern.parts
        if not more:
            size = self._domains[first].size
            if first != TOKENS or size < MANY_WORDS * len(states):
                return first, {(value,): value for value in range(size)}
            # Most words have no weight of their own.
            listed = {values[0] for values in states}
            listed |= {self._form.vocabulary.ids[token] for token in self._form.frame}
            places = self._told_apart(WORD, first, sorted(listed))
            return WORD, {(value,): place for value, place in places.items()}
        name = _name(pattern)
        before, known = self._some(pattern, 0, states, name)
        ids: dict[Values, int] = {(value,): place for value, place in known.items()}
        for number in range(1, len(pattern.parts)):
            here, places = self._some(pattern, number, states, name)
            inner = dict.fromkeys(values[: number + 1] for values in states)
            table = np.zeros(
                (self._domains[before].size, self._domains[here].size), dtype=np.int64
            )
            for index, values in enumerate(inner, 1):
                table[ids[values[:-1]], places[values[-1]]] = index
            last = number == len(pattern.parts) - 1
            written = name if last else f"{name}_begun_{number}"
            texts = (self._text(pattern, values) for values in inner)
            domain = Domain.of_tokens(unique(texts))
            self._table(written, (before, here), table, domain)
            before, ids = written, {v: i for i, v in enumerate(inner, 1)}
        return before, ids

    def _some(
        self, pattern: Pattern, number: int, states: Iterable[Values], name: str
    ) -> tuple[str, dict[int, int]]:
        # The variable of a part, of which only the values of interest are told apart,
        # and their ids there.
        source, back = pattern.parts[number]
        size = self._domains[source].size
        if size <= FEW_VALUES:
            return self._moved(source, -back), {value: value for value in range(size)}
        wanted = sorted({values[number] for values in states})
        some = f"{name}_{source}_{number}"
        ids = self._told_apart(some, source, wanted)
        return self._moved(some, -back), ids

    def _told_apart(
        self, name: str, source: str, wanted: Sequence[int]
    ) -> dict[int, int]:
        # A variable with some values of another, nothing for the others.
        domain = self._domains[source]
        cells = np.zeros(domain.size, dtype=np.int64)
        cells[wanted] = np.arange(1, len(wanted) + 1)
        texts = Domain.of_tokens(unique(str(domain.value(value)) for value in wanted))
        self._table(name, (source,), cells, texts)
        return {value: index for index, value in enumerate(wanted, 1)}

    def _text(self, pattern: Pattern, values: Values) -> str:
        parts = zip(pattern.parts, values, strict=False)
        return " ".join(str(self._domains[n].value(v)) or "^" for (n, _), v in parts)

    def _moved(self, source: str, offset: int) -> str:
        if not offset:
            return source
        if (source, offset) not in self._moves:
            step = 1 if offset > 0 else -1
            nearer = self._moved(source, offset - step)
            name = f"{source}_{'ahead' if offset > 0 else 'back'}_{abs(offset)}"
            scope = Scope.AFTER if offset > 0 else Scope.BEFORE
            inputs = ONES, ONES, nearer
            head = head_over(inputs, NEIGHBOUR, name, scope, Aggregate.NEAREST)
            self._add(head)
            self._moves[source, offset] = name
        return self._moves[source, offset]

    def _table(
        self, name: str, inputs: tuple[str, ...], cells: Ids, domain: Domain
    ) -> None:
        self._add(table_over(inputs, cells, name, domain))

    def _add(self, statement: Statement) -> None:
        self.statements.append(statement)
        domain = output_domain(statement, self._domains, self._form.max_length)
        self._domains[statement.output] = domain


def _name(pattern: Pattern) -> str:
    names = dict.fromkeys(pattern.variables)
    backs = [back for _, back in pattern.parts]
    if len(names) == 1:
        gap = "" if backs == [*range(len(backs) - 1, -1, -1)] else "_apart"
        return f"{next(iter(names))}_gram_{len(backs)}{gap}"
    near = "and" if not any(backs) else "then"
    return f"_{near}_".join(names)
