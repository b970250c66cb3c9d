"""What a program is made of: statements, a readout, and the program around them.

A statement reads variables by name and writes one new variable. The meaning of each is
in ``docs/semantics.md``; ``check.py`` says which combinations are programs, and
``interpret.py`` is the reference implementation. Predicates, tables and weights hold
ids (see ``types.py``), never printable values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from transformer_programs.program.types import Domain, InputFormat, Variable

TOKENS = "tokens"
POSITIONS = "positions"
ONES = "ones"
INPUTS = (TOKENS, POSITIONS, ONES)
"""The variables that every program starts with; surfaces follow them."""


class Scope(StrEnum):
    """Which positions j the position i may look at."""

    ALL = "all"
    BEFORE = "before"
    """j < i"""
    AFTER = "after"
    """j > i"""
    CAUSAL = "causal"
    """j <= i"""


class Aggregate(StrEnum):
    """What a head makes of the positions that match."""

    NEAREST = "nearest"
    """A categorical head: the value at the nearest. Self counts as farther than every
    other position, the earlier of two equally near ones wins, and position 0 stands in
    when nothing matches."""
    SUM = "sum"
    """A numerical head: the sum of the values at all of them."""


class Pooling(StrEnum):
    """How a readout turns the scores of positions into labels."""

    NONE = "none"
    """Tagging: a label for every position."""
    MEAN = "mean"
    """Classification: scores are summed over all positions."""
    FIRST = "first"
    """Classification: the scores of position 0."""


_NAMED = 6
"""Statements that a program names where it is shown in a line."""

Predicate = tuple[tuple[int, ...], ...]
"""For every query id, the ids of the keys that match it, in rising order."""


@dataclass(frozen=True, slots=True)
class Head:
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
    """

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
    def sums(self) -> bool:
        """Whether it is a numerical head, which adds values up."""
        return self.aggregate is Aggregate.SUM


@dataclass(frozen=True, slots=True)
class Table:
    """A total table over one or two variables (paper, sections 3.3 and 3.4).

    A table over ``tokens`` gives every token a class.

    Attributes:
        output: the variable written.
        inputs: the one or two variables read.
        table: an id in ``domain`` for every combination of input ids, the last input
            running fastest.
        domain: the values written.
    """

    output: str
    inputs: tuple[str, ...]
    table: tuple[int, ...]
    domain: Domain

    @property
    def of_tokens(self) -> bool:
        """Whether it gives every token a class."""
        return self.inputs == (TOKENS,)


Statement = Head | Table


@dataclass(frozen=True, slots=True)
class Term:
    """What one variable adds to the scores.

    Attributes:
        variable: the variable read.
        weights: rows of one integer per label. A categorical variable has a row for
            every value; a numerical one has a single row, multiplied by its value.
    """

    variable: str
    weights: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Readout:
    """The scores of the labels: a sum over terms (paper, section 3.1).

    The label with the largest score wins, the first of them on a tie.

    Attributes:
        labels: the labels that may be predicted.
        terms: one for every variable that the scores depend on.
        pooling: a label per position, or one per sequence.
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
        named = [statement.output for statement in self.statements[:_NAMED]]
        more = len(self.statements) - len(named)
        return (
            f"<Program {self.name!r}: {', '.join(named) or 'no statements'}"
            + (f" and {more} more" if more else "")
            + f"; {len(self.readout.labels)} labels>"
        )

    @cached_property
    def domains(self) -> dict[str, Domain]:
        """The domain of every variable, inputs first, in order of writing.

        Bounds of counts follow from the program by interval arithmetic. The program
        must be valid (``check.py``).
        """
        length = self.input.max_length
        domains = input_domains(self.input)
        for statement in self.statements:
            domains[statement.output] = output_domain(statement, domains, length)
        return domains

    @property
    def variables(self) -> tuple[Variable, ...]:
        """Every variable, inputs first, in order of writing."""
        return tuple(Variable(name, domain) for name, domain in self.domains.items())

    @property
    def tagging(self) -> bool:
        """Whether there is a label for every token, not one for the sequence."""
        return self.readout.pooling is Pooling.NONE


def input_domains(form: InputFormat) -> dict[str, Domain]:
    """The domains of the variables that are there before any statement, in order."""
    return {
        TOKENS: Domain.of_tokens(form.vocabulary.tokens),
        POSITIONS: Domain.of_positions(form.max_length),
        ONES: Domain.of_numbers(1),
        **{s.name: Domain.of_tokens(s.values) for s in form.surfaces},
    }


def output_domain(
    statement: Statement, domains: dict[str, Domain], max_length: int
) -> Domain:
    """The domain of what a statement writes, given the domains of what it reads."""
    match statement:
        case Table():
            return statement.domain
        case Head(aggregate=Aggregate.NEAREST):
            return domains[statement.value]
        case Head():
            positions = visible_positions(statement.scope, max_length)
            return Domain.of_numbers(positions * domains[statement.value].bound)


def visible_positions(scope: Scope, max_length: int) -> int:
    """The most positions that one position can look at."""
    strict = scope in (Scope.BEFORE, Scope.AFTER)
    return max_length - 1 if strict else max_length


def score_bound(
    readout: Readout, domains: Mapping[str, Domain], max_length: int
) -> int:
    """A bound of every absolute score, and of every sum of some of its parts.

    Args:
        readout: its terms may also be broken in other ways.
        domains: those of the variables; a term of another variable does not count.
        max_length: how many positions mean pooling can sum over.
    """
    bound = 0
    for term in readout.terms:
        domain = domains.get(term.variable)
        if domain is not None:
            largest = max((abs(w) for row in term.weights for w in row), default=0)
            bound += largest * (max(domain.bound, 1) if domain.numerical else 1)
    return bound * (max_length if readout.pooling is Pooling.MEAN else 1)
