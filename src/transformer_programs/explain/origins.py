"""Where the value of a variable comes from, down to the words of one input.

This follows the statements as ``docs/semantics.md`` defines them, one position at a
time; the values themselves are those of the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from transformer_programs.program import (
    ONES,
    POSITIONS,
    Aggregate,
    Head,
    Interpreter,
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
        InputError: if the program does not accept the tokens.
    """

    def __init__(
        self, interpreter: Interpreter, tokens: Sequence[str], value_of: ValueOf
    ) -> None:
        self._program, self._value_of = interpreter.program, value_of
        form = self._program.input
        self._offset = form.offset
        traced = interpreter.trace(encode_batch(form, [tokens]))
        self.ids = {name: ids[0].tolist() for name, ids in traced.items()}
        frame = [[word] if word is not None else [] for word in (form.begin, form.end)]
        self.words = (*frame[0], *tokens, *frame[1])
        self._statements = {s.output: s for s in self._program.statements}
        self._known: dict[tuple[str, int], Origin] = {}

    def head(self, variable: str) -> Head:
        """The head that writes a variable, of the program that was run."""
        head = self._statements[variable]
        assert isinstance(head, Head)
        return head

    def of(self, variable: str, index: int) -> Origin:
        """The origin of a variable's value at a framed position."""
        if (variable, index) not in self._known:
            self._known[variable, index] = self._origin(variable, index)
        return self._known[variable, index]

    def value(self, variable: str, index: int) -> Value:
        """What a variable is at a framed position."""
        return self._value_of(variable, self.ids[variable][index])

    def _origin(self, variable: str, index: int) -> Origin:
        sources: tuple[Origin, ...] = ()
        missed = False
        match self._statements.get(variable):
            case Head(aggregate=Aggregate.NEAREST) as head:
                taken, missed = self.taken(head, index)
                sources = (self.of(head.value, taken),)
                places, missed = sources[0].places, missed or sources[0].missed
            case Head() as head:
                places = tuple(j - self._offset for j in self.matches(head, index))
            case Table() as table if table.of_tokens:
                places = (index - self._offset,)
            case Table() as table:
                sources = tuple(self.of(name, index) for name in table.inputs)
                places = tuple(sorted({p for source in sources for p in source.places}))
            case None:  # an input variable or a surface
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

    def matches(self, head: Head, index: int) -> Iterator[int]:
        """The framed positions in scope whose keys match, rising."""
        keys = self.ids[head.key]
        row = frozenset(head.predicate[self.ids[head.query][index]])
        return (
            j for j in visible(head.scope, index, len(self.words)) if keys[j] in row
        )

    def taken(self, head: Head, index: int) -> tuple[int, bool]:
        """The framed position that a head copies from, and whether none matched."""
        taken = min(
            self.matches(head, index),
            key=lambda j: (j == index, abs(j - index), j),
            default=None,
        )
        return (0, True) if taken is None else (taken, False)
