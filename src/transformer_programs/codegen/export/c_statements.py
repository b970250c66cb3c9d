"""Statements of a program as functions of C, which compute a variable each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from transformer_programs.analysis import (
    INPUT_NAMES,
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    shifted,
)
from transformer_programs.codegen.export import c_heads
from transformer_programs.codegen.export.c_language import (
    MOST_BYTES,
    C,
    array,
    comment,
)
from transformer_programs.codegen.export.common import Exported, classes_of
from transformer_programs.codegen.export.expressions import (
    EQUAL,
    Fragment,
    UntranslatableError,
    all_of,
    translate,
)
from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    Program,
    Scope,
    Term,
    sum_bound,
)

_LARGEST_TABLE = 1 << 24
"""Numbers that a file of C lists for one statement."""

_MOST_CLASSES = 1 << 20
"""Classes of keys of which each has a place in the workspace."""

_LARGE = 1 << 14
"""Cells of tables of which only those are listed that are not the usual one."""

INT32 = 1 << 31


def prefix_of(program: Program) -> str:
    """Return what the names of its file begin with."""
    name = re.sub("[^a-z0-9]+", "_", program.name.lower()).strip("_")[:40].strip("_")
    return name if name[:1].isalpha() else f"program_{name}".strip("_")


class CStatements(Exported):
    """What C functions compute variables, and the constants that they read.

    Attributes:
        prefix: what names that users see begin with.
        upper: the same in upper case.
        constants: tables, and functions that compare queries with keys.
        classes: the places of the workspace that heads need.

    Raises:
        SettingsError: If C cannot express the program.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        _check(self)
        self.prefix = prefix_of(program)
        self.upper = self.prefix.upper()
        self._language = C()
        self.constants: list[str] = []
        self.classes = 0  # places of the workspace that heads need

    def function(self, name: str) -> Iterator[str]:
        """Yield the function that computes a variable, or two functions."""
        statement = next(s for s in self.program.statements if s.output == name)
        if name in self.heads:
            body = [*self._head(name)]
        elif name in self.decisions:
            yield from self._decided_by_weights(name)
            body = [*self._decision(name)]
        else:
            body = [*self._table(name)]
        yield from comment(self.described(statement).sentence)
        yield f"static void find_{name}({self.prefix}_workspace *w, size_t n) {{"
        yield from body
        yield "}"
        yield ""

    def _number(self, name: str, variable: str) -> Fragment:
        # Texts are ids, which closed forms know nothing of.
        return Fragment(name, "text" if self.domains[variable].tokens else "number")

    def _cast(self, name: str) -> str:
        return "(int32_t)" if self.domains[name].bound < INT32 else "(int64_t)"

    def _table(self, name: str) -> Iterator[str]:
        table = self.tables[name]
        letters = INPUT_NAMES[len(table.inputs)]
        text, cell = self.closed.expression(table), None
        if text is not None and not table.domain.tokens:
            pairs = zip(letters, table.inputs, strict=True)
            parts = {letter: self._number(letter, read) for letter, read in pairs}
            with suppress(UntranslatableError):
                cell = translate(text, parts, self._language).text
        yield "  for (size_t i = 0; i < n; i++) {"
        if cell is None:
            cell = self._cell(name)
        else:
            for letter, read in zip(letters, table.inputs, strict=True):
                yield f"    const long long {letter} = w->v_{read}[i];"
                if not re.search(rf"\b{letter}\b", cell):
                    yield f"    (void){letter};"
            cell = f"{self._cast(name)}({cell})"
        yield f"    w->v_{name}[i] = {cell};"
        yield "  }"

    def _cell(self, name: str) -> str:
        # The rows of two inputs that are the same are listed once, if they are many.
        table = self.tables[name]
        if self._is_sparse(name):
            return self._sparse(name)
        first, *more = table.inputs
        index, width = f"w->v_{first}[i]", None
        entries: Sequence[int] = table.table
        for second in more:
            width = self.domains[second].size
            starts = range(0, len(entries), width)
            rows = [tuple(entries[start : start + width]) for start in starts]
            different = [*dict.fromkeys(rows)]
            if 2 * len(different) <= len(rows):
                numbers = {row: number for number, row in enumerate(different)}
                self.constants += array(f"ROW_{name}", [numbers[r] for r in rows])
                index = f"ROW_{name}[{index}]"
                entries = [entry for row in different for entry in row]
            index += f"][w->v_{second}[i]"
        _check_size(name, len(entries))
        self.constants += array(f"TABLE_{name}", entries, width)
        return f"TABLE_{name}[{index}]"

    def _is_sparse(self, name: str) -> bool:
        table = self.tables[name]
        large = len(table.inputs) == 2 and table.entries > _LARGE
        numbers = table.domain.bound < INT32
        return large and numbers and 0 < 4 * table.uncommon < table.entries

    def _sparse(self, name: str) -> str:
        # Of every row the columns that are not the usual value, in rising order.
        table = self.tables[name]
        first, second = table.inputs
        width, usual = self.domains[second].size, table.commonest
        found = [(i, entry) for i, entry in enumerate(table.table) if entry != usual]
        starts = [0] * (self.domains[first].size + 1)
        for index, _ in found:
            starts[index // width + 1] += 1
        for row in range(1, len(starts)):
            starts[row] += starts[row - 1]
        lists = {
            f"START_{name}": starts,
            f"COLUMN_{name}": [index % width for index, _ in found],
            f"TABLE_{name}": [entry for _, entry in found],
        }
        for listed, values in lists.items():
            _check_size(name, len(values))
            self.constants += array(listed, values, kind="int32_t")
        read = f"w->v_{first}[i], w->v_{second}[i]"
        return f"cell_of({', '.join(lists)}, {read}, {usual})"

    def _decided_by_weights(self, name: str) -> Iterator[str]:
        decide = self.decisions[name]
        if self.closed.comparison(decide) is None:
            parameters = f"const {self.prefix}_workspace *w, size_t first, size_t last"
            yield f"static int decide_{name}({parameters}) {{"
            yield from self.best(f"WEIGHTS_{name}", decide.terms, decide.domain.size)
            yield "}"
            yield ""

    def _decision(self, name: str) -> Iterator[str]:
        found = self.closed.comparison(self.decisions[name])
        yield "  for (size_t i = 0; i < n; i++) {"
        if found is None:
            yield f"    w->v_{name}[i] = decide_{name}(w, i, i + 1);"
        elif not found.factors:
            yield f"    w->v_{name}[i] = {int(found.constant > 0)};"
        else:
            parts = {x: Fragment(x, "number") for x in found.names}
            condition = translate(found.condition([*parts]), parts, self._language)
            for letter, read in found.names.items():
                yield f"    const long long {letter} = w->v_{read}[i];"
            yield f"    w->v_{name}[i] = {condition.text};"
        yield "  }"

    def _head(self, name: str) -> Iterator[str]:
        head = self.heads[name]
        found = self.closed.condition(head)
        if not head.sums and found in (Always(), Always(False)):
            lines = self._copied(name, matches=found == Always())
            if lines is not None:
                yield from lines
                return
        classes = self._classes_of(name)
        if classes is None:
            yield from self._searched(name, found)
        elif head.sums:
            yield from c_heads.summing_classes(head.scope, self._names(name) | classes)
        else:
            yield from c_heads.nearest_classes(head.scope, self._names(name) | classes)

    def _names(self, name: str) -> dict[str, str]:
        head = self.heads[name]
        names = {"OUT": name, "QUERY": head.query, "KEY": head.key, "VALUE": head.value}
        found = {place: f"w->v_{variable}" for place, variable in names.items()}
        return found | {"CAST": self._cast(name)}

    def _copied(self, name: str, *, matches: bool) -> list[str] | None:
        # From a place that is the same at every position, or beside each.
        head = self.heads[name]
        place = "0"
        if matches:
            if head.scope is Scope.BEFORE:
                place = "i > 0 ? i - 1 : 0"
            elif head.scope is Scope.AFTER:
                place = "i + 1 < n ? i + 1 : 0"
            else:
                return None
        return [
            "  for (size_t i = 0; i < n; i++) {",
            f"    w->v_{name}[i] = w->v_{head.value}[{place}];",
            "  }",
        ]

    def _classes_of(self, name: str) -> dict[str, str] | None:
        """Return the class that a query looks for, and that of a key, as source.

        None if the keys of two queries overlap without being the same.
        """
        head = self.heads[name]
        queries, keys = self.domains[head.query].size, self.domains[head.key].size
        found = self.closed.condition(head)
        same = isinstance(found, Comparison) and found.sign == "=="
        if isinstance(found, Comparison) and same and keys <= _MOST_CLASSES:
            shift = found.shift
            text = (
                f"{shift} - QUERY[i]" if found.falling else shifted("QUERY[i]", shift)
            )
            if found.falling or shift or queries > keys:
                text = f"class_of({text}, {keys})"
            self.classes = max(self.classes, keys)
            return {"WANTED": text, "CLASS": "KEY[i]"}
        classes = classes_of(head.predicate, keys)
        if classes is None:
            return None
        of_query, of_key = classes
        self.classes = max(self.classes, max(of_key) + 1, 1)
        return {
            "WANTED": self._class(f"WANTED_{name}", of_query, "QUERY"),
            "CLASS": self._class(f"CLASS_{name}", of_key, "KEY"),
        }

    def _class(self, name: str, classes: Sequence[int], variable: str) -> str:
        if len({*classes}) == 1:
            return str(classes[0])
        _check_size(name, len(classes))
        self.constants += array(name, classes)
        return f"{name}[{variable}[i]]"

    def _searched(self, name: str, found: Condition | None) -> Iterator[str]:
        # Every pair of positions is looked at, or all up to the nearest match.
        head = self.heads[name]
        condition = self._rows(name) if found is None else self._condition(found, name)
        text = condition.text
        unread = [x for x in "qk" if not re.search(rf"\b{x}\b", text)]
        # Small numbers are compared several at once.
        small = not isinstance(found, Relation) and all(
            self.domains[read].bound < INT32 // 4 for read in (head.query, head.key)
        )
        kind = "int32_t" if small else "long long"
        self.constants += [
            f"static int match_{name}({kind} q, {kind} k) {{",
            *(f"  (void){letter};" for letter in unread),
            f"  return {text};",
            "}",
        ]
        function = c_heads.summing if head.sums else c_heads.searching
        yield from function(head.scope, self._names(name) | {"MATCH": f"match_{name}"})

    def _condition(self, found: Condition, name: str) -> Fragment:
        head = self.heads[name]
        match found:
            case Always(matches):
                return Fragment(str(int(matches)), "truth")
            case OfKey(keys):
                return self._among(f"KEYS_{name}", keys, self.domains[head.key].size)
            case Both(comparison, of_key):
                parts = [self._condition(p, name) for p in (comparison, of_key)]
                return all_of(parts)
            case Relation(text):
                pass
            case Comparison(sign, shift, falling=True):
                text = f"k {sign} {shift} - q"
            case Comparison(sign, shift):
                text = f"k {sign} {shifted('q', shift)}"
        names = {letter: Fragment(letter, "number") for letter in "qk"}
        return translate(text, names, self._language)

    def _among(self, name: str, keys: Sequence[int], size: int) -> Fragment:
        if len(keys) <= 4:
            texts = " || ".join(f"k == {key}" for key in keys)
            return Fragment(f"({texts})" if keys else "0", "truth")
        _check_size(name, size)
        chosen = {*keys}
        self.constants += array(name, [int(key in chosen) for key in range(size)])
        return Fragment(f"{name}[k] != 0", "truth", EQUAL)

    def _rows(self, name: str) -> Fragment:
        # A bit for every key, in a row for every different set of keys.
        head = self.heads[name]
        keys = self.domains[head.key].size
        rows = sorted({*head.predicate})
        numbers = {row: number for number, row in enumerate(rows)}
        width = (keys + 31) // 32
        _check_size(name, len(rows) * width)
        words = []
        for row in rows:
            bits = [0] * width
            for key in row:
                bits[key // 32] |= 1 << key % 32
            words += bits
        self.constants += array(f"ROW_{name}", [numbers[r] for r in head.predicate])
        self.constants += array(f"KEYS_{name}", words, width)
        return Fragment(
            f"(KEYS_{name}[ROW_{name}[q]][k >> 5] >> (k & 31)) & 1", "truth"
        )

    def best(
        self, name: str, terms: Sequence[Term], count: int, length: int = 1
    ) -> Iterator[str]:
        """Yield the sum of weights over some positions, and the largest of its parts.

        There are at most ``length`` positions.
        """
        bound = length * sum_bound(terms, self.domains)
        kind = "int32_t" if bound < INT32 else "int64_t"
        yield f"  {kind} scores[{count}] = {{0}};"
        yield "  int best = 0;"
        yield "  for (size_t i = first; i < last; i++) {"
        if not terms:
            yield "    (void)w;"
        for number, term in enumerate(terms):
            array_name, domain = f"{name}_{number}", self.domains[term.variable]
            value = f"w->v_{term.variable}[i]"
            if domain.numerical:
                self.constants += array(array_name, term.weights[0])
                added = f"{array_name}[s] * ({kind}){value}"
            else:
                added = f"{self._weights(array_name, term, count)}"
                added = added.replace("VALUE", value)
            yield f"    for (size_t s = 0; s < {count}; s++) scores[s] += {added};"
        yield "  }"
        yield f"  for (int s = 1; s < {count}; s++) {{"
        yield "    if (scores[s] > scores[best]) best = s;"
        yield "  }"
        yield "  return best;"

    def _weights(self, name: str, term: Term, count: int) -> str:
        # A row for every value, or for every different row, if many are the same.
        rows = [*dict.fromkeys(term.weights)]
        _check_size(term.variable, len(rows) * count)
        if 2 * len(rows) > len(term.weights):
            rows, index = [*term.weights], "VALUE"
        else:
            numbers = {row: number for number, row in enumerate(rows)}
            self.constants += array(f"{name}_ROW", [numbers[r] for r in term.weights])
            index = f"{name}_ROW[VALUE]"
        flat = [weight for row in rows for weight in row]
        self.constants += array(name, flat, count)
        return f"{name}[{index}][s]"


def _check(exported: Exported) -> None:
    form = exported.form
    if form.reads_characters:
        what = "character features" if form.surfaces else "folded tokens"
        raise SettingsError(
            f"to c: the program has {what}, which need Unicode tables that C lacks; "
            "export it to js"
        )
    for text in (*form.vocabulary.tokens, *exported.program.readout.labels):
        if "\0" in text or len(text.encode()) > MOST_BYTES:
            shown = repr(text if len(text) < 40 else f"{text[:40]}...")
            raise SettingsError(
                f"to c: the text {shown} holds a zero or is longer than {MOST_BYTES:,} "
                "bytes, which strings of C cannot be; export it to js"
            )


def _check_size(name: str, size: int) -> None:
    if size > _LARGEST_TABLE:
        raise SettingsError(
            f"to c: {name} has {size:,} numbers, at most {_LARGEST_TABLE:,} are "
            "written; export it to js"
        )
