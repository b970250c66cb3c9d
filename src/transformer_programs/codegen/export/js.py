"""Program -> a JavaScript module: no dependencies, for browsers and Node.

Its interface is that of ``program.py``: ``trace`` computes the variables in order and
``run`` the labels. It keeps the closed forms, so that a program that holds at any
length does so here. Beside that it states what a page needs to show a program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.codegen.export.common import (
    listing,
)
from transformer_programs.codegen.export.js_helpers import HELPERS, helpers_for
from transformer_programs.codegen.export.js_language import (
    array,
    comment,
    constant,
    literal,
)
from transformer_programs.codegen.export.js_statements import JsStatements
from transformer_programs.language import (
    Pooling,
    Program,
    SurfaceKind,
    Term,
)

SPLITTERS = {
    None: "splitNever",
    "whitespace": "splitWhitespace",
    "characters": "splitCharacters",
    "words": "splitWords",
}
"""The function that splits a text, by how a program splits it."""


def emit_js(program: Program) -> str:
    """Return the text of a JavaScript module.

    Raises:
        ProgramError: If the program is not valid.
    """
    return "\n".join(JsModule(program).lines())


class JsModule(JsStatements):
    """The lines of a module."""

    def lines(self) -> Iterator[str]:
        """Yield the lines: what it states, its functions, their constants, helpers."""
        body = [*self._trace(), "", *self._run(), "", *self._readout()]
        body += self.more()
        constants, stated = self.constants, [*self._stated()]
        if self.ordered:
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

    def more(self) -> Iterator[str]:
        """Yield further functions of the program; none by default."""
        return iter(())

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
        yield f"export const ANY_LENGTH = {literal(self.free)};"
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
        yield f"  const words = {SPLITTERS[form.split]}(tokens);"
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
            self.constants.append(constant(f"const {name} = ", surface.values))
            feature = f"featureOf(words, {name}, (word) => {text})"
            yield f"  v.{surface.name} = {feature};"
        for found in self.statements():
            yield from comment(found.sentence, indent=2)
            yield f"  v.{found.name} = {self.statement(found.name)};"
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
        yield f"  const words = {SPLITTERS[form.split]}(tokens);"
        yield "  return [...new Set(words)].filter((word) => !KNOWN.has(fold(word)));"
        yield "}"

    # The labels.

    def _run(self) -> Iterator[str]:
        what = "token" if self.program.tagging else "sequence"
        yield f"// The label of {'every token' if what == 'token' else 'the sequence'}."
        yield "export function run(tokens, options = {}) {"
        single, label = self.closed.single, None
        if single is not None:
            text = self.closed.label_expression
            label = self.translated(text, (single.variable,))
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
            source = self.rows(term, len(self.program.readout.labels), indent=4)
            # Of texts, all are listed; numbers can be larger than those of training.
            listed = "true" if domain.tokens else f"value < {domain.size}"
            yield f"  [{literal(term.variable)}, {{"
            yield f"    rows: {source},"
            yield f"    listed: (value) => {listed},"
            yield "  }],"
        yield "]);"
