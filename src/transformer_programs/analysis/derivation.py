"""Where a value comes from: the words and the statements behind it, in one input.

An *origin* names the words that a value was computed from, a *step* the statements,
also what a head looked for and what it found. Both follow
``docs/reference/semantics.md`` one position at a time, over the values of the
interpreter's trace.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TypeVar

from transformer_programs.analysis.closed import ClosedForms
from transformer_programs.analysis.decisions import added_by
from transformer_programs.analysis.predicates import Always, OfKey
from transformer_programs.analysis.tables import INPUT_NAMES
from transformer_programs.analysis.words import describe
from transformer_programs.language import (
    ONES,
    POSITIONS,
    Interpreter,
    Program,
    Statement,
    Value,
    encode_batch,
    visible,
)

ValueOf = Callable[[str, int], Value]
"""The value of a variable that an id stands for."""

_REASONS = 6  # for a decision, that are named

_Place = TypeVar("_Place", bound="ValueOrigin | Step")


@dataclass(frozen=True, slots=True)
class ValueOrigin:
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
    sources: tuple[ValueOrigin, ...] = ()
    missed: bool = False

    def chain(self) -> tuple[ValueOrigin, ...]:
        """Return this and all that it was computed from, each once, this one first."""
        return _each_once([self], lambda origin: origin.sources)


class InputPart(StrEnum):
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
class StepInput:
    """A value that another one was computed from.

    Attributes:
        part: what it is to the other one.
        step: the value.
    """

    part: InputPart
    step: Step


@dataclass(frozen=True, slots=True)
class Step:
    """A value of a variable at one position, and how it was computed.

    Attributes:
        variable: its name.
        position: where it stands: bare tokens count from 0 (see ``ValueOrigin``).
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
    inputs: tuple[StepInput, ...] = field(default=(), repr=False)
    missed: bool = False


def steps_of(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return these steps and all that they were computed from, each once."""
    return _each_once(steps, lambda step: [found.step for found in step.inputs])


class Derivations:
    """The origins and the steps of all values of one input.

    Computing the statement of a step from the values of its inputs gives its value.

    Attributes:
        ids: the ids of every variable, one for every framed position.
        words: the framed sequence, as it was typed.
        offset: the framed position of the first bare token.

    Args:
        interpreter: runs the program.
        tokens: the bare sequence.
        value_of: what people call the value of an id.
        described: whose statements are described, if that is the same program at
            another length.

    Raises:
        InputError: If the program does not accept the tokens.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        tokens: Sequence[str],
        value_of: ValueOf,
        described: Program | None = None,
    ) -> None:
        program, form = interpreter.program, interpreter.program.input
        described = described or program
        traced = interpreter.trace(encode_batch(form, [tokens]))
        self.ids = {name: ids[0].tolist() for name, ids in traced.items()}
        begin, end = (() if w is None else (w,) for w in (form.begin, form.end))
        self.words = (*begin, *tokens, *end)
        self._value_of, self._bare = value_of, len(tokens)
        self.offset = form.offset
        self._heads = {head.output: head for head in program.heads}
        self._decisions = {d.output: d for d in program.decisions}
        self._domains = program.domains
        self._statements = {s.output: s for s in described.statements}
        self._closed = ClosedForms(described)
        # Each is made once, of a variable and a framed position.
        self.origin, self.step = cache(self._origin), cache(self._step)

    def looks_around(self, variable: str) -> bool:
        """Whether a head is behind a variable."""
        statement = self._statements.get(variable)
        if statement is None or statement.looks_around:
            return statement is not None
        return any(map(self.looks_around, statement.inputs))

    def value(self, variable: str, index: int) -> Value:
        """Return the value of a variable at a framed position."""
        return self._value_of(variable, self.ids[variable][index])

    def framing(self, index: int) -> bool:
        """Whether a framed position holds a token of the frame."""
        return not self.offset <= index < self.offset + self._bare

    def attended(self, variable: str, index: int) -> tuple[tuple[int, ...], bool]:
        """Return the framed positions that a head reads at one, and whether it missed.

        One that copies reads the nearest match, or position 0 where nothing matches.
        """
        matches = self._matches(variable, index)
        if self._heads[variable].copied is None:
            return tuple(matches), False
        return (_nearest(matches, index),), not matches

    def _matches(self, variable: str, index: int) -> list[int]:
        head = self._heads[variable]
        row = frozenset(head.predicate[self.ids[head.query][index]])
        scope = visible(head.scope, index, len(self.words))
        return [j for j in scope if self.ids[head.key][j] in row]

    def _origin(self, variable: str, index: int) -> ValueOrigin:
        statement, head = self._statements.get(variable), self._heads.get(variable)
        sources: list[ValueOrigin] = []
        missed = False
        if head is not None and head.copied is None:
            indices = self._matches(variable, index)
            places = tuple(j - self.offset for j in indices)
        elif head is not None:
            matches = self._matches(variable, index)
            sources = [self.origin(head.value, _nearest(matches, index))]
            places, missed = sources[0].places, not matches or sources[0].missed
        elif statement is not None and not statement.of_tokens:
            read = self._telling(variable, index) or statement.inputs
            sources = [self.origin(name, index) for name in read]
            places = tuple(sorted({p for source in sources for p in source.places}))
        else:  # a class of the word, an input variable or a surface
            given = variable in (POSITIONS, ONES)
            places = () if given else (index - self.offset,)
        return ValueOrigin(
            variable,
            index - self.offset,
            self.value(variable, index),
            places,
            tuple(self.words[place + self.offset] for place in places),
            tuple(sources),
            missed,
        )

    def _step(self, variable: str, index: int) -> Step:
        statement = self._statements.get(variable)
        inputs: tuple[StepInput, ...] = ()
        rule, missed = "", False
        if variable in self._heads:
            matches = self._matches(variable, index)
            inputs = tuple(self._found(variable, index, matches))
            rule, missed = self._sentence(variable), not matches
            summed = self._heads[variable].copied is None
            if summed and matches and not self.ids[variable][index]:
                rule += " (all are 0 here)"
        elif statement is not None:
            decided = variable in self._decisions
            read = self._shown(variable, index) if decided else statement.inputs
            inputs = tuple(
                StepInput(InputPart.INPUT, self.step(name, index)) for name in read
            )
            if decided:
                rule = self._decision_rule(variable, index)
            else:
                rule = self._table_rule(statement, inputs)
        word, value = self.words[index], self.value(variable, index)
        place = index - self.offset
        return Step(variable, place, word, value, rule, inputs, missed)

    def _found(
        self, variable: str, index: int, matches: list[int]
    ) -> Iterator[StepInput]:
        """Yield what a head asked for, what matched, and what it made of it."""
        head, closed = self._heads[variable], self._closed
        found = closed.condition(self._statements[variable])
        query = head.query != ONES and not isinstance(found, Always | OfKey)
        key = head.key != ONES and not isinstance(found, Always)
        if query:
            yield StepInput(InputPart.OWN, self.step(head.query, index))
        if head.copied is not None:
            taken = _nearest(matches, index)
            if key and matches:
                yield StepInput(InputPart.MATCH, self.step(head.key, taken))
            yield StepInput(InputPart.VALUE, self.step(head.value, taken))
            return
        counts = head.value == ONES
        for match in matches:
            if not self.value(head.value, match):
                continue
            if key or counts:
                read = head.key if key else ONES
                yield StepInput(InputPart.MATCH, self.step(read, match))
            if not counts:
                yield StepInput(InputPart.VALUE, self.step(head.value, match))

    def _telling(self, variable: str, index: int) -> dict[str, tuple[int, ...]]:
        """Return what each variable adds to the sums of a decision, if that tells."""
        if variable not in self._decisions:
            return {}
        terms = self._decisions[variable].terms
        ids = {term.variable: self.ids[term.variable][index] for term in terms}
        return added_by(terms, self._domains, ids)

    def _shown(self, variable: str, index: int) -> tuple[str, ...]:
        # The variables that a decision depends on here.
        compared = self._closed.comparison(self._statements[variable])
        if compared is not None:
            return tuple(compared.names.values())
        return tuple(self._telling(variable, index))

    def _decision_rule(self, variable: str, index: int) -> str:
        # Why a value won over the next one, the strongest reasons first.
        compared = self._closed.comparison(self._statements[variable])
        if compared is not None:
            return _renamed(compared.text, compared.names)
        added = self._telling(variable, index)
        if not added:
            return self._sentence(variable)
        sums = [sum(column) for column in zip(*added.values(), strict=True)]
        first, second = sorted(range(len(sums)), key=lambda v: (-sums[v], v))[:2]
        leads = [(row[first] - row[second], name) for name, row in added.items()]
        leads = sorted((x for x in leads if x[0]), key=lambda x: -abs(x[0]))
        named = [f"{name} {lead:+}" for lead, name in leads[:_REASONS]]
        if leads[_REASONS:]:
            rest = sum(lead for lead, _ in leads[_REASONS:])
            named.append(f"{len(leads) - _REASONS} more {rest:+}")
        one, other = (self._value_of(variable, i) for i in (first, second))
        why = f": {', '.join(named)}" if named else ""
        return f"{one} {sums[first]} before {other} {sums[second]}{why}"

    def _sentence(self, variable: str) -> str:
        text = describe(self._statements[variable], self._closed)
        return text[0].lower() + text[1:].removesuffix(".")

    def _table_rule(self, table: Statement, inputs: Sequence[StepInput]) -> str:
        text = self._closed.expression(table)
        if text is not None:
            names = INPUT_NAMES[len(table.inputs)]
            return _renamed(text, dict(zip(names, table.inputs, strict=True)))
        if table.of_tokens:
            return self._sentence(table.output)
        values = ", ".join(str(part.step.value) for part in inputs)
        return f"its table's entry for {values}"


def _nearest(matches: Sequence[int], index: int) -> int:
    return min(matches, key=lambda j: (j == index, abs(j - index), j), default=0)


def _renamed(text: str, names: dict[str, str]) -> str:
    # Names are tokens: what stands in strings stays.
    found, done = "", 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and token.string in names:
            found += text[done : token.start[1]] + names[token.string]
            done = token.end[1]
    return found + text[done:]


def _each_once(
    roots: Sequence[_Place], below: Callable[[_Place], Sequence[_Place]]
) -> tuple[_Place, ...]:
    found: dict[tuple[str, int], _Place] = {}
    waiting = [*roots][::-1]
    while waiting:
        place = waiting.pop()
        key = (place.variable, place.position)
        if key not in found:
            found[key] = place
            waiting += reversed(below(place))
    return tuple(found.values())
