"""What exports to any language know of a program, and how they write lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transformer_programs.analysis import (
    INPUT_NAMES,
    AnyLength,
    ClosedForms,
    describe,
    describe_program,
    lengths_in_words,
)
from transformer_programs.language import (
    Pooling,
    Predicate,
    Program,
    Statement,
    Value,
    check,
)

WIDTH = 88
"""Columns of a line, unless a single item is longer."""

_POOLED = {
    Pooling.NONE: "at every token",
    Pooling.MEAN: "summed over all positions",
    Pooling.FIRST: "at the first position",
}


@dataclass(frozen=True, slots=True)
class Described:
    """A statement as a reader is told of it.

    Attributes:
        name: the variable written.
        kind: attend, count, embed, lookup or decide.
        inputs: the variables read; of heads query, key and value.
        scope: of heads, the positions looked at.
        sentence: what it computes.
        form: its closed form as Python source, if it is an expression.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    scope: str | None
    sentence: str
    form: str | None

    @property
    def reads(self) -> dict[str, str]:
        """The variables read, each with the letters of the roles that it plays."""
        unnamed = [""] * len(self.inputs)
        letters: Sequence[str] = INPUT_NAMES.get(len(self.inputs), unnamed)
        if self.kind in ("attend", "count"):
            letters = "qkv"
        roles: dict[str, str] = {}
        for name, letter in zip(self.inputs, letters, strict=True):
            roles[name] = roles.get(name, "") + letter
        return roles


class Exported:
    """A program, with what is known of it when it is written in another language.

    Attributes:
        program: the program.
        closed: its closed forms.
        meaning: what it means at any length.
        heads: its heads by the variable that they write.
        tables: its tables, likewise.
        decisions: its decisions, likewise.

    Raises:
        ProgramError: If it is not valid.
    """

    def __init__(self, program: Program) -> None:
        check(program)
        self.program, self.form = program, program.input
        self.closed = ClosedForms(program)
        self.meaning = AnyLength(program, self.closed)
        self.domains = program.domains
        self.heads = {head.output: head for head in program.heads}
        self.tables = {table.output: table for table in program.tables}
        self.decisions = {decide.output: decide for decide in program.decisions}

    @property
    def title(self) -> str:
        """The name of the program on one line."""
        return " ".join(self.program.name.split())

    @property
    def about(self) -> tuple[str, ...]:
        """Sentences on what goes in, what comes out, and at which lengths."""
        return describe_program(self.program), lengths_in_words(self.meaning) + "."

    def statements(self) -> Iterator[Described]:
        """Yield every statement as a reader is told of it."""
        for statement in self.program.statements:
            yield self.described(statement)

    def described(self, statement: Statement) -> Described:
        """Return a statement as a reader is told of it."""
        name = statement.output
        kind, scope = "lookup", None
        if name in self.heads:
            head = self.heads[name]
            kind, scope = "count" if head.sums else "attend", head.scope.value
        elif name in self.decisions:
            kind = "decide"
        elif statement.of_tokens:
            kind = "embed"
        sentence = describe(statement, self.closed)
        form = self.closed.expression(statement)
        return Described(name, kind, statement.inputs, scope, sentence, form)

    @property
    def decided(self) -> str:
        """A sentence that says how labels follow from variables."""
        readout = self.program.readout
        where = _POOLED[readout.pooling]
        if (term := self.closed.single) is not None:
            return f"The label that belongs to {term.variable}, {where}."
        read = ", ".join(term.variable for term in readout.terms) or "nothing"
        return f"The label with the largest score, {where}: weights of {read}."


def grouped(pairs: Iterable[tuple[Value, str]]) -> dict[str, list[Value]]:
    """Return the values that have the same result, by the result."""
    groups: dict[str, list[Value]] = {}
    for value, result in pairs:
        groups.setdefault(result, []).append(value)
    return groups


def classes_of(predicate: Predicate, keys: int) -> tuple[list[int], list[int]] | None:
    """Return the class that each query looks for, and that of each of some keys.

    A class is -1 for none. None if the keys of two queries overlap without being the
    same.
    """
    rows = sorted({row for row in predicate if row})
    of_key = [-1] * keys
    for number, row in enumerate(rows):
        for index in row:
            if of_key[index] >= 0:
                return None
            of_key[index] = number
    numbers = {row: number for number, row in enumerate(rows)}
    return [numbers.get(row, -1) for row in predicate], of_key


def commonest(results: Sequence[str]) -> str | None:
    """Return the result that more than half have; None if there is none."""
    result, times = Counter(results).most_common(1)[0]
    return result if 2 * times > len(results) else None


def listing(opening: str, items: Sequence[str], closing: str, indent: int) -> str:
    """Return a list on one line, or with as many items on a line as there is room for.

    ``opening`` may begin with more than a bracket; only the first line has it.
    """
    line = f"{opening}{', '.join(items)}{closing}"
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    margin = " " * (indent + 2)
    lines, current = [], ""
    for item in items:
        if current and len(margin) + len(current) + len(item) + 3 > WIDTH:
            lines.append(current)
            current = ""
        current += f" {item}," if current else f"{item},"
    lines.append(current)
    body = "\n".join(f"{margin}{text}" for text in lines)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def plain_ascii(text: str) -> str:
    """Return a text on one line of ASCII, for comments."""
    found = " ".join(text.split())
    return found.encode("ascii", "backslashreplace").decode()
