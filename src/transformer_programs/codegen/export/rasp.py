"""Program -> RASP, for the interpreter of tech-srl (arXiv 2106.06981)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from transformer_programs.codegen.export.common import (
    WIDTH,
    plain_ascii,
)
from transformer_programs.codegen.export.expressions import UntranslatableError
from transformer_programs.codegen.export.rasp_language import (
    HELPERS,
    RaspExpression,
    listed,
    literal,
    looked_up,
    unwrapped,
)
from transformer_programs.codegen.export.rasp_statements import (
    RaspStatements,
    best_of,
    joined,
    parts_of,
)
from transformer_programs.language import (
    ONES,
    Pooling,
    Program,
    Term,
)

LENGTH = "# Length: "
"""What the line begins with that says up to which length the file holds."""


def emit_rasp(program: Program) -> str:
    """Return the text of a file of RASP.

    Raises:
        ProgramError: If the program is not valid.
        SettingsError: If RASP cannot express it.
    """
    return "\n".join(_Text(program).lines())


class _Text(RaspStatements):
    def lines(self) -> Iterator[str]:
        body = [*self._given()]
        for found in self.statements():
            body += ["", *_comment(found.sentence), *self.statement(found.name)]
        body += ["", *_comment(self.decided), *self._labels()]
        code = "\n".join([*self.constants, *body])
        yield from self._title()
        yield ""
        yield from (f"{text}\n" for text in _helpers(code))
        yield from self.constants
        yield from body
        yield ""

    def _title(self) -> Iterator[str]:
        form = self.form
        yield from _comment(f"{self.title}: a Transformer Program.")
        yield "#"
        length = f"up to {form.max_bare_length:,} tokens"
        yield from _comment(self.about[0])
        yield f"{LENGTH}{'any' if self.free else length}."
        yield "#"
        frame = [repr(x) for x in (form.begin, form.end) if x is not None]
        around = f", with {' and '.join(frame)} around them" if frame else ""
        what = "the label of the sequence at every position"
        note = ""
        if self.program.tagging:
            what = "the label of every token"
            note = " Labels of what is around them mean nothing." if frame else ""
        yield from _comment(
            f"label gives {what}; it takes a list of tokens{around}, like the example."
            f"{note} For RASP 0.1 of https://github.com/tech-srl/RASP: load it by its "
            "name without .rasp."
        )
        yield ""
        some = form.symbols[: max(form.min_bare_length, min(3, form.max_bare_length))]
        whole = [form.begin, *some, form.end]
        yield f"set example {listed([x for x in whole if x is not None])}"

    # Words.

    def _given(self) -> Iterator[str]:
        form = self.form
        found = "tokens"
        if form.vocabulary.unknown is not None:
            known = [f"(tokens in {listed(part)})" for part in parts_of(form.symbols)]
            unknown = literal(form.vocabulary.unknown)
            found = f"(tokens if {joined('or', known)} else {unknown})"
        if form.end is not None:
            found = f"({literal(form.end)} if (indices == (length - 1)) else {found})"
        if form.begin is not None:
            found = f"({literal(form.begin)} if (indices == 0) else {found})"
        if found != "tokens":
            yield f"word = {unwrapped(found)};"
        yield f"{self.names[ONES]} = 1 + (0 * indices);"

    # Labels.

    def _labels(self) -> Iterator[str]:
        readout = self.program.readout
        first = readout.pooling is Pooling.FIRST
        output = "_label" if first else "label"
        single = self.closed.single
        if single is not None:
            yield f"{output} = {unwrapped(self._label_of(single))};"
        else:
            scores = self.scores("", readout.terms, len(readout.labels))
            if readout.pooling is Pooling.MEAN:
                scores = [f"round(length * aggregate(full_s, {x}))" for x in scores]
            yield from best_of(output, readout.labels, scores)
        if first:
            yield "label = _copy(0, _label);"

    def _label_of(self, term: Term) -> str:
        labels = self.program.readout.labels
        read, domain = self.names[term.variable], self.domains[term.variable]
        text = self.closed.label_expression
        if text is not None:
            try:
                found = RaspExpression({"x": read}).value(text)
            except UntranslatableError:  # numbers as texts
                self.free = self.free and bool(domain.tokens)
            else:
                return found if read in found else self.everywhere(found, labels)
        rows: list[Sequence[int]] = [*term.weights]
        if domain.numerical:
            (factors,) = term.weights
            rows = [[index * f for f in factors] for index in range(domain.size)]
        values = [labels[row.index(max(row))] for row in rows]
        return looked_up("_label_of", values, self.id_of(term.variable), self.define)


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(plain_ascii(text), WIDTH - 2) or [""]:
        yield f"# {line}"


def _helpers(code: str) -> Iterator[str]:
    for name, text in HELPERS.items():
        if f"{name}(" in code:
            yield text
