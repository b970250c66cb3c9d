"""Program -> one file of C11: no allocation, no dependencies, fast.

Variables are ids. Closed forms of numbers are expressions; everything else is a table.
Heads whose keys fall into classes, of which a query matches one, take time that grows
with the length alone. The file holds up to the length of the program.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from transformer_programs.codegen.export import c_frame
from transformer_programs.codegen.export.c_language import (
    HELPERS,
    array,
    comment,
    strings,
)
from transformer_programs.codegen.export.c_statements import (
    INT32,
    CStatements,
)
from transformer_programs.language import (
    Pooling,
    Program,
    Scope,
    Term,
)


def emit_c(program: Program) -> str:
    """Return the text of a C file.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If it reads characters of tokens, or its tables are too large.
    """
    return "\n".join(_Unit(program).lines())


class _Unit(CStatements):
    def lines(self) -> Iterator[str]:
        names = [statement.output for statement in self.program.statements]
        statements = [line for name in names for line in self.function(name)]
        readout = [*self._run()]
        yield from self._header()
        yield ""
        yield from c_frame.lookup(self.form)
        yield ""
        code = "\n".join([*self.constants, *statements, *readout])
        for helper in self._helpers(code):
            yield from (helper, "")
        yield from self.constants
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
            kind = "int32_t" if domain.bound < INT32 else "int64_t"
            yield f"  {kind} v_{name}[{upper}_FRAMED];"
        if self.classes:
            yield f"  int64_t places[{self.classes}];"
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

    # CStatements.

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
            self.constants += array("LABEL_OF", self._labels_of(single))
            yield "  (void)last;"
            yield f"  return LABEL_OF[w->v_{single.variable}[first]];"
        else:
            length = self.form.max_length if readout.pooling is Pooling.MEAN else 1
            yield from self.best("SCORES", readout.terms, len(readout.labels), length)
        yield "}"
        yield ""

    def _labels_of(self, term: Term) -> list[int]:
        domain = self.domains[term.variable]
        rows: list[Sequence[int]] = [*term.weights]
        if domain.numerical:
            (factors,) = term.weights
            rows = [[index * f for f in factors] for index in range(domain.size)]
        return [row.index(max(row)) for row in rows]
