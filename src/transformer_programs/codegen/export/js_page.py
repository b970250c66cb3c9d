"""Program -> an expression of JavaScript that a page embeds, to run it and look inside.

Beside what the module exports, it can be asked which keys match a query, what a cell of
a table holds, and what a value adds to a decision: with the code that computes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from transformer_programs.analysis import INPUT_NAMES
from transformer_programs.codegen.export.js import SPLITTERS, JsModule
from transformer_programs.codegen.export.js_language import literal
from transformer_programs.language import Program

_EXPORTS = (
    "NAME, ABOUT, TOKENS, LABELS, MAX_LENGTH, ANY_LENGTH, FRAME, UNKNOWN, STATEMENTS",
    "READOUT, trace, unknownTokens, run, scores, contributions, added",
    "split, MATCHES, CELLS, WEIGHED",
)


def emit_js_for_page(program: Program) -> str:
    """Return an expression whose value is an object with all that a page may ask.

    Raises:
        ProgramError: If the program is not valid.
    """
    text = "\n".join(_PageModule(program).lines())
    text = re.sub(r"^export ", "", text, flags=re.MULTILINE)
    exports = "".join(f"  {line},\n" for line in _EXPORTS)
    return f"(() => {{\n{text}\nreturn {{\n{exports}}};\n}})()"


class _PageModule(JsModule):
    def more(self) -> Iterator[str]:
        yield ""
        yield "// Whether a key matches a query, of every head."
        matches = {name: self.matches(name) for name in self.heads}
        # Pairs are a constant, which is defined further below.
        called = {
            n: f"(q, k) => {f}(q, k)" for n, f in matches.items() if "=>" not in f
        }
        yield from self._functions("MATCHES", matches | called)
        yield ""
        yield "// What every table says of its inputs."
        cells = {}
        for name, table in self.tables.items():
            letters = ", ".join(INPUT_NAMES[len(table.inputs)])
            cells[name] = f"({letters}) => {self.cell(name)}"
        yield from self._functions("CELLS", cells)
        yield ""
        yield "// Variables that a decision reads, each with its weights."
        weighed = {n: f"(v) => [{', '.join(self.weighed(n))}]" for n in self.decisions}
        yield from self._functions("WEIGHED", weighed)
        yield ""
        yield "// A text as tokens."
        yield f"const split = (text) => {SPLITTERS[self.form.split]}(text);"

    def _functions(self, name: str, functions: dict[str, str]) -> Iterator[str]:
        # A null prototype: a variable may be called as what every object has.
        yield f"const {name} = {{"
        yield "  __proto__: null,"
        for variable, source in functions.items():
            yield f"  [{literal(variable)}]: {source},"
        yield "};"
