"""Where a value comes from: the words and the statements behind it, in one input.

An *origin* names the words that a value was computed from, a *step* the statements,
also what a head looked for and what it found. Both follow ``docs/semantics.md`` one
position at a time, over the values of the interpreter's trace.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from transformer_programs.analysis import INPUT_NAMES, Always, ClosedForms, OfKey
from transformer_programs.codegen import describe
from transformer_programs.program import (
    ONES,
    POSITIONS,
    Head,
    Interpreter,
    Program,
    Statement,
    Table,
    Value,
    encode_batch,
    visible,
)

ValueOf = Callable[[str, int], Value]
"""The value of a variable that an id stands for."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A value of a variable at one position, and what it was computed from.

    Positions count bare tokens from 0; the token of the frame before them is at -1,
    that after them at the number of tokens.

    Attributes:
        variable: its name.
        position: where it stands.
        value: what it is there.
        places: the positions of the words that it was computed from, rising. Of a
            head that copies: of what it copied, not of the words that it passed over;
            of one that counts: the positions that match.
        words: the words there, as they were typed.
        sources: the values that it was computed from, as far as they are read one at a
            time: the inputs of a table, and what a head copied.
        missed: whether position 0 stood in, because a head found no match: itself, or
            one whose value it copied.
    """

    variable: str
    position: int
    value: Value
    places: tuple[int, ...]
    words: tuple[str, ...]
    sources: tuple[Origin, ...] = ()
    missed: bool = False

    def chain(self) -> tuple[Origin, ...]:
        """This and all that it was computed from, each once, this one first."""
        found: dict[tuple[str, int], Origin] = {}
        waiting = [self]
        while waiting:
            origin = waiting.pop()
            key = (origin.variable, origin.position)
            if key not in found:
                found[key] = origin
                waiting += reversed(origin.sources)
        return tuple(found.values())


class Origins:
    """The origins of all values of one input.

    Attributes:
        ids: for every variable its ids, one for every framed position.
        words: the framed sequence, as it was typed.

    Raises:
        InputError: If the program does not accept the tokens.
    """

    def __init__(
        self, interpreter: Interpreter, tokens: Sequence[str], value_of: ValueOf
    ) -> None:
        form, self._value_of = interpreter.program.input, value_of
        self._offset = form.offset
        traced = interpreter.trace(encode_batch(form, [tokens]))
        self.ids = {name: ids[0].tolist() for name, ids in traced.items()}
        begin, end = (() if w is None else (w,) for w in (form.begin, form.end))
        self.words = (*begin, *tokens, *end)
        self._statements = {s.output: s for s in interpreter.program.statements}
        self._known: dict[tuple[str, int], Origin] = {}

    def of(self, variable: str, index: int) -> Origin:
        """Return the origin of a variable's value at a framed position."""
        if (variable, index) not in self._known:
            self._known[variable, index] = self._origin(variable, index)
        return self._known[variable, index]

    def value(self, variable: str, index: int) -> Value:
        """Return what a variable is at a framed position."""
        return self._value_of(variable, self.ids[variable][index])

    def _origin(self, variable: str, index: int) -> Origin:
        sources: tuple[Origin, ...] = ()
        missed = False
        match self._statements.get(variable):
            case Head(sums=True):
                matches = self.matches(variable, index)
                places = tuple(j - self._offset for j in matches)
            case Head(value=value):
                taken, missed = self.taken(variable, index)
                sources = (self.of(value, taken),)
                places, missed = sources[0].places, missed or sources[0].missed
            case Table(of_tokens=False, inputs=inputs):
                sources = tuple(self.of(name, index) for name in inputs)
                places = tuple(sorted({p for source in sources for p in source.places}))
            case _:  # a class of the word, an input variable or a surface
                given = variable in (POSITIONS, ONES)
                places = () if given else (index - self._offset,)
        return Origin(
            variable,
            index - self._offset,
            self.value(variable, index),
            places,
            tuple(self.words[place + self._offset] for place in places),
            sources,
            missed,
        )

    def matches(self, variable: str, index: int) -> list[int]:
        """Return the framed positions that match for a head, rising."""
        head = self._statements[variable]
        assert isinstance(head, Head)
        keys = self.ids[head.key]
        row = frozenset(head.predicate[self.ids[head.query][index]])
        scope = visible(head.scope, index, len(self.words))
        return [j for j in scope if keys[j] in row]

    def taken(self, variable: str, index: int) -> tuple[int, bool]:
        """Return the framed position that a head copies from, and if none matched."""
        matches = self.matches(variable, index)
        if not matches:
            return 0, True
        return min(matches, key=lambda j: (j == index, abs(j - index), j)), False


class Part(StrEnum):
    """What a value is to the one that is computed from it."""

    INPUT = "input"
    """What a table reads, at its own position."""
    OWN = "own"
    """What a head looks for a match to: its query, at its own position."""
    MATCH = "match"
    """What the head found to match: the key at another position."""
    VALUE = "value"
    """What the head copied from there, or added up."""


@dataclass(frozen=True, slots=True)
class Input:
    """A value that another one was computed from.

    Attributes:
        part: what it is to the other one.
        step: the value.
    """

    part: Part
    step: Step


@dataclass(frozen=True, slots=True)
class Step:
    """A value of a variable at one position, and how it was computed.

    Attributes:
        variable: its name.
        position: where it stands: bare tokens count from 0 (see ``Origin``).
        word: the token there, as it was typed.
        value: what it is there.
        rule: what the statement computes, in words, as an expression, or as the entry
            of a table; "" for what is there with the input.
        inputs: the values that it was computed from. Of a head those that it depends
            on: not the query or key of a condition that does not ask for it, not
            ``ones``, and of added numbers not those that are 0.
        missed: whether a head found no match: then position 0 stood in, or it counted
            nothing.
    """

    variable: str
    position: int
    word: str
    value: Value
    rule: str
    inputs: tuple[Input, ...] = field(default=(), repr=False)
    missed: bool = False


class Derivations:
    """The steps of one input; each is made once.

    Computing the statement of a step from the values of its inputs gives its value. The
    program that is described may be shorter than the one that was run, if both are the
    same program.
    """

    def __init__(self, origins: Origins, program: Program) -> None:
        self._origins, self._offset = origins, program.input.offset
        self._closed = ClosedForms.of(program)
        self._statements = {s.output: s for s in program.statements}
        self._known: dict[tuple[str, int], Step] = {}

    def of(self, variable: str, index: int) -> Step:
        """Return how a variable's value at a framed position was computed."""
        if (variable, index) not in self._known:
            self._known[variable, index] = self._step(variable, index)
        return self._known[variable, index]

    def looks_around(self, variable: str) -> bool:
        """Whether a head is behind a variable."""
        statement = self._statements.get(variable)
        if statement is None or statement.looks_around:
            return statement is not None
        return any(map(self.looks_around, statement.inputs))

    def _step(self, variable: str, index: int) -> Step:
        statement = self._statements.get(variable)
        inputs: tuple[Input, ...] = ()
        rule, missed = "", False
        match statement:
            case Head(sums=True):
                rule = _sentence(statement, self._closed)
                matches = self._origins.matches(variable, index)
                inputs = tuple(self._summed(statement, index, matches))
                missed = not matches
                if matches and not self._origins.ids[variable][index]:
                    rule += " (all are 0 here)"
            case Head():
                rule = _sentence(statement, self._closed)
                taken, missed = self._origins.taken(variable, index)
                inputs = tuple(self._copied(statement, index, taken, missed))
            case Table(inputs=names):
                inputs = tuple(Input(Part.INPUT, self.of(n, index)) for n in names)
                rule = self._table_rule(statement, inputs)
            case None:
                pass
        return Step(
            variable,
            index - self._offset,
            self._origins.words[index],
            self._origins.value(variable, index),
            rule,
            inputs,
            missed,
        )

    def _copied(
        self, head: Head, index: int, taken: int, missed: bool
    ) -> Iterator[Input]:
        query, key = self._asked(head)
        if query:
            yield Input(Part.OWN, self.of(head.query, index))
        if key and not missed:
            yield Input(Part.MATCH, self.of(head.key, taken))
        yield Input(Part.VALUE, self.of(head.value, taken))

    def _summed(self, head: Head, index: int, matches: list[int]) -> Iterator[Input]:
        query, key = self._asked(head)
        if query:
            yield Input(Part.OWN, self.of(head.query, index))
        for match in matches:
            if not self._origins.value(head.value, match):
                continue
            if key or head.value == ONES:
                yield Input(Part.MATCH, self.of(head.key if key else ONES, match))
            if head.value != ONES:
                yield Input(Part.VALUE, self.of(head.value, match))

    def _asked(self, head: Head) -> tuple[bool, bool]:
        """Whether what matches depends on the query, and on the key."""
        found = self._closed.condition(head)
        one = isinstance(found, Always)
        return (
            head.query != ONES and not one and not isinstance(found, OfKey),
            head.key != ONES and not one,
        )

    def _table_rule(self, table: Table, inputs: tuple[Input, ...]) -> str:
        text = self._closed.expression(table)
        if text is not None:
            names = INPUT_NAMES[len(table.inputs)]
            return _renamed(text, dict(zip(names, table.inputs, strict=True)))
        if table.of_tokens:
            return _sentence(table, self._closed)
        values = ", ".join(str(part.step.value) for part in inputs)
        return f"its table's entry for {values}"


def _sentence(statement: Statement, closed: ClosedForms) -> str:
    text = describe(statement, closed)
    return text[0].lower() + text[1:].removesuffix(".")


def _renamed(text: str, names: dict[str, str]) -> str:
    """An expression with other names in it; what stands in strings stays."""
    line, found, done = text, "", 0
    for token in tokenize.generate_tokens(io.StringIO(line).readline):
        if token.type == tokenize.NAME and token.string in names:
            found += line[done : token.start[1]] + names[token.string]
            done = token.end[1]
    return found + line[done:]


def steps_of(steps: Sequence[Step]) -> tuple[Step, ...]:
    """These steps and all that they were computed from, each once."""
    found: dict[tuple[str, int], Step] = {}
    waiting = [*reversed(steps)]
    while waiting:
        step = waiting.pop()
        key = (step.variable, step.position)
        if key not in found:
            found[key] = step
            waiting += [inner.step for inner in reversed(step.inputs)]
    return tuple(found.values())
