"""How a value was computed: the statements behind it, down to the tokens of one input.

Where ``origins.py`` says which words a value comes from, this says by which statements,
also what a head asked for and what it found. It follows the trace of the interpreter:
computing the statement of a step from the values of its inputs gives its value again.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from transformer_programs.analysis import INPUT_NAMES, Always, ClosedForms, OfKey
from transformer_programs.codegen import describe
from transformer_programs.explain.origins import Origins
from transformer_programs.program import (
    ONES,
    Aggregate,
    Head,
    Program,
    Statement,
    Table,
    Value,
)


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

    Args:
        origins: what the values of the input are.
        program: whose statements are described. It may be shorter than the one that
            was run, if both are the same program.
    """

    def __init__(self, origins: Origins, program: Program) -> None:
        self._origins, self._offset = origins, program.input.offset
        self._closed = ClosedForms.of(program)
        self._statements = {s.output: s for s in program.statements}
        self._known: dict[tuple[str, int], Step] = {}

    def of(self, variable: str, index: int) -> Step:
        """How a variable's value at a framed position came about."""
        if (variable, index) not in self._known:
            self._known[variable, index] = self._step(variable, index)
        return self._known[variable, index]

    def looks_around(self, variable: str) -> bool:
        """Whether a head is behind a variable."""
        statement = self._statements.get(variable)
        if statement is None or isinstance(statement, Head):
            return statement is not None
        return any(map(self.looks_around, statement.inputs))

    def _step(self, variable: str, index: int) -> Step:
        statement = self._statements.get(variable)
        inputs: tuple[Input, ...] = ()
        rule, missed = "", False
        match statement:
            case Head(aggregate=Aggregate.NEAREST):
                rule = _sentence(statement, self._closed)
                head = self._origins.head(variable)
                taken, missed = self._origins.taken(head, index)
                inputs = tuple(self._copied(statement, index, taken, missed))
            case Head():
                rule = _sentence(statement, self._closed)
                run = self._origins.head(variable)
                matches = [*self._origins.matches(run, index)]
                inputs = tuple(self._counted(statement, index, matches))
                missed = not matches
                if matches and not self._origins.ids[variable][index]:
                    rule += " (all are 0 here)"
            case Table():
                inputs = tuple(
                    Input(Part.INPUT, self.of(name, index)) for name in statement.inputs
                )
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

    def _counted(self, head: Head, index: int, matches: list[int]) -> Iterator[Input]:
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
        """Whether it depends on the query, and on the key, which match."""
        found = self._closed.condition(head)
        one = isinstance(found, Always)
        return (
            head.query != ONES and not one and not isinstance(found, OfKey),
            head.key != ONES and not one,
        )

    def _table_rule(self, statement: Table, inputs: tuple[Input, ...]) -> str:
        text = self._closed.expression(statement)
        if text is not None:
            names = INPUT_NAMES[len(statement.inputs)]
            return _renamed(text, dict(zip(names, statement.inputs, strict=True)))
        if statement.of_tokens:
            return _sentence(statement, self._closed)
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
