"""Statements of a program in RASP.

A selector is a relation of a query position and a key position, and aggregates average:
neither knows which of several matches is the nearest. Where keys fall into classes, the
nearest is found by counting those of its class; else by the highest digit of a sum of
powers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from transformer_programs.analysis import (
    INPUT_NAMES,
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    ranked,
    shifted,
)
from transformer_programs.codegen.export.common import (
    Exported,
    classes_of,
)
from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.codegen.export.rasp_language import (
    MOST_LISTED,
    RaspExpression,
    listed,
    literal,
    looked_up,
    names_for,
    unwrapped,
)
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Kind,
    Program,
    Scope,
    Term,
    score_bound,
)

Item = TypeVar("Item")

_MOST_DIGITS = 500
"""Positions whose powers of 4 are reals."""

_LARGEST = 1 << 50
"""Sums below it are exact, although aggregates average."""

_SIGN = {Scope.BEFORE: "<", Scope.AFTER: ">", Scope.CAUSAL: "<="}

_WINDOW = re.compile(r"(-?\d+) <= k - q <= (-?\d+)")


def rasp_names(program: Program) -> dict[str, str]:
    """Return what the variables of a program are called in its file of RASP."""
    form = program.input
    framed = form.frame or form.vocabulary.unknown is not None
    given = {POSITIONS: "indices", TOKENS: "word" if framed else "tokens"}
    return names_for([*program.domains], given)


class RaspStatements(Exported):
    """What computes variables, and the lists that it reads.

    Attributes:
        names: what variables are called.
        constants: statements that define lists, in order.
        free: whether the file means at any length what the program does.

    Raises:
        SettingsError: If RASP cannot express the program.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        _check(self)
        self.free = not self.meaning.bound
        self.names = rasp_names(program)
        self.constants: dict[str, None] = {}

    def define(self, statement: str) -> None:
        """Add a statement that defines a list, once."""
        self.constants[statement] = None

    # Statements.

    def statement(self, name: str) -> Iterator[str]:
        """Yield the statements that compute a variable."""
        if name in self.heads:
            yield from self._head(name)
        elif name in self.decisions:
            yield from self._decision(name)
        else:
            yield f"{self.names[name]} = {unwrapped(self._table(name))};"

    def _expression(self, names: Mapping[str, str]) -> RaspExpression:
        return RaspExpression({x: self.names[read] for x, read in names.items()})

    def _table(self, name: str) -> str:
        table = self.tables[name]
        text = self.closed.expression(table)
        if text is not None:
            letters = INPUT_NAMES[len(table.inputs)]
            try:
                found = self._expression(
                    dict(zip(letters, table.inputs, strict=True))
                ).value(text)
            except UntranslatableError:
                self.free = self.free and all(
                    self.domains[read].tokens for read in table.inputs
                )
            else:
                constant = not any(self.names[read] in found for read in table.inputs)
                return (
                    self.everywhere(found, table.domain.tokens) if constant else found
                )
        index = self.id_of(table.inputs[0])
        for read in table.inputs[1:]:
            index = f"(({index} * {self.domains[read].size}) + {self.id_of(read)})"
        values = [table.domain.value(entry) for entry in table.table]
        return looked_up(f"_{self.names[name]}", values, index, self.define)

    def everywhere(self, constant: str, texts: Sequence[str]) -> str:
        """Return a constant as a sequence, which is no single value."""
        if texts:
            return f"({constant} if (indices >= 0) else {constant})"
        return f"({constant} + (0 * indices))"

    def id_of(self, read: str) -> str:
        """Return the id of a variable: of a text its place in the domain."""
        name, domain = self.names[read], self.domains[read]
        if not domain.tokens:
            return name
        known = f"_id_of_{name}"
        parts = parts_of(domain.tokens)
        found = ""
        for number, part in enumerate(parts):
            start = number * MOST_LISTED
            pairs = [f"{literal(x)}: {start + i}" for i, x in enumerate(part)]
            one = f"{known}_{number}" if len(parts) > 1 else known
            self.define(f"{one} = {{{', '.join(pairs)}}};")
            if not found:
                first, found = f"{literal(part[0])}", f"{one}[{name}]"
                if len(parts) > 1:
                    inside = f"({name} in {listed(part)})"
                    found = f"{one}[{name} if {inside} else {first}]"
                continue
            inside = f"({name} in {listed(part)})"
            place = f"{one}[{name} if {inside} else {literal(part[0])}]"
            found = f"({place} if {inside} else {found})"
        return found

    def _decision(self, name: str) -> Iterator[str]:
        decide, output = self.decisions[name], self.names[name]
        values = decide.domain.values
        found = self.closed.comparison(decide)
        if found is None:
            scores = self.scores(f"_of_{output}", decide.terms, len(values))
            yield from best_of(output, values, scores)
            return
        if not found.factors:
            constant = literal(values[int(found.constant > 0)])
            found_everywhere = self.everywhere(constant, decide.domain.tokens)
            yield f"{output} = {unwrapped(found_everywhere)};"
            return
        parts = {x: self.names[read] for x, read in found.names.items()}
        condition = RaspExpression(parts).condition(found.condition([*parts]))
        no, yes = (literal(value) for value in values)
        yield f"{output} = {yes} if {condition} else {no};"

    def scores(self, name: str, terms: Sequence[Term], count: int) -> list[str]:
        """Return what computes the sum of weights, for each of some values."""
        scores = []
        for column in range(count):
            parts = []
            for term in terms:
                read = self.names[term.variable]
                if self.domains[term.variable].numerical:
                    factor = term.weights[0][column]
                    parts += [f"({literal(factor)} * {read})"] if factor else []
                    continue
                weights = [row[column] for row in term.weights]
                if any(weights):
                    which = f"_weights{name}_{column}_{read}"
                    index = self.id_of(term.variable)
                    parts.append(looked_up(which, weights, index, self.define))
            scores.append(joined("+", parts) if parts else "(0 * indices)")
        return scores

    # Heads.

    def _head(self, name: str) -> Iterator[str]:
        head, output = self.heads[name], self.names[name]
        value = self.names[head.value]
        if head.sums:
            chosen = self._within(self._selector(name), head.scope)
            if head.value == ONES:
                yield f"{output} = selector_width({chosen});"
            else:
                yield f"{output} = _sum({chosen}, {value});"
            return
        yield f"{output} = _copy({self._place(name)}, {value});"

    def _within(self, selector: str, scope: Scope) -> str:
        if scope is Scope.ALL:
            return selector
        inside = f"select(indices, indices, {_SIGN[scope]})"
        return inside if selector == "full_s" else f"{selector} and {inside}"

    def _place(self, name: str) -> str:
        # The position that is copied from.
        head = self.heads[name]
        if self.closed.condition(head) == Always(False):
            return "0"
        kinds = self._kinds(name)
        if kinds is not None:
            key, query = kinds
            before, after = (f"{f}({key}, {query})" for f in ("_before", "_after"))
            itself = f"({key} == {query})"
        else:
            if self.form.max_length > _MOST_DIGITS:
                raise SettingsError(
                    f"to rasp: {name} looks for the nearest of matches that overlap, "
                    f"which RASP finds among at most {_MOST_DIGITS} positions, of "
                    f"{self.form.max_length:,}; export it to js"
                )
            chosen = self._selector(name)
            sign = " and select(indices, indices, {})"
            before, after = (
                f"{f}({chosen}{sign.format(s)})"
                for f, s in (("_last", "<"), ("_first", ">"))
            )
            itself = f"has_focus({chosen}{sign.format('==')})"
            self.free = False  # powers of 4 are reals up to some length
        match head.scope:
            case Scope.BEFORE:
                return f"max({before}, 0)"
            case Scope.AFTER:
                return f"max({after}, 0)"
            case Scope.CAUSAL:
                after = "-1"
        return f"_nearer({before}, {after}, {itself})"

    def _kinds(self, name: str) -> tuple[str, str] | None:
        # The class of a key and the one looked for, if each key is of one class.
        head = self.heads[name]
        key, query = self.names[head.key], self.names[head.query]
        found = self.closed.condition(head)
        match found:
            case Comparison("==", shift, falling=True):
                return key, f"({shift} - {query})"
            case Comparison("==", shift):
                return key, f"({shifted(query, shift)})" if shift else query
            case Always():
                return self.names[ONES], "1"
            case OfKey():
                return self._of_key(found, name), "True"
        classes = classes_of(head.predicate, self.domains[head.key].size)
        if classes is None:
            return None
        of_query, of_key = classes
        wanted = [-2 if one < 0 else one for one in of_query]
        output = self.names[name]
        parts = (("class", of_key, head.key), ("wanted", wanted, head.query))
        first, second = (
            looked_up(f"_{what}_of_{output}", values, self.id_of(read), self.define)
            for what, values, read in parts
        )
        self.free = self.free and all(self.domains[read].tokens for _, _, read in parts)
        return first, second

    def _of_key(self, found: OfKey, name: str) -> str:
        head = self.heads[name]
        text = self.closed.key_condition(found, head)
        try:
            return RaspExpression({"k": self.names[head.key]}).condition(text or "")
        except (SyntaxError, UntranslatableError):
            domain = self.domains[head.key]
            self.free = self.free and bool(domain.tokens)
            values = [domain.value(key) for key in found.keys]
            parts = [
                f"({self.names[head.key]} in {listed(part)})"
                for part in parts_of(values)
            ]
            return joined("or", parts)

    def _selector(self, name: str) -> str:
        found = self.closed.condition(self.heads[name])
        said = None if found is None else self._condition(found, name)
        return self._rows(name) if said is None else said

    def _condition(self, found: Condition, name: str) -> str | None:
        head = self.heads[name]
        key, query = self.names[head.key], self.names[head.query]
        match found:
            case Always(matches):
                return "full_s" if matches else "select(1, 0, ==)"
            case OfKey():
                return f"select({self._of_key(found, name)}, True, ==)"
            case Both(comparison, of_key):
                parts = [self._condition(part, name) for part in (comparison, of_key)]
                return None if None in parts else f"({parts[0]} and {parts[1]})"
            case Relation(text):
                window = _WINDOW.fullmatch(text)
                if window is None:
                    return None
                least, most = (
                    f"({query} + {literal(int(x))})" for x in window.groups()
                )
                return f"(select({key}, {least}, >=) and select({key}, {most}, <=))"
            case Comparison(sign, shift, falling=True):
                return f"select({key}, ({shift} - {query}), {sign})"
            case Comparison(sign, shift):
                if self.domains[head.query].kind is Kind.TOKEN and ranked(found):
                    key, query = map(self.id_of, (head.key, head.query))
                    return f"select({key}, {query}, {sign})"
                return f"select({key}, {shifted(query, shift)}, {sign})"

    def _rows(self, name: str) -> str:
        # Pairs of queries and keys, queries with the same keys together.
        head = self.heads[name]
        key, query = (self.domains[read] for read in (head.key, head.query))
        rows: dict[tuple[int, ...], list[object]] = {}
        for value, row in zip(query.values, head.predicate, strict=True):
            if row:
                rows.setdefault(row, []).append(value)
        self.free = self.free and bool(key.tokens) and bool(query.tokens)
        parts = []
        for row, queries in rows.items():
            asked = self._among(head.query, queries)
            keys = self._among(head.key, [key.value(k) for k in row])
            parts.append(f"(select({keys}, True, ==) and select(True, {asked}, ==))")
        return f"({joined('or', parts)})" if parts else "select(1, 0, ==)"

    def _among(self, read: str, values: Sequence[object]) -> str:
        parts = [f"({self.names[read]} in {listed(x)})" for x in parts_of(values)]
        return joined("or", parts)


def best_of(
    output: str, values: Sequence[object], scores: Sequence[str]
) -> Iterator[str]:
    """Yield the choice of the value with the largest score, the first on a tie."""
    yield f"_best = {unwrapped(scores[0])};"
    first = literal(values[0])
    if isinstance(values[0], str):
        yield f"{output} = {first} if (indices >= 0) else {first};"
    else:
        yield f"{output} = {first} + (0 * indices);"
    for value, score in zip(values[1:], scores[1:], strict=True):
        yield f"_score = {unwrapped(score)};"
        yield f"{output} = {literal(value)} if (_score > _best) else {output};"
        yield "_best = max(_best, _score);"


def joined(word: str, parts: Sequence[str]) -> str:
    """Return expressions with an operator between them."""
    found = parts[0]
    for part in parts[1:]:
        found = f"({found} {word} {part})"
    return found


def parts_of(values: Sequence[Item]) -> list[Sequence[Item]]:
    """Return parts that are short enough for a list."""
    starts = range(0, max(len(values), 1), MOST_LISTED)
    return [values[start : start + MOST_LISTED] for start in starts]


def _check(exported: Exported) -> None:
    program, form = exported.program, exported.form
    if form.reads_characters:
        what = "character features" if form.surfaces else "folded tokens"
        raise SettingsError(
            f"to rasp: the program has {what}, and RASP cannot look into tokens; "
            "export it to js"
        )
    bound = score_bound(program.readout, program.domains, form.max_length)
    if bound >= _LARGEST:
        raise SettingsError(
            f"to rasp: scores of up to {bound:,} are averages in RASP, which are exact "
            f"below {_LARGEST:,}; export it to js"
        )
    for head in exported.heads.values():
        largest = exported.domains[head.output].bound
        if head.sums and largest >= _LARGEST:
            raise SettingsError(
                f"to rasp: {head.output} is a sum of up to {largest:,}, an average in "
                f"RASP, which is exact below {_LARGEST:,}; export it to js"
            )
