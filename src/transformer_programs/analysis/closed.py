"""The values that occur in a program, and the closed forms of its statements.

``program.py`` prints these closed forms, and they are what a program means beyond the
length that it was learned at (``length.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property

import numpy as np

from transformer_programs.analysis.decisions import (
    ComparedSums,
    comparison_of,
    winners,
)
from transformer_programs.analysis.forms import closed_form
from transformer_programs.analysis.predicates import (
    Both,
    Comparison,
    Condition,
    OfKey,
    Values,
    condition,
)
from transformer_programs.analysis.tables import (
    INPUT_NAMES,
    LARGEST,
    conditions,
    runner,
    width,
)
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Domain,
    Head,
    Kind,
    Pooling,
    Program,
    Scope,
    Statement,
    Table,
    Term,
    Value,
    View,
    visible_positions,
)

MOST_VALUES = 1 << 20
"""More values than these are listed only where a table or predicate lists them too."""

# Columns of the longest condition on a key, and of the longest expression, which is
# what a line of a comprehension has room for.
_WIDEST_CONDITION, _WIDEST = 64, 80

# The values of one variable; those of sums as ranges, which can be of any length.
_Found = Values | range


def reachable_values(program: Program) -> dict[str, Values]:
    """Return the ids that every variable can have on valid inputs, and maybe more.

    Each variable is looked at alone, so that combinations count as possible that never
    occur: the sets may be too large, never too small. Sums with more than
    ``MOST_VALUES`` values are left out, unless a statement lists something for each.
    """
    form = program.input
    found: dict[str, _Found] = {
        TOKENS: np.arange(len(form.vocabulary)),
        POSITIONS: np.arange(form.max_length),
        ONES: np.array([1]),
        **{s.name: np.arange(len(s.values)) for s in form.surfaces},
    }
    for statement in program.statements:
        found[statement.output] = _written(statement, found, program)
    needed = {name for s in program.statements for name in s.listed}
    return {
        name: np.asarray(values, dtype=np.int64)
        for name, values in found.items()
        if name in needed or not _is_large(values)
    }


def _is_large(values: _Found) -> bool:
    if isinstance(values, range):  # its length may be too large for len()
        return values.stop - values.start > MOST_VALUES * values.step
    return False


def _written(
    statement: Statement, found: Mapping[str, _Found], program: Program
) -> _Found:
    match statement:
        case Table():
            sizes = [program.domains[name].size for name in statement.inputs]
            table = np.array(statement.table, dtype=np.int64).reshape(sizes)
            cells = table[np.ix_(*(found[n] for n in statement.inputs))]
            # np.unique would load numpy.ma, which takes longer than most programs.
            return np.array(sorted({*cells.ravel().tolist()}), dtype=np.int64)
        case Decide(terms=terms, domain=domain):
            return winners(terms, domain.size, program.domains, found)
        case Head(aggregate=Aggregate.NEAREST):
            return found[statement.value]
        case Head():
            least, most = _matches(statement, found, program)
            smallest = int(found[statement.value][0])
            largest = int(found[statement.value][-1])
            # Sums of the same number are its multiples.
            step = max(smallest, 1) if smallest == largest else 1
            return range(least * smallest, most * largest + 1, step)


def _matches(
    head: Head, found: Mapping[str, _Found], program: Program
) -> tuple[int, int]:
    """Return bounds of the number of positions that can match."""
    queries = np.asarray(found[head.query], dtype=np.int64).tolist()
    keys = set(np.asarray(found[head.key], dtype=np.int64).tolist())
    rows = [keys & {*head.predicate[q]} for q in queries]
    if not any(rows):
        return 0, 0
    most = seen = visible_positions(head.scope, program.input.max_length)
    if head.key == TOKENS:  # a token of the frame stands at one position
        bare = {program.input.vocabulary.ids[t] for t in program.input.symbols}
        room = program.input.max_bare_length
        most = max(len(row - bare) + (room if row & bare else 0) for row in rows)
    matches_itself = (
        head.scope in (Scope.ALL, Scope.CAUSAL)
        and head.query == head.key
        and all(q in row for q, row in zip(queries, rows, strict=True))
    )
    return int(matches_itself), min(seen, most)


class ClosedForms:
    """What is known of a program's variables, and the closed forms over them.

    Attributes:
        program: the program, which must be valid.
        domains: of every variable.
        values: the ids that every variable can have.
        ordered: whether the file's TOKENS and frame are in the order of the ids.
    """

    def __init__(self, program: Program) -> None:
        form = program.input
        self.program = program
        self.domains, self.values = program.domains, reachable_values(program)
        self.ordered = form.vocabulary.tokens == (*form.symbols, *form.frame)
        # By the variable that is written: looking for one in a large table takes long.
        self._conditions: dict[str, Condition | None] = {}
        self._expressions: dict[str, str | None] = {}
        self._comparisons: dict[str, ComparedSums | None] = {}

    def has(self, statement: Statement) -> bool:
        """Whether a statement has a closed form, so that no entries are listed."""
        forms = (self.condition, self.expression, self.comparison)
        return any(form(statement) is not None for form in forms)

    def condition(self, statement: Statement) -> Condition | None:
        """Return a head's predicate as a condition that the file can state."""
        name = statement.output
        if name not in self._conditions:
            self._conditions[name] = (
                self._condition(statement) if isinstance(statement, Head) else None
            )
        return self._conditions[name]

    def _condition(self, head: Head) -> Condition | None:
        query, key = self.domains[head.query], self.domains[head.key]
        queries, keys = self.values[head.query], self.values[head.key]
        found = condition(head.predicate, query, key, queries, keys)
        of_key = found.of_key if isinstance(found, Both) else found
        if isinstance(of_key, OfKey) and not self.key_condition(of_key, head):
            return None
        if ranked(found) and query.kind is Kind.TOKEN:
            known = query.tokens == self.program.input.vocabulary.tokens
            return found if known and self.ordered else None
        return found

    def key_condition(self, found: OfKey, head: Head) -> str | None:
        """Return the condition on the key ``k`` as text."""
        key, reached = self.domains[head.key], self.values[head.key].tolist()
        values = [key.value(index) for index in reached]
        chosen = set(found.keys)
        texts = conditions("k", values, [index in chosen for index in reached])
        return next((text for text in texts if width(text) <= _WIDEST_CONDITION), None)

    def ranks_tokens(self, statement: Statement) -> bool:
        """Whether the condition of a head compares tokens by their order."""
        if not isinstance(statement, Head):
            return False
        tokens = self.domains[statement.query].kind is Kind.TOKEN
        return tokens and ranked(self.condition(statement))

    def expression(self, statement: Statement) -> str | None:
        """Return a table as an expression in ``x``, or in ``a`` and ``b``."""
        name = statement.output
        if name not in self._expressions:
            self._expressions[name] = (
                self._expression(statement) if isinstance(statement, Table) else None
            )
        return self._expressions[name]

    def _expression(self, statement: Table) -> str | None:
        inputs = [self.domains[name] for name in statement.inputs]
        reached = [self.values[name] for name in statement.inputs]
        table = np.array(statement.table).reshape([domain.size for domain in inputs])
        entries = table[np.ix_(*reached)].ravel().tolist()
        values = tuple(
            tuple(domain.value(index) for index in ids.tolist())
            for domain, ids in zip(inputs, reached, strict=True)
        )
        written = tuple(statement.domain.value(entry) for entry in entries)
        return _short(closed_form(values, written))

    def comparison(self, statement: Statement) -> ComparedSums | None:
        """Return a decision between two values as a comparison of sums."""
        name = statement.output
        if name not in self._comparisons:
            found = None
            if isinstance(statement, Decide):
                terms, domain = statement.terms, statement.domain
                found = comparison_of(terms, domain, self.domains, self.values)
                found = None if found is None or width(found.text) > _WIDEST else found
            self._comparisons[name] = found
        return self._comparisons[name]

    @cached_property
    def single(self) -> Term | None:
        """The only term of the readout, if one value alone decides the label."""
        readout = self.program.readout
        if len(readout.terms) != 1 or readout.pooling is Pooling.MEAN:
            return None
        (term,) = readout.terms
        return term if self.domains[term.variable].size <= LARGEST else None

    @cached_property
    def labels(self) -> dict[Value, str]:
        """The label of every value that the only variable of the readout can have."""
        if self.single is None:
            return {}
        domain = self.domains[self.single.variable]
        reached = self.values[self.single.variable].tolist()
        weights = np.array(self.single.weights)
        if domain.numerical:
            best = [int((index * weights[0]).argmax()) for index in reached]
        else:
            best = weights[reached].argmax(axis=1).tolist()
        names = self.program.readout.labels
        return {domain.value(i): names[b] for i, b in zip(reached, best, strict=True)}

    @cached_property
    def label_expression(self) -> str | None:
        """The label as an expression in the value ``x`` of the only variable."""
        return _short(closed_form((tuple(self.labels),), tuple(self.labels.values())))


def ranked(found: Condition | None) -> bool:
    """Whether values are compared by their order."""
    comparison = found.comparison if isinstance(found, Both) else found
    if not isinstance(comparison, Comparison):
        return False
    return comparison.sign not in ("==", "!=")


def entry_of(
    statement: Table, text: str | None, domains: Mapping[str, Domain]
) -> Callable[..., Value]:
    """Return the value that a table writes, as a function of the values that it reads.

    ``text`` is its closed form; None if the entries are what it means.
    """
    if text is not None:
        return runner(text, ", ".join(INPUT_NAMES[len(statement.inputs)]))
    places = [
        {value: i for i, value in enumerate(domains[name].values)}
        for name in statement.inputs
    ]

    def entry(*values: Value) -> Value:
        index = 0
        for place, value in zip(places, values, strict=True):
            index = index * len(place) + place[value]
        return statement.domain.value(statement.table[index])

    return entry


def _short(text: str | None) -> str | None:
    return text if text is not None and width(text) <= _WIDEST else None


def alike(program: Program) -> list[tuple[int, ...]]:
    """Group the ids of tokens; no statement or weight tells those of one apart.

    If one token of a sequence is replaced by another of its group, then no variable
    changes, but for ``tokens`` and its copies, and no score.
    """
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    for index, said in enumerate(zip(*_views(program), strict=True)):
        groups.setdefault(said, []).append(index)
    size = len(program.input.vocabulary)
    return [tuple(group) for group in groups.values()] or [tuple(range(size))]


def _views(program: Program) -> Iterator[View]:
    copies = {TOKENS}
    for statement in program.statements:
        for name in copies & {*statement.inputs}:
            yield from statement.views(name, program.domains)
        if statement.copied in copies:
            copies.add(statement.output)
    for term in program.readout.terms:
        if term.variable in copies:
            yield term.weights
