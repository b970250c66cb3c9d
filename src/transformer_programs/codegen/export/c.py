"""Program -> one file of C11: no allocation, no dependencies, fast.

Variables are ids. Closed forms of numbers are expressions; everything else is a table.
Heads whose keys fall into classes, of which a query matches one, take time that grows
with the length alone. The file holds up to the length of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

from transformer_programs.analysis import (
    Always,
    Both,
    Comparison,
    Condition,
    OfKey,
    Relation,
    shifted,
)
from transformer_programs.codegen.export import c_frame, c_heads
from transformer_programs.codegen.export.c_language import (
    HELPERS,
    MOST_BYTES,
    C,
    array,
    comment,
    strings,
)
from transformer_programs.codegen.export.common import Exported
from transformer_programs.codegen.export.expressions import (
    EQUAL,
    Part,
    UntranslatableError,
    all_of,
    translate,
)
from transformer_programs.errors import SettingsError
from transformer_programs.program import (
    Pooling,
    Program,
    Scope,
    Term,
    score_bound,
    sum_bound,
)

_LARGEST_TABLE = 1 << 24
"""Numbers that a file of C lists for one statement."""

_MOST_CLASSES = 1 << 20
"""Classes of keys of which each has a place in the workspace."""

_INT32 = 1 << 31

INPUT_NAMES = {1: ("x",), 2: ("a", "b")}
"""What the inputs of a table are called in its closed form."""


def emit_c(program: Program) -> str:
    """Return the text of a C file.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If it reads characters of tokens, or its tables are too large.
    """
    return "\n".join(_File(program).lines())


def prefix_of(program: Program) -> str:
    """Return what the names of its file begin with."""
    name = re.sub("[^a-z0-9]+", "_", program.name.lower()).strip("_")[:40].strip("_")
    return name if name[:1].isalpha() else f"program_{name}".strip("_")


class _File(Exported):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        _check(self)
        self.prefix = prefix_of(program)
        self.upper = self.prefix.upper()
        self._language = C()
        self._constants: list[str] = []
        self._classes = 0  # places of the workspace that heads need

    def lines(self) -> Iterator[str]:
        names = [statement.output for statement in self.program.statements]
        statements = [line for name in names for line in self._function(name)]
        readout = [*self._run()]
        yield from self._header()
        yield ""
        yield from c_frame.lookup(self.form)
        yield ""
        code = "\n".join([*self._constants, *statements, *readout])
        for helper in self._helpers(code):
            yield from (helper, "")
        yield from self._constants
        yield ""
        yield from statements
        yield from readout
        yield ""
        yield c_frame.main(self.prefix, tagging=self.program.tagging)

    def _helpers(self, code: str) -> Iterator[str]:
        called = {n for n in HELPERS if re.search(rf"\b{n}\(", code)}
        if "quotient" in called:
            called.add("remainder_of")
        return (text for name, text in HELPERS.items() if name in called)

    # What users see.

    def _header(self) -> Iterator[str]:
        form, labels = self.form, self.program.readout.labels
        title = f"{self.title}: a Transformer Program."
        yield from comment(" ".join([title, *self.about]))
        yield ""
        yield c_frame.usage(self.prefix, tagging=self.program.tagging)
        yield ""
        yield "#include <stddef.h>"
        yield "#include <stdint.h>"
        yield "#include <string.h>"
        yield ""
        upper = self.upper
        yield f"#define {upper}_MAX_LENGTH {form.max_bare_length}"
        yield f"#define {upper}_FRAMED {form.max_length}"
        yield f"#define {upper}_LABELS {len(labels)}"
        yield ""
        yield "/* What a call returns besides 0. */"
        yield "enum {"
        yield f"  {upper}_TOO_LONG = 1,"
        yield f"  {upper}_EMPTY = 2,"
        yield f"  {upper}_UNKNOWN_TOKEN = 3"
        yield "};"
        yield ""
        yield "/* What a call computes with. Variables hold the ids of their values, by"
        yield " * position of the framed sequence, until the next call. */"
        yield "typedef struct {"
        for name, domain in self.domains.items():
            kind = "int32_t" if domain.bound < _INT32 else "int64_t"
            yield f"  {kind} v_{name}[{upper}_FRAMED];"
        if self._classes:
            yield f"  int64_t places[{self._classes}];"
        if any(h.scope is Scope.ALL and not h.sums for h in self.heads.values()):
            yield f"  int32_t nearest[{upper}_FRAMED];"
        yield "  size_t position; /* of the token that was refused */"
        yield "  size_t unknown;  /* tokens that were read as the unknown one */"
        yield f"}} {self.prefix}_workspace;"
        yield ""
        lines = strings("LABELS", labels)
        name = f"const char *const {self.prefix}_labels[{upper}_LABELS]"
        yield f"extern {name};"
        yield f"int {self.prefix}_run(const char *const *tokens, size_t n,"
        yield f"{' ' * (len(self.prefix) + 9)}{self.prefix}_workspace *w, int *labels);"
        yield ""
        yield name + lines.partition("]")[2]

    # Statements.

    def _function(self, name: str) -> Iterator[str]:
        statement = next(s for s in self.program.statements if s.output == name)
        if name in self.decisions:
            yield from self._sums(name)
            body = [*self._decision(name)]
        else:
            body = [*(self._head(name) if name in self.heads else self._table(name))]
        yield from comment(self.described(statement).sentence)
        yield f"static void find_{name}({self.prefix}_workspace *w, size_t n) {{"
        yield from body
        yield "}"
        yield ""

    def _number(self, name: str, variable: str) -> Part:
        # Texts are ids, which closed forms know nothing of.
        return Part(name, "text" if self.domains[variable].tokens else "number")

    def _cast(self, name: str) -> str:
        return "(int32_t)" if self.domains[name].bound < _INT32 else "(int64_t)"

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
            _check_size(name, len(table.table))
            self._constants += array(f"TABLE_{name}", table.table)
            index = f"w->v_{table.inputs[0]}[i]"
            for read in table.inputs[1:]:
                index += f" * {self.domains[read].size} + w->v_{read}[i]"
            cell = f"TABLE_{name}[{index}]"
        else:
            for letter, read in zip(letters, table.inputs, strict=True):
                yield f"    const long long {letter} = w->v_{read}[i];"
                if not re.search(rf"\b{letter}\b", cell):
                    yield f"    (void){letter};"
            cell = f"{self._cast(name)}({cell})"
        yield f"    w->v_{name}[i] = {cell};"
        yield "  }"

    def _sums(self, name: str) -> Iterator[str]:
        # The function that compares the sums of a decision.
        decide = self.decisions[name]
        bound = sum_bound(decide.terms, self.domains)
        kind = "int32_t" if bound < _INT32 else "int64_t"
        parameters = f"const {self.prefix}_workspace *w, size_t first, size_t last"
        yield f"static int decide_{name}({parameters}) {{"
        count = decide.domain.size
        yield from self._best(f"SUMS_{name}", decide.terms, count, kind)
        yield "}"
        yield ""

    def _decision(self, name: str) -> Iterator[str]:
        yield "  for (size_t i = 0; i < n; i++) {"
        yield f"    w->v_{name}[i] = decide_{name}(w, i, i + 1);"
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
            self._classes = max(self._classes, keys)
            return {"WANTED": text, "CLASS": "KEY[i]"}
        rows = sorted({row for row in head.predicate if row})
        of_key = [-1] * keys
        for number, row in enumerate(rows):
            for index in row:
                if of_key[index] >= 0:
                    return None
                of_key[index] = number
        numbers = {row: number for number, row in enumerate(rows)}
        of_query = [numbers.get(row, -1) for row in head.predicate]
        self._classes = max(self._classes, len(rows), 1)
        return {
            "WANTED": self._class(f"WANTED_{name}", of_query, "QUERY"),
            "CLASS": self._class(f"CLASS_{name}", of_key, "KEY"),
        }

    def _class(self, name: str, classes: Sequence[int], variable: str) -> str:
        if len({*classes}) == 1:
            return str(classes[0])
        _check_size(name, len(classes))
        self._constants += array(name, classes)
        return f"{name}[{variable}[i]]"

    def _searched(self, name: str, found: Condition | None) -> Iterator[str]:
        # Every pair of positions is looked at, or all up to the nearest match.
        head = self.heads[name]
        condition = self._rows(name) if found is None else self._condition(found, name)
        text = condition.text
        unread = [x for x in "qk" if not re.search(rf"\b{x}\b", text)]
        self._constants += [
            f"static int match_{name}(long long q, long long k) {{",
            *(f"  (void){letter};" for letter in unread),
            f"  return {text};",
            "}",
        ]
        function = c_heads.summing if head.sums else c_heads.searching
        yield from function(head.scope, self._names(name) | {"MATCH": f"match_{name}"})

    def _condition(self, found: Condition, name: str) -> Part:
        head = self.heads[name]
        match found:
            case Always(matches):
                return Part(str(int(matches)), "truth")
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
        names = {letter: Part(letter, "number") for letter in "qk"}
        return translate(text, names, self._language)

    def _among(self, name: str, keys: Sequence[int], size: int) -> Part:
        if len(keys) <= 4:
            texts = " || ".join(f"k == {key}" for key in keys)
            return Part(f"({texts})" if keys else "0", "truth")
        _check_size(name, size)
        chosen = {*keys}
        self._constants += array(name, [int(key in chosen) for key in range(size)])
        return Part(f"{name}[k] != 0", "truth", EQUAL)

    def _rows(self, name: str) -> Part:
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
        self._constants += array(f"ROW_{name}", [numbers[r] for r in head.predicate])
        self._constants += array(f"KEYS_{name}", words, width)
        return Part(f"(KEYS_{name}[ROW_{name}[q]][k >> 5] >> (k & 31)) & 1", "truth")

    # Labels.

    def _run(self) -> Iterator[str]:
        program, form = self.program, self.form
        yield from self._readout()
        names = [s.output for s in program.statements]
        pooled = "length" if program.readout.pooling is Pooling.MEAN else "1"
        yield from c_frame.run(
            self.prefix, form, names, tagging=program.tagging, pooled=pooled
        )

    def _readout(self) -> Iterator[str]:
        readout, prefix = self.program.readout, self.prefix
        yield from comment(self.decided)
        parameters = f"const {prefix}_workspace *w, size_t first, size_t last"
        yield f"static int label_at({parameters}) {{"
        single = self.closed.single
        if single is not None:
            self._constants += array("LABEL_OF", self._labels_of(single))
            yield "  (void)last;"
            yield f"  return LABEL_OF[w->v_{single.variable}[first]];"
        else:
            bound = score_bound(readout, self.domains, self.program.input.max_length)
            kind = "int32_t" if bound < _INT32 else "int64_t"
            yield from self._best("SCORES", readout.terms, len(readout.labels), kind)
        yield "}"
        yield ""

    def _labels_of(self, term: Term) -> list[int]:
        domain = self.domains[term.variable]
        rows: list[Sequence[int]] = [*term.weights]
        if domain.numerical:
            (factors,) = term.weights
            rows = [[index * f for f in factors] for index in range(domain.size)]
        return [row.index(max(row)) for row in rows]

    def _best(
        self, name: str, terms: Sequence[Term], count: int, kind: str
    ) -> Iterator[str]:
        """Yield the sum of weights from one position to another, and its largest."""
        yield f"  {kind} scores[{count}] = {{0}};"
        yield "  int best = 0;"
        yield "  for (size_t i = first; i < last; i++) {"
        if not terms:
            yield "    (void)w;"
        for number, term in enumerate(terms):
            array_name, domain = f"{name}_{number}", self.domains[term.variable]
            value = f"w->v_{term.variable}[i]"
            if domain.numerical:
                self._constants += array(array_name, term.weights[0])
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
            self._constants += array(f"{name}_ROW", [numbers[r] for r in term.weights])
            index = f"{name}_ROW[VALUE]"
        flat = [weight for row in rows for weight in row]
        self._constants += array(name, flat, count)
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
