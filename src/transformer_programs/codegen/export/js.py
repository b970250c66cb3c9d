"""Program -> a JavaScript module: no dependencies, for browsers and Node.

Its interface is that of ``program.py``: ``trace`` computes the variables in order and
``run`` the labels. It keeps the closed forms, so that a program that holds at any
length does so here. Beside that it states what a page needs to show a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.analysis import (
    Always,
    Both,
    ComparedSums,
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
    Part,
    UntranslatableError,
    all_of,
    translate,
)
from transformer_programs.codegen.export.js_helpers import HELPERS, helpers_for
from transformer_programs.codegen.export.js_language import (
    JavaScript,
    array,
    by_result,
    comment,
    constant,
    literal,
    numbered,
    readable,
)
from transformer_programs.codegen.statements import MANY_KEYS
from transformer_programs.program import (
    Kind,
    Pooling,
    Program,
    Scope,
    SurfaceKind,
    Term,
    Value,
)

_SPLIT = {
    None: "splitNever",
    "whitespace": "splitWhitespace",
    "characters": "splitCharacters",
    "words": "splitWords",
}

_SAME = Comparison("==", 0)

INPUT_NAMES = {1: ("x",), 2: ("a", "b")}
"""What the inputs of a table are called in its closed form."""


def emit_js(program: Program) -> str:
    """Return the text of a JavaScript module.

    Raises:
        ProgramError: If the program is not valid.
    """
    return "\n".join(_Module(program).lines())


class _Module(Exported):
    def __init__(self, program: Program) -> None:
        super().__init__(program)
        texts = (text for domain in self.domains.values() for text in domain.tokens)
        self._language = JavaScript(all(map(readable, texts)))
        self._free = not self.meaning.bound
        self._constants: list[str] = []
        self._ordered = False  # whether tokens are compared by their order

    def lines(self) -> Iterator[str]:
        body = [*self._trace(), "", *self._run(), "", *self._readout()]
        constants, stated = self._constants, [*self._stated()]
        if self._ordered:
            tokens = constant("const ORDER = new Map(", self.form.vocabulary.tokens)
            order = f"{tokens.removesuffix(';')}.map((token, i) => [token, i]));"
            constants.insert(0, order)
        code = "\n".join([*stated, *constants, *body])
        yield from self._title()
        yield from ("", *stated, "", *body)
        if constants:
            yield from ("", "// Tables and weights.")
            yield from constants
        yield from ("", HELPERS, "")
        yield "\n\n".join(helpers_for(code))
        yield ""

    # What the program is.

    def _title(self) -> Iterator[str]:
        yield from comment(f"{self.title}: a Transformer Program.")
        yield "//"
        yield from comment(" ".join(self.about))
        yield "//"
        yield from comment(
            'import { run } from "./program.mjs"; run(tokens) gives the labels, '
            "trace(tokens) every variable, scores(tokens) the sums of weights, and "
            "contributions(tokens) what each variable added to them. Strings are "
            "compared by their characters; nothing is printed, read or sent."
        )

    def _stated(self) -> Iterator[str]:
        program, form = self.program, self.form
        yield f"export const NAME = {literal(self.title)};"
        yield f"export const ABOUT = {literal(list(self.about))};"
        yield constant("export const TOKENS = ", form.symbols)
        yield constant("export const LABELS = ", program.readout.labels)
        yield f"export const MAX_LENGTH = {form.max_bare_length};"
        yield f"export const ANY_LENGTH = {literal(self._free)};"
        frame = {"begin": form.begin, "end": form.end}
        yield f"export const FRAME = {literal(frame)};"
        yield f"export const UNKNOWN = {literal(form.vocabulary.unknown)};"
        yield "const KNOWN = new Set(TOKENS);"
        yield ""
        yield "// What computes each variable, in order; what a page may show."
        rows = [
            literal(
                {
                    "name": found.name,
                    "kind": found.kind,
                    "inputs": list(found.inputs),
                    "scope": found.scope,
                    "sentence": found.sentence,
                    "form": found.form,
                }
            )
            for found in self.statements()
        ]
        yield "export const STATEMENTS = ["
        yield from (f"  {row}," for row in rows)
        yield "];"
        readout = {
            "pooling": program.readout.pooling.value,
            "inputs": [term.variable for term in program.readout.terms],
            "sentence": self.decided,
        }
        yield f"export const READOUT = {literal(readout)};"

    # The variables.

    def _trace(self) -> Iterator[str]:
        form = self.form
        yield "// Every variable by name, at every position of the framed sequence."
        yield "export function trace(tokens, { anyLength = false } = {}) {"
        yield f"  const words = {_SPLIT[form.split]}(tokens);"
        yield "  const v = { tokens: frame(words, anyLength) };"
        yield "  v.positions = v.tokens.map((_, i) => i);"
        yield "  v.ones = v.tokens.map(() => 1);"
        for surface in form.surfaces:
            match surface.kind:
                case SurfaceKind.SHAPE:
                    text = f"shape(word, {max(1, surface.length)})"
                case SurfaceKind.PREFIX:
                    text = f"prefix(word, {surface.length})"
                case SurfaceKind.SUFFIX:
                    text = f"suffix(word, {surface.length})"
            name = f"VALUES_{surface.name}"
            self._constants.append(constant(f"const {name} = ", surface.values))
            feature = f"featureOf(words, {name}, (word) => {text})"
            yield f"  v.{surface.name} = {feature};"
        for found in self.statements():
            yield from comment(found.sentence, indent=2)
            yield f"  v.{found.name} = {self._statement(found.name)};"
        yield "  return v;"
        yield "}"
        yield ""
        yield "// A word as it is looked up."
        folding = form.folding
        text = "word"
        if folding is not None and folding.lowercase:
            text += ".toLowerCase()"
        if folding is not None and folding.digits:
            text += '.replace(/\\p{Nd}+/gu, "0")'
        yield f"const fold = (word) => {text};"
        yield ""
        yield "// The tokens that are read as the unknown one."
        yield "export function unknownTokens(tokens) {"
        yield f"  const words = {_SPLIT[form.split]}(tokens);"
        yield "  return [...new Set(words)].filter((word) => !KNOWN.has(fold(word)));"
        yield "}"

    def _statement(self, name: str) -> str:
        if name in self.decisions:
            return self._decision(name)
        return self._head(name) if name in self.heads else self._table(name)

    def _decision(self, name: str) -> str:
        decide = self.decisions[name]
        values = [literal(value) for value in decide.domain.values]
        compared = self.closed.comparison(decide)
        text = None if compared is None else self._compared(compared)
        if text is not None:
            return text
        if not decide.terms:
            return f"v.tokens.map(() => {values[0]})"
        zero, parts = literal([0] * len(values)), []
        for term in decide.terms:
            domain = self.domains[term.variable]
            added = array([*term.weights[0]])
            if not domain.numerical:
                rows = [literal([*row]) for row in term.weights]
                source = by_result(zip(domain.values, rows, strict=True), zero)
                added = self._constant(f"BY_{term.variable}_IN_{name}", source)
            parts.append(f"[v.{term.variable}, {added}]")
        return f"decide([{', '.join(values)}], {', '.join(parts)})"

    def _compared(self, found: ComparedSums) -> str | None:
        # A comparison of sums; None if it cannot be said exactly.
        names = found.names
        parts = {x: Part(f"v.{name}[i]", "number") for x, name in names.items()}
        try:
            text = translate(found.text, parts, self._language).text
        except UntranslatableError:
            self._free = False
            return None
        return (
            f"v.tokens.map((_, i) => {text})"
            if names
            else f"v.tokens.map(() => {text})"
        )

    def _head(self, name: str) -> str:
        head = self.heads[name]
        read = [f"v.{name}" for name in head.inputs]
        found = self.closed.condition(head)
        if found == Always() and not head.sums:
            beside = {Scope.BEFORE: "before", Scope.AFTER: "after"}.get(head.scope)
            if beside is not None:
                return f"{beside}({read[-1]})"
        scope = [] if head.scope is Scope.ALL else [literal(head.scope.value)]
        if head.sums and found == _SAME and self.domains[head.key].size > MANY_KEYS:
            return f"countEqual({', '.join([*read, *scope])})"
        if found is None:
            matches = self._pairs(name)
        else:
            matches = f"(q, k) => {self._condition(found, name).text}"
        function = "count" if head.sums else "attend"
        return f"{function}({', '.join([*read, matches, *scope])})"

    def _condition(self, found: Condition, name: str) -> Part:
        head = self.heads[name]
        match found:
            case Always(matches):
                return Part("true" if matches else "false", "truth")
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
                    self._ordered = True
                    compared = f"ORDER.get(k) {sign} ORDER.get(q)"
                    return Part(compared, "truth", COMPARED)
                text = f"k {sign} {shifted('q', shift)}"
        names = {"q": self._part("q", head.query), "k": self._part("k", head.key)}
        return translate(text, names, self._language)

    def _part(self, name: str, variable: str) -> Part:
        return Part(name, "text" if self.domains[variable].tokens else "number")

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
        self._constants.append(f"const {name} = {source};")
        return name

    def _table(self, name: str) -> str:
        table = self.tables[name]
        read = [f"v.{name}" for name in table.inputs]
        cell = self._translated(self.closed.expression(table), table.inputs)
        if cell is None:
            cell = self._one(name) if len(read) == 1 else self._two(name)
        if len(read) == 1:
            return f"{read[0]}.map((x) => {cell})"
        return f"zip({', '.join(read)}, (a, b) => {cell})"

    def _translated(self, text: str | None, inputs: Sequence[str]) -> str | None:
        if text is None:
            return None
        pairs = zip(INPUT_NAMES[len(inputs)], inputs, strict=True)
        parts = {letter: self._part(letter, name) for letter, name in pairs}
        try:
            return translate(text, parts, self._language).text
        except UntranslatableError:  # numbers that are not exact
            self._free = False
            return None

    def _one(self, name: str) -> str:
        # A list if values are 0, 1, ..., else results with the values that have them.
        table = self.tables[name]
        domain = self.domains[table.inputs[0]]
        results = [literal(table.domain.value(entry)) for entry in table.table]
        if not domain.tokens:
            return f"{self._constant(f'TABLE_{name}', numbered(results))}[x]"
        usual = commonest(results)
        source = by_result(zip(domain.values, results, strict=True), usual)
        cell = f"{self._constant(f'TABLE_{name}', source)}.get(x)"
        return cell if usual is None else f"{cell} ?? {usual}"

    def _two(self, name: str) -> str:
        table = self.tables[name]
        first, second = (self.domains[read] for read in table.inputs)
        results = [literal(table.domain.value(entry)) for entry in table.table]
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

    # The labels.

    def _run(self) -> Iterator[str]:
        what = "token" if self.program.tagging else "sequence"
        yield f"// The label of {'every token' if what == 'token' else 'the sequence'}."
        yield "export function run(tokens, options = {}) {"
        single, label = self.closed.single, None
        if single is not None:
            text = self.closed.label_expression
            label = self._translated(text, (single.variable,))
        if single is not None and label is not None:
            values = f"trace(tokens, options).{single.variable}"
            if self.program.tagging:
                yield f"  return bare({values}).map((x) => {label});"
            else:
                yield f"  const [x] = {values};"
                yield f"  return {label};"
        elif self.program.tagging:
            yield "  return scores(tokens, options).map((sums) => best(LABELS, sums));"
        else:
            yield "  return best(LABELS, scores(tokens, options));"
        yield "}"

    def _readout(self) -> Iterator[str]:
        program = self.program
        yield "// The score of every label, in the order of LABELS; null where labels"
        yield "// follow from a closed form alone."
        yield "export function scores(tokens, options = {}) {"
        yield "  const v = trace(tokens, options);"
        if program.tagging:
            yield "  return bare(v.positions).map((i) => total(partsAt(v, i)));"
        elif program.readout.pooling is Pooling.MEAN:
            yield "  return total(v.positions.flatMap((i) => partsAt(v, i)));"
        else:
            yield "  return total(partsAt(v, 0));"
        yield "}"
        yield ""
        yield from comment(
            "What every variable that the labels depend on adds to the score of each, "
            "in the order of LABELS, at every position that is scored. Positions count "
            "the frame; added is null where the label of a value follows from a closed "
            "form alone."
        )
        yield "export function contributions(tokens, options = {}) {"
        yield "  const v = trace(tokens, options);"
        places = {
            Pooling.NONE: "bare(v.positions)",
            Pooling.MEAN: "v.positions",
            Pooling.FIRST: "[0]",
        }[program.readout.pooling]
        yield f"  return {places}.flatMap((i) => partsAt(v, i));"
        yield "}"
        yield ""
        yield "function partsAt(v, position) {"
        yield "  return READOUT.inputs.map((variable) => {"
        yield "    const value = v[variable][position];"
        yield "    return { position, variable, value, added: added(variable, value) };"
        yield "  });"
        yield "}"
        yield ""
        yield "// The sum of what parts add, place by place."
        yield "function total(parts) {"
        yield "  const sums = [...ZERO];"
        yield "  for (const { added } of parts) {"
        yield "    if (added === null) return null;"
        yield "    for (let i = 0; i < sums.length; i++) sums[i] += added[i];"
        yield "  }"
        yield "  return sums;"
        yield "}"
        yield ""
        yield "// What is not of the frame."
        yield "function bare(values) {"
        start, end = self.form.offset, self.form.frame_size - self.form.offset
        stop = f", {-end}" if end else ""
        yield (
            f"  return values.slice({start}{stop});"
            if start or end
            else "  return values;"
        )
        yield "}"
        yield ""
        yield "// What a value adds to the score of each label."
        yield "function added(variable, value) {"
        yield "  const factors = FACTORS.get(variable);"
        yield "  if (factors) return factors.map((factor) => factor * value + 0);"
        yield "  const { rows, listed } = WEIGHTS.get(variable);"
        yield "  return rows.get(value) ?? (listed(value) ? ZERO : null);"
        yield "}"
        yield ""
        labels = len(program.readout.labels)
        yield f"const ZERO = {literal([0] * labels)};"
        yield from self._weights(program.readout.terms)

    def _weights(self, terms: Sequence[Term]) -> Iterator[str]:
        numerical = [t for t in terms if self.domains[t.variable].numerical]
        factors = [array([t.variable, [*t.weights[0]]]) for t in numerical]
        yield listing("const FACTORS = new Map([", factors, "]);", 0)
        yield "const WEIGHTS = new Map(["
        for term in terms:
            domain = self.domains[term.variable]
            if domain.numerical:
                continue
            rows = [literal([*row]) for row in term.weights]
            zero = literal([0] * len(self.program.readout.labels))
            source = by_result(zip(domain.values, rows, strict=True), zero, indent=4)
            # Of texts, all are listed; numbers can be larger than those of training.
            listed = "true" if domain.tokens else f"value < {domain.size}"
            yield f"  [{literal(term.variable)}, {{"
            yield f"    rows: {source},"
            yield f"    listed: (value) => {listed},"
            yield "  }],"
        yield "]);"
