"""Programs rewritten for inputs of another length."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from transformer_programs.analysis import (
    Always,
    AnyLength,
    Both,
    Comparison,
    Interval,
    OfKey,
    Relation,
    entry_of,
    runner,
)
from transformer_programs.errors import LengthError
from transformer_programs.language import (
    MAX_SCORE_BITS,
    ONES,
    Aggregate,
    Decide,
    Domain,
    Head,
    Kind,
    Predicate,
    Program,
    Readout,
    Statement,
    Table,
    Term,
    Value,
    input_domains,
    score_bound,
    sum_bound,
    visible_positions,
)
from transformer_programs.optimize.statements import Mask

LARGEST = 1 << 24
"""The most entries of a table, or pairs of a predicate, that are written out."""


@dataclass(frozen=True, slots=True)
class Resized:
    """A program at another length.

    Attributes:
        program: The program.
        raised: What is added to a variable that would have values below 0, by name; 0
            for the others. So ids stay ids: the value of ``id`` is ``id - raised``.
    """

    program: Program
    raised: Mapping[str, int]

    def value(self, name: str, index: int) -> Value:
        """Return what the original program calls the value with this id."""
        value = self.program.domains[name].value(index)
        return value - self.raised[name] if isinstance(value, int) else value


def resize(program: Program, max_length: int) -> Program:
    """Return the program for inputs of another length; see ``resized``."""
    return resized(program, max_length).program


def resized(program: Program, max_length: int) -> Resized:
    """Rewrite a program for inputs of another length.

    Closed forms are written out again over the domains of the new length; a variable
    that would fall below 0 there is raised by a constant.

    Args:
        program: A valid program.
        max_length: The most tokens of an input, its frame included.

    Raises:
        LengthError: If a statement means nothing at another length, or would be too
            large; it names every such statement.
    """
    meaning = check_length_free(program)
    least = max(1, program.input.frame_size)
    if max_length < least:
        raise LengthError(
            f"{program.name}: expected a max_length of at least {least}, "
            f"got {max_length}"
        )
    return _Writer(meaning, max_length).resized()


def check_length_free(program: Program) -> AnyLength:
    """Return what a program means at any length.

    Raises:
        LengthError: If a statement means nothing at another length.
    """
    meaning = AnyLength(program)
    if meaning.bound:
        bound = ", ".join(map(str, meaning.bound))
        raise LengthError(
            f"{program.name}: bound to inputs of up to {program.input.max_bare_length} "
            f"tokens by {bound}"
        )
    return meaning


class _Writer:
    # Writes statements out, one after the other. ``values`` are those that every
    # variable can have, not raised.

    def __init__(self, meaning: AnyLength, max_length: int) -> None:
        self._meaning, self._length = meaning, max_length
        self._program, self._closed = meaning.program, meaning.closed
        self._form = replace(self._program.input, max_length=max_length)
        self.domains = input_domains(self._form)
        self.raised = dict.fromkeys(self.domains, 0)
        self.values = {n: d.values for n, d in self.domains.items()} | {ONES: (1,)}

    def resized(self) -> Resized:
        program = self._program
        statements = tuple(map(self._written, program.statements))
        readout = self._readout(program.readout)
        resized = replace(
            program, input=self._form, statements=statements, readout=readout
        )
        bound = score_bound(readout, resized.domains, self._length)
        if bound >> MAX_SCORE_BITS:
            raise LengthError(
                f"{program.name}: at a max_length of {self._length:,} the readout's "
                f"scores could reach 2**{MAX_SCORE_BITS}, which no reader holds exactly"
            )
        return Resized(resized, self.raised)

    def _written(self, statement: Statement) -> Statement:
        match statement:
            case Table():
                return self._table(statement)
            case Decide():
                return self._decision(statement)
            case Head(aggregate=Aggregate.NEAREST, output=name, value=read):
                self._add(
                    name, self.domains[read], self.values[read], self.raised[read]
                )
            case Head():
                seen = visible_positions(statement.scope, self._length)
                most = seen * self.domains[statement.value].bound
                known = self._meaning.ranges[statement.output]
                if isinstance(known, Interval):  # never below 0, as sums are
                    numbers = range(int(max(known.least, 0)), most + 1)
                else:
                    numbers = range(min(most, max(map(int, known))) + 1)
                self._add(statement.output, Domain.of_numbers(most), numbers)
        return replace(statement, predicate=self._predicate(statement))

    def _add(
        self, name: str, domain: Domain, values: Sequence[Value], raised: int = 0
    ) -> None:
        self.domains[name], self.values[name] = domain, values
        self.raised[name] = raised

    def _ids(self, name: str) -> list[int]:
        domain, values = self.domains[name], self.values[name]
        if domain.kind is Kind.TOKEN:
            places = {token: index for index, token in enumerate(domain.tokens)}
            return [places[str(token)] for token in values]
        return [int(value) + self.raised[name] for value in values]

    def _table(self, statement: Table) -> Table:
        read = statement.inputs
        self._check_size(statement.output, *(len(self.values[name]) for name in read))
        text = self._closed.expression(statement)
        entry = entry_of(statement, text, self._program.domains)
        cells = [entry(*cell) for cell in product(*(self.values[n] for n in read))]
        values = list(dict.fromkeys(cells))
        domain, raised = self._room(statement, values)
        self._add(statement.output, domain, values, raised)
        ids = dict(zip(values, self._ids(statement.output), strict=True))
        shape = [self.domains[name].size for name in read]
        table = np.zeros(shape, dtype=np.int64)  # 0 for what no variable can be
        places = np.ix_(*(self._ids(name) for name in read))
        table[places] = np.array([ids[c] for c in cells]).reshape(table[places].shape)
        entries = tuple(table.ravel().tolist())
        return replace(statement, table=entries, domain=domain)

    def _decision(self, statement: Decide) -> Decide:
        name, domain = statement.output, statement.domain
        compared = self._closed.comparison(statement)
        terms, constants = {}, [0] * domain.size
        if compared is None:
            for term in statement.terms:
                terms[term.variable] = self._weighed(term)
        else:
            constants = [0, compared.constant][-domain.size :]
            for read, factor in compared.factors:
                terms[read] = self._multiplied(read, factor)
        for read, term in terms.items():
            if self.domains[read].numerical:
                raised = self.raised[read]
                constants = [
                    constant - raised * factor
                    for constant, factor in zip(constants, term.weights[0], strict=True)
                ]
        if any(constants):
            ones = terms.get(ONES, Term(ONES, ((0,) * domain.size,)))
            added = tuple(map(sum, zip(ones.weights[0], constants, strict=True)))
            terms[ONES] = Term(ONES, (added,))
        changed = replace(statement, terms=tuple(terms.values()))
        if sum_bound(changed.terms, self.domains) >> MAX_SCORE_BITS:
            raise LengthError(
                f"{self._program.name}: at a max_length of {self._length:,} the sums "
                f"of {name} could reach 2**{MAX_SCORE_BITS}, which no reader holds "
                "exactly"
            )
        self._add(name, domain, domain.values)
        return changed

    def _multiplied(self, read: str, factor: int) -> Term:
        # What a number adds to the second of two values; 0 for what it cannot be.
        domain = self.domains[read]
        if domain.numerical:
            return Term(read, ((0, factor),))
        rows = [(0, 0)] * domain.size
        values = self.values[read]
        for index, value in zip(self._ids(read), values, strict=True):
            rows[index] = (0, factor * int(value))
        return Term(read, tuple(rows))

    def _room(self, statement: Table, values: Sequence[Value]) -> tuple[Domain, int]:
        # A domain for what a table gives, and by what it is raised.
        domain = statement.domain
        if domain.kind is Kind.TOKEN:
            tokens = dict.fromkeys((*domain.tokens, *map(str, values)))
            return Domain.of_tokens(tokens), 0
        numbers = [int(value) for value in values]
        raised = max(0, -min(numbers))
        return Domain(domain.kind, max(domain.size, max(numbers) + 1) + raised), raised

    def _predicate(self, head: Head) -> Predicate:
        self._check_size(head.output, *(len(self.values[n]) for n in head.inputs[:2]))
        matches = self._matching(head)
        key_ids = np.array(self._ids(head.key))
        order = np.argsort(key_ids)
        rows: list[tuple[int, ...]] = [()] * self.domains[head.query].size
        for index, query in enumerate(self._ids(head.query)):
            chosen = order[matches(index)[order]]
            rows[query] = tuple(key_ids[chosen].tolist())
        return tuple(rows)

    def _matching(self, head: Head) -> Callable[[int], Mask]:
        # Which of the key's values match the query's value at an index.
        found = self._closed.condition(head)
        queries, keys = self.values[head.query], self.values[head.key]
        if found is None:  # the pairs as they are listed
            domains = self._program.domains
            ids = {v: i for i, v in enumerate(domains[head.key].values)}
            listed = [ids[key] for key in keys]
            rows = dict(zip(domains[head.query].values, head.predicate, strict=True))
            return lambda index: np.isin(listed, rows[queries[index]])
        of_key = found.of_key if isinstance(found, Both) else found
        chosen = np.full(len(keys), found != Always(False))
        if isinstance(of_key, OfKey):
            condition = runner(self._closed.key_condition(of_key, head) or "", "k")
            chosen = np.array([bool(condition(key)) for key in keys])
        comparison = found.comparison if isinstance(found, Both) else found
        if not isinstance(comparison, Comparison | Relation):
            return lambda index: chosen
        place: dict[Value, int] = {}  # of tokens, the known ones first
        if self.domains[head.query].kind is Kind.TOKEN:
            known = self._program.domains[head.query].tokens
            every = dict.fromkeys((*known, *queries, *keys))
            place = {token: index for index, token in enumerate(every)}
        first, second = (
            np.array([place.get(v, v) for v in values], np.int64)
            for values in (queries, keys)
        )
        return lambda index: chosen & comparison.holds(first[index : index + 1], second)

    def _check_size(self, name: str, *sizes: int) -> None:
        if math.prod(sizes) > LARGEST:
            raise LengthError(
                f"{self._program.name}: at a max_length of {self._length:,} statement "
                f"{name!r} would have {math.prod(sizes):,} entries, at most "
                f"{LARGEST:,} are written out; program.py has no such limit"
            )

    def _readout(self, readout: Readout) -> Readout:
        single, text = self._closed.single, self._closed.label_expression
        if single is None or text is None or self.domains[single.variable].numerical:
            return replace(readout, terms=tuple(map(self._weighed, readout.terms)))
        values, label = self.values[single.variable], runner(text)
        said = dict(zip(self._ids(single.variable), map(label, values), strict=True))
        labels = tuple(dict.fromkeys((*readout.labels, *said.values())))
        rows = tuple(
            tuple(int(said.get(index) == label) for label in labels)
            for index in range(self.domains[single.variable].size)
        )
        return Readout(labels, (Term(single.variable, rows),), readout.pooling)

    def _weighed(self, term: Term) -> Term:
        # The same weights for the values that had any.
        domain = self.domains[term.variable]
        if domain.numerical:
            return term
        nothing = ((0,) * len(term.weights[0]),)
        return replace(
            term, weights=(term.weights + nothing * domain.size)[: domain.size]
        )
