"""What a program is made of: statements, a readout, and the program around them.

A statement reads variables by name and writes one new variable. The meaning of each is
in ``docs/reference/semantics.md``; ``rules.py`` says which combinations are programs,
and ``interpret.py`` is the reference implementation. Predicates, tables and weights
hold ids (see ``types.py``), never printable values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from transformer_programs.language.types import Domain, InputFormat

TOKENS = "tokens"
POSITIONS = "positions"
ONES = "ones"
INPUTS = (TOKENS, POSITIONS, ONES)
"""The variables that every program starts with; surfaces follow them."""


class Scope(StrEnum):
    """Which positions j the position i may look at.

    >>> tp.Scope("before")
    <Scope.BEFORE: 'before'>
    """

    ALL = "all"
    BEFORE = "before"
    """j < i"""
    AFTER = "after"
    """j > i"""
    CAUSAL = "causal"
    """j <= i"""


class Aggregate(StrEnum):
    """What a head makes of the positions that match.

    >>> tp.Aggregate("sum")
    <Aggregate.SUM: 'sum'>
    """

    NEAREST = "nearest"
    """A categorical head: the value at the nearest. Self counts as farther than every
    other position, the earlier of two equally near ones wins, and position 0 stands in
    when nothing matches."""
    SUM = "sum"
    """A numerical head: the sum of the values at all of them."""


class Pooling(StrEnum):
    """How a readout turns the scores of positions into labels.

    >>> tp.Pooling("mean")
    <Pooling.MEAN: 'mean'>
    """

    NONE = "none"
    """Tagging: a label for every position."""
    MEAN = "mean"
    """Classification: scores are summed over all positions."""
    FIRST = "first"
    """Classification: the scores of position 0."""


_NAMED = 6  # statements that are named where a program is shown in a line

Predicate = tuple[tuple[int, ...], ...]
"""For every query id, the ids of the keys that match it, in rising order."""

View = Sequence[Hashable]
"""Something for every id of a variable."""


class _Structure:
    """What code that follows the structure of a program may ask of any statement.

    The defaults are safe for a new kind of statement: what does not dispatch on the
    class treats it with less insight, never wrongly.

    Attributes:
        roles: the fields that hold the names of the variables read.
        looks_around: whether the output depends on other positions than its own.
    """

    __slots__ = ()

    roles: ClassVar[tuple[str, ...]]
    looks_around: ClassVar[bool] = True

    if TYPE_CHECKING:

        @property
        def output(self) -> str: ...
        @property
        def inputs(self) -> tuple[str, ...]: ...

    @property
    def listed(self) -> tuple[str, ...]:
        """The variables whose values are listed, in predicates and tables."""
        return self.inputs

    @property
    def copied(self) -> str | None:
        """The variable whose value at one position is the output, if it is a copy."""
        return None

    @property
    def of_tokens(self) -> bool:
        """Whether it is a table that gives every token a class."""
        return False

    @property
    def entries(self) -> int:
        """How many entries of tables or keys of predicates are listed."""
        return 0

    @property
    def uncommon(self) -> int:
        """How many of them are listed where the commonest need not be."""
        return self.entries

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the same statement with other names for what it writes and reads.

        Args:
            names: new names by old ones; names that are not in it stay.
        """
        changes: dict[str, Any] = {}
        for role in ("output", *self.roles):
            read = getattr(self, role)
            if isinstance(read, str):
                changes[role] = names.get(read, read)
            else:
                changes[role] = tuple(names.get(name, name) for name in read)
        return replace(self, **changes)  # type: ignore[type-var]

    def views(self, name: str, domains: Mapping[str, Domain]) -> Iterator[View]:
        """Yield what the statement makes of each value of a variable.

        Ids that are equal in all views are interchangeable, apart from what is copied
        of the variable.
        """
        if name in self.inputs:
            yield range(domains[name].size)


@dataclass(frozen=True, slots=True)
class Head(_Structure):
    """An attention head (paper, sections 3.2 and 3.3).

    Attributes:
        output: the variable written. Of ``NEAREST`` its domain is that of ``value``,
            of ``SUM`` it is a number.
        query: the variable read at the position that attends.
        key: the variable that the predicate is asked about.
        value: the variable copied, or summed; what is summed is a number.
        predicate: the matching key ids for every query id.
        scope: the positions that may be looked at.
        aggregate: what is made of the matching positions.

    >>> before = tp.Head(
    ...     output="before",
    ...     query="positions",
    ...     key="positions",
    ...     value="tokens",
    ...     predicate=((), (0,), (1,)),
    ... )
    >>> before.inputs
    ('positions', 'positions', 'tokens')
    """

    roles = ("query", "key", "value")

    output: str
    query: str
    key: str
    value: str
    predicate: Predicate
    scope: Scope = Scope.ALL
    aggregate: Aggregate = Aggregate.NEAREST

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables read."""
        return (self.query, self.key, self.value)

    @property
    def listed(self) -> tuple[str, ...]:
        """The query and the key."""
        return (self.query, self.key)

    @property
    def sums(self) -> bool:
        """Whether it is a numerical head, which adds values up."""
        return self.aggregate is Aggregate.SUM

    @property
    def copied(self) -> str | None:
        """The value, of a categorical head."""
        return None if self.sums else self.value

    @property
    def entries(self) -> int:
        """The keys that the predicate lists."""
        return sum(map(len, self.predicate))

    def views(self, name: str, domains: Mapping[str, Domain]) -> Iterator[View]:
        """Yield the keys that match each query, and the queries that match each key."""
        if name == self.query:
            yield self.predicate
        if name == self.key:
            queries: list[list[int]] = [[] for _ in range(domains[name].size)]
            for query, row in enumerate(self.predicate):
                for key in row:
                    queries[key].append(query)
            yield [tuple(found) for found in queries]


@dataclass(frozen=True, slots=True)
class Table(_Structure):
    """A total table over one or two variables (paper, sections 3.3 and 3.4).

    A table over ``tokens`` gives every token a class.

    Attributes:
        output: the variable written.
        inputs: the one or two variables read.
        table: an id in ``domain`` for every combination of input ids, the last input
            running fastest.
        domain: the values written.

    >>> vowel = tp.Table("vowel", ("tokens",), (1, 0), tp.Domain.of_classes(2))
    >>> vowel.entries
    2
    """

    roles = ("inputs",)
    looks_around = False

    output: str
    inputs: tuple[str, ...]
    table: tuple[int, ...]
    domain: Domain

    @property
    def of_tokens(self) -> bool:
        """Whether it gives every token a class."""
        return self.inputs == (TOKENS,)

    @property
    def entries(self) -> int:
        """The entries of the table."""
        return len(self.table)

    @property
    def commonest(self) -> int:
        """The id that most entries have, the first of them on a tie."""
        return Counter(self.table).most_common(1)[0][0]

    @property
    def uncommon(self) -> int:
        """How many entries have another one."""
        return self.entries - self.table.count(self.commonest)

    def views(self, name: str, domains: Mapping[str, Domain]) -> Iterator[View]:
        """Yield the row, or the column, of each value."""
        first, *more = self.inputs
        if not more:
            yield from [self.table] * (name == first)
            return
        size = domains[more[0]].size
        rows = [self.table[i : i + size] for i in range(0, len(self.table), size)]
        if name == first:
            yield rows
        if name in more:
            yield list(zip(*rows, strict=True))


@dataclass(frozen=True, slots=True)
class Term:
    """What one variable adds to the scores.

    Attributes:
        variable: the variable read.
        weights: rows of one integer per label, or value that is decided on. A
            categorical variable has a row for every value; a numerical one has a single
            row, multiplied by its value.

    >>> tp.Term("vowel", weights=((0, 1), (1, 0))).variable
    'vowel'
    """

    variable: str
    weights: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Decide(_Structure):
    """A decision: a readout whose result is a variable.

    At every position the value with the largest sum of weights, the first of them on a
    tie: a feed-forward unit over any number of variables.

    Attributes:
        output: the variable written.
        terms: one for every variable that the decision depends on; their rows have an
            integer for every value of ``domain``.
        domain: the values that are decided on.

    >>> from transformer_programs.language import Decide
    >>> vowel = tp.Term("vowel", ((2, 0), (0, 1)))
    >>> likely = Decide("likely", (vowel,), tp.Domain.of_tokens(["end", "more"]))
    >>> likely.inputs
    ('vowel',)
    """

    roles = ("terms",)
    looks_around = False

    output: str
    terms: tuple[Term, ...]
    domain: Domain

    @property
    def inputs(self) -> tuple[str, ...]:
        """The variables read."""
        return tuple(term.variable for term in self.terms)

    @property
    def listed(self) -> tuple[str, ...]:
        """None: a number has one factor, whatever its values."""
        return ()

    @property
    def entries(self) -> int:
        """The weights of the rows that have any."""
        return sum(len(row) for term in self.terms for row in term.weights if any(row))

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the same statement with other names for what it writes and reads."""
        terms = tuple(
            replace(term, variable=names.get(term.variable, term.variable))
            for term in self.terms
        )
        output = names.get(self.output, self.output)
        return replace(self, output=output, terms=terms)

    def views(self, name: str, domains: Mapping[str, Domain]) -> Iterator[View]:
        """Yield what each value adds."""
        for term in self.terms:
            if term.variable == name:
                numerical = domains[name].numerical
                yield range(domains[name].size) if numerical else term.weights


Statement = Head | Table | Decide


@dataclass(frozen=True, slots=True)
class Readout:
    """The scores of the labels: a sum over terms (paper, section 3.1).

    The label with the largest score wins, the first of them on a tie.

    Attributes:
        labels: the labels that may be predicted.
        terms: one for every variable that the scores depend on.
        pooling: a label per position, or one per sequence.

    >>> vowel = tp.Term("vowel", ((0, 1), (1, 0)))
    >>> tp.Readout(("vowel", "consonant"), (vowel,)).labels
    ('vowel', 'consonant')
    """

    labels: tuple[str, ...]
    terms: tuple[Term, ...]
    pooling: Pooling = Pooling.NONE


@dataclass(frozen=True, repr=False)
class Program:
    """A Transformer Program.

    Attributes:
        name: what the program is about, for its docstring.
        input: the token sequences that it accepts.
        statements: executed in order; each may read what is above it.
        readout: turns variables into labels.
        aliases: what variables that were named anew are called in the model that the
            program comes from, such as ``attn_1_0``: (name, name there). They mean
            nothing, and programs that differ in them alone are equal.
    """

    name: str
    input: InputFormat
    statements: tuple[Statement, ...]
    readout: Readout
    aliases: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        outputs = [statement.output for statement in self.statements]
        named = ", ".join(outputs[:_NAMED]) or "no statements"
        named += f" and {len(outputs[_NAMED:])} more" if outputs[_NAMED:] else ""
        return f"<Program {self.name!r}: {named}; {len(self.readout.labels)} labels>"

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The domain of every variable, inputs first, in order of writing.

        Bounds of counts follow from the program by interval arithmetic. The program
        must be valid (``rules.py``).
        """
        length = self.input.max_length
        domains = input_domains(self.input)
        for statement in self.statements:
            domains[statement.output] = output_domain(statement, domains, length)
        return domains

    @property
    def heads(self) -> tuple[Head, ...]:
        """The statements that are heads."""
        return tuple(s for s in self.statements if isinstance(s, Head))

    @property
    def tables(self) -> tuple[Table, ...]:
        """The statements that are tables."""
        return tuple(s for s in self.statements if isinstance(s, Table))

    @property
    def decisions(self) -> tuple[Decide, ...]:
        """The statements that decide by sums of weights."""
        return tuple(s for s in self.statements if isinstance(s, Decide))

    @property
    def tagging(self) -> bool:
        """Whether there is a label for every token, not one for the sequence."""
        return self.readout.pooling is Pooling.NONE


def input_domains(form: InputFormat) -> dict[str, Domain]:
    """Return the domains of the variables that are there before any statement."""
    return {
        TOKENS: Domain.of_tokens(form.vocabulary.tokens),
        POSITIONS: Domain.of_positions(form.max_length),
        ONES: Domain.of_numbers(1),
        **{s.name: Domain.of_tokens(s.values) for s in form.surfaces},
    }


def output_domain(
    statement: Statement, domains: dict[str, Domain], max_length: int
) -> Domain:
    """Return the domain of what a statement writes, given those of what it reads."""
    match statement:
        case Table() | Decide():
            return statement.domain
        case Head(aggregate=Aggregate.NEAREST):
            return domains[statement.value]
        case Head():
            positions = visible_positions(statement.scope, max_length)
            return Domain.of_numbers(positions * domains[statement.value].bound)


def visible_positions(scope: Scope, max_length: int) -> int:
    """Return the most positions that one position can look at."""
    strict = scope in (Scope.BEFORE, Scope.AFTER)
    return max_length - 1 if strict else max_length


def score_bound(
    readout: Readout, domains: Mapping[str, Domain], max_length: int
) -> int:
    """Return a bound of every absolute score, and of every sum of some of its parts.

    Args:
        readout: its terms may also be broken in other ways.
        domains: those of the variables; a term of another variable does not count.
        max_length: how many positions mean pooling can sum over.
    """
    bound = sum_bound(readout.terms, domains)
    return bound * (max_length if readout.pooling is Pooling.MEAN else 1)


def sum_bound(terms: Iterable[Term], domains: Mapping[str, Domain]) -> int:
    """Return a bound of every absolute sum over terms, and over some of their parts.

    Args:
        terms: they may also be broken in other ways.
        domains: those of the variables; a term of another variable does not count.
    """
    bound = 0
    for term in terms:
        if term.variable in domains:
            domain = domains[term.variable]
            largest = max((abs(w) for row in term.weights for w in row), default=0)
            bound += largest * (max(domain.bound, 1) if domain.numerical else 1)
    return bound
