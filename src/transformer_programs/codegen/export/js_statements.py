"""Statements of a program as expressions of JavaScript."""

from __future__ import annotations

from collections.abc import Sequence

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
    commonest,
    listing,
)
from transformer_programs.codegen.export.expressions import (
    COMPARED,
    Fragment,
    UntranslatableError,
    all_of,
    translate,
)
from transformer_programs.codegen.export.js_language import (
    JavaScript,
    array,
    by_result,
    literal,
    numbered,
    readable,
)
from transformer_programs.codegen.statements import MANY_KEYS
from transformer_programs.language import (
    Kind,
    Program,
    Scope,
    Term,
    Value,
)

_SAME = Comparison("==", 0)


class JsStatements(Exported):
    """The expressions that compute variables, and the constants that they read.

    Attributes:
        constants: tables, pairs of queries and keys, and weights.
        ordered: whether tokens are compared by their order.
        free: whether the module means at any length what the program does.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        texts = (text for domain in self.domains.values() for text in domain.tokens)
        self._language = JavaScript(all(map(readable, texts)))
        self.free = not self.meaning.bound
        self.constants: list[str] = []
        self.ordered = False  # whether tokens are compared by their order

    def statement(self, name: str) -> str:
        """Return the expression that computes a variable."""
        if name in self.decisions:
            return self._decision(name)
        return self._head(name) if name in self.heads else self._table(name)

    def _decision(self, name: str) -> str:
        decide = self.decisions[name]
        found = self.closed.comparison(decide)
        if found is not None:
            parts = {x: self._part(x, read) for x, read in found.names.items()}
            value = translate(found.text, parts, self._language).text
            read = [f"v.{read}" for read in found.names.values()]
            if not read:
                return f"v.tokens.map(() => {value})"
            return f"zipAll([{', '.join(read)}], ({', '.join(parts)}) => {value})"
        values = array(decide.domain.values)
        return f"decide(v.positions, {values}, [{', '.join(self.weighed(name))}])"

    def weighed(self, name: str) -> list[str]:
        """Return the variables that a decision reads, each with its weights."""
        terms, decide = [], self.decisions[name]
        for index, term in enumerate(decide.terms):
            weights = array(term.weights[0])
            if not self.domains[term.variable].numerical:
                rows = self.rows(term, len(decide.domain.values))
                weights = self._constant(f"WEIGHTS_{name}_{index}", rows)
            terms.append(f"[v.{term.variable}, {weights}]")
        return terms

    def rows(self, term: Term, count: int, indent: int = 0) -> str:
        """Return weights by value, without values that add nothing."""
        values = self.domains[term.variable].values
        rows = [literal([*row]) for row in term.weights]
        return by_result(zip(values, rows, strict=True), literal([0] * count), indent)

    def _head(self, name: str) -> str:
        head = self.heads[name]
        read = [f"v.{name}" for name in head.inputs]
        found = self.closed.condition(head)
        if found == Always() and not head.sums:
            beside = {Scope.BEFORE: "before", Scope.AFTER: "after"}.get(head.scope)
            if beside is not None:
                return f"{beside}({read[-1]})"
        scope = [] if head.scope is Scope.ALL else [literal(head.scope.value)]
        if found == _SAME and (not head.sums or self._many_keys(head.key)):
            function = "countEqual" if head.sums else "attendEqual"
            return f"{function}({', '.join([*read, *scope])})"
        if self.free and isinstance(found, (Always, OfKey)):
            # Keys that match are equal to true, so that one pass will do.
            key = f"{read[1]}.map((k) => {self._condition(found, name).text})"
            function = "countEqual" if head.sums else "attendEqual"
            given = [f"{read[1]}.map(() => true)", key, read[2], *scope]
            return f"{function}({', '.join(given)})"
        function = "count" if head.sums else "attend"
        return f"{function}({', '.join([*read, self.matches(name), *scope])})"

    def matches(self, name: str) -> str:
        """Return the function that says of a query and a key whether they match."""
        found = self.closed.condition(self.heads[name])
        if found is None:
            return self._pairs(name)
        return f"(q, k) => {self._condition(found, name).text}"

    def _many_keys(self, key: str) -> bool:
        # At any length, or so many that a pass is faster than all pairs.
        return self.free or self.domains[key].size > MANY_KEYS

    def _condition(self, found: Condition, name: str) -> Fragment:
        head = self.heads[name]
        match found:
            case Always(matches):
                return Fragment("true" if matches else "false", "truth")
            case OfKey():
                text = self.closed.key_condition(found, head) or ""
            case Relation(text):
                pass
            case Both(comparison, of_key):
                return all_of([self._condition(p, name) for p in (comparison, of_key)])
            case Comparison(sign, shift, falling=True):
                text = f"k {sign} {shift} - q"
            case Comparison(sign, shift):
                if self.domains[head.query].kind is Kind.TOKEN and ranked(found):
                    self.ordered = True
                    compared = f"ORDER.get(k) {sign} ORDER.get(q)"
                    return Fragment(compared, "truth", COMPARED)
                text = f"k {sign} {shifted('q', shift)}"
        names = {"q": self._part("q", head.query), "k": self._part("k", head.key)}
        return translate(text, names, self._language)

    def _part(self, name: str, variable: str) -> Fragment:
        return Fragment(name, "text" if self.domains[variable].tokens else "number")

    def _pairs(self, name: str) -> str:
        # The pairs of queries and keys, queries with the same keys together.
        head = self.heads[name]
        query, key = self.domains[head.query], self.domains[head.key]
        rows: dict[tuple[int, ...], list[Value]] = {}
        for value, row in zip(query.values, head.predicate, strict=True):
            if row:
                rows.setdefault(row, []).append(value)
        items = [
            f"[{array(queries)}, {array([key.value(k) for k in row])}]"
            for row, queries in rows.items()
        ]
        return self._constant(f"PAIRS_{name}", listing("among([", items, "])", 0))

    def _constant(self, name: str, source: str) -> str:
        line = f"const {name} = {source};"
        if line not in self.constants:
            self.constants.append(line)
        return name

    def _table(self, name: str) -> str:
        read = [f"v.{name}" for name in self.tables[name].inputs]
        cell = self.cell(name)
        if len(read) == 1:
            return f"{read[0]}.map((x) => {cell})"
        return f"zip({', '.join(read)}, (a, b) => {cell})"

    def cell(self, name: str) -> str:
        """Return what a table says of its inputs, x or a and b."""
        table = self.tables[name]
        cell = self.translated(self.closed.expression(table), table.inputs)
        if cell is None:
            cell = self._one(name) if len(table.inputs) == 1 else self._two(name)
        return cell

    def translated(self, text: str | None, inputs: Sequence[str]) -> str | None:
        """Return a closed form of variables; None if there is none."""
        if text is None:
            return None
        pairs = zip(INPUT_NAMES[len(inputs)], inputs, strict=True)
        parts = {letter: self._part(letter, name) for letter, name in pairs}
        try:
            return translate(text, parts, self._language).text
        except UntranslatableError:  # numbers that are not exact
            self.free = False
            return None

    def _one(self, name: str) -> str:
        # A list if values are 0, 1, ..., else results with the values that have them.
        table = self.tables[name]
        domain = self.domains[table.inputs[0]]
        results = self._results(name)
        if not domain.tokens:
            return f"{self._constant(f'TABLE_{name}', numbered(results))}[x]"
        usual = commonest(results)
        source = by_result(zip(domain.values, results, strict=True), usual)
        cell = f"{self._constant(f'TABLE_{name}', source)}.get(x)"
        return cell if usual is None else f"{cell} ?? {usual}"

    def _results(self, name: str) -> list[str]:
        table = self.tables[name]
        cells = {entry: literal(table.domain.value(entry)) for entry in {*table.table}}
        return [cells[entry] for entry in table.table]

    def _two(self, name: str) -> str:
        table = self.tables[name]
        first, second = (self.domains[read] for read in table.inputs)
        results = self._results(name)
        usual = commonest(results) if first.tokens or second.tokens else None
        starts = range(0, len(results), second.size)
        rows = [results[start : start + second.size] for start in starts]
        sources = [
            by_result(zip(second.values, row, strict=True), usual)
            if second.tokens
            else numbered(row)
            for row in rows
        ]
        row, cell = "[a]", ".get(b)" if second.tokens else "[b]"
        if first.tokens:
            pairs = zip(first.values, sources, rows, strict=True)
            items = [
                f"[{literal(value)}, {source}]"
                for value, source, row in pairs
                if {*row} != {usual}
            ]
            source = listing("new Map([", items, "])", 0)
            row = ".get(a)"
            if usual is not None:
                cell = f"?.{cell.removeprefix('.')}"
        else:
            source = listing("[", sources, "]", 0)
        text = f"{self._constant(f'TABLE_{name}', source)}{row}{cell}"
        return text if usual is None else f"{text} ?? {usual}"
