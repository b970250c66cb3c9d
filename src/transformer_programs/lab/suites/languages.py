"""Formal languages: after every token, the tokens that may come next.

A language is a finite automaton. Its strings are drawn letter by letter, of the letters
after which a string of the length wanted can still end; or in runs, where states would
be rare otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from transformer_programs.lab.suites.suite import Labels, SuiteTask, Tokens

BEGIN = "^"
"""The token before a string."""

END = "$"
"""Stands in a label for the end of the string."""

LONGEST = 50
LONGER = (range(51, 101), range(101, 151))
"""Lengths of strings in training, and those at which programs are judged."""

State = int | None
"""None once no string of the language can follow."""


@dataclass(frozen=True)
class Language:
    """A regular language: a deterministic finite automaton that starts in state 0.

    Attributes:
        letters: Its alphabet.
        next_state: The state after a letter, for every state and letter that can be
            part of a string.
        final: States in which a string may end.
        spread: Draws strings of a length in an own way.
    """

    letters: str
    next_state: dict[tuple[int, str], int]
    final: frozenset[int]
    spread: Callable[[np.random.Generator, int], str] | None = None

    def after(self, state: State, letter: str) -> State:
        """Return the state after a letter."""
        return None if state is None else self.next_state.get((state, letter))

    def next_tokens(self, state: State) -> str | None:
        """Return what may come next, as a label; None where nothing may."""
        if state is None:
            return None
        letters = [a for a in self.letters if (state, a) in self.next_state]
        return "".join(letters) + (END if state in self.final else "")

    def labels(self, tokens: Tokens) -> Labels:
        """Return what may come after every token, the first of which is ``BEGIN``."""
        state: State = 0
        found = []
        for place, token in enumerate(tokens):
            begins = token == BEGIN
            if begins != (place == 0):
                state = None
            elif not begins:
                state = self.after(state, token)
            found.append(self.next_tokens(state))
        return tuple(found)

    @cached_property
    def _can_end(self) -> list[frozenset[int]]:
        # States from which a string can end after exactly so many letters.
        return [self.final]

    def can_end(self, state: int, left: int) -> bool:
        """Return whether a string can end after exactly so many more letters."""
        found = self._can_end
        while len(found) <= left:
            last = found[-1]
            found.append(
                frozenset(s for (s, _), end in self.next_state.items() if end in last)
            )
        return state in found[left]

    def strings(self, length: int) -> Iterator[Tokens]:
        """Yield all strings of a length, ``BEGIN`` before each."""
        return self._strings((BEGIN,), 0, length)

    def _strings(self, begun: Tokens, state: int, left: int) -> Iterator[Tokens]:
        if not self.can_end(state, left):
            return
        if left == 0:
            yield begun
            return
        for letter in self.letters:
            if (state, letter) in self.next_state:
                after = self.next_state[state, letter]
                yield from self._strings((*begun, letter), after, left - 1)

    def drawn(self, rng: np.random.Generator, length: int) -> Tokens | None:
        """Draw a string of a length; None if there is none."""
        if not self.can_end(0, length):
            return None
        if self.spread is not None:
            return (BEGIN, *self.spread(rng, length))
        state, tokens = 0, [BEGIN]
        for left in reversed(range(length)):
            choices = [
                (letter, self.next_state[state, letter])
                for letter in self.letters
                if (state, letter) in self.next_state
                and self.can_end(self.next_state[state, letter], left)
            ]
            letter, state = choices[int(rng.integers(len(choices)))]
            tokens.append(letter)
        return tuple(tokens)


def automaton(
    letters: str, *rows: str, final: tuple[int, ...], spread: object = None
) -> Language:
    """Return the language of an automaton.

    Args:
        letters: Its alphabet.
        *rows: For every state, the next state for every letter; ``.`` for none.
        final: States in which a string may end.
        spread: As of ``Language``.
    """
    moves = {
        (state, letter): int(target)
        for state, row in enumerate(rows)
        for letter, target in zip(letters, row, strict=True)
        if target != "."
    }
    return Language(letters, moves, frozenset(final), spread)  # type: ignore[arg-type]


def nested(depth: int) -> Language:
    """Return the strings in which a opens and b closes, at most so deep."""
    opens = {(d, "a"): d + 1 for d in range(depth)}
    closes = {(d + 1, "b"): d for d in range(depth)}
    spread = partial(up_and_down, depth=depth)
    return Language("ab", opens | closes, frozenset({0}), spread)


def up_and_down(rng: np.random.Generator, length: int, *, depth: int) -> str:
    """Draw runs of a and of b in turn, each of a random length, so that they nest."""
    runs: list[str] = []
    left, height = length, 0
    while left > height:
        # A run of a must leave room for as many b.
        opened = int(rng.integers(min(depth - height, (left - height) // 2))) + 1
        height, left = height + opened, left - opened
        closed = int(rng.integers(height)) + 1
        height, left = height - closed, left - closed
        runs += ["a" * opened, "b" * closed]
    return "".join([*runs, "b" * height])


def in_runs(rng: np.random.Generator, length: int, *, letters: str, least: int) -> str:
    """Draw runs of the letters, in this order, of random lengths from the least."""
    free = length - least * len(letters)
    cuts = sorted(rng.integers(0, free + 1, size=len(letters) - 1).tolist())
    sizes = np.diff([0, *cuts, free]).tolist()
    return "".join(a * (least + n) for a, n in zip(letters, sizes, strict=True))


def around_d(rng: np.random.Generator, length: int) -> str:
    """Draw letters a and b, a d at a random place, then letters b and c."""
    before = int(rng.integers(length))
    parts = rng.choice(list("ab"), before), rng.choice(list("bc"), length - 1 - before)
    return "".join([*parts[0], "d", *parts[1]])


LANGUAGES = {
    "tomita1": automaton("1", "0", final=(0,)),
    "tomita2": automaton("01", ".1", "0.", final=(0,)),
    # After an odd run of 1 (state 1) an odd run of 0 (2) must become even (3).
    "tomita3": automaton("01", "01", "20", "3.", "21", final=(0, 1, 3)),
    "tomita4": automaton("01", "10", "20", ".0", final=(0, 1, 2)),
    "tomita5": automaton("01", "12", "03", "30", "21", final=(0,)),
    "tomita6": automaton("01", "12", "20", "01", final=(0,)),
    "tomita7": automaton(
        "01",
        *("01", "21", "23", ".3"),
        final=(0, 1, 2, 3),
        spread=partial(in_runs, letters="0101", least=0),
    ),
    **{f"D{depth}": nested(depth) for depth in (2, 3, 4, 12)},
    "aastar": automaton("a", "1", "0", final=(0,)),
    "aaaastar": automaton("a", "1", "2", "3", "0", final=(0,)),
    "ababstar": automaton("ab", "1.", ".2", "3.", ".0", final=(0,)),
    "abcde": automaton(
        "abcde",
        *("1....", "12...", ".23..", "..34.", "...45", "....5"),
        final=(5,),
        spread=partial(in_runs, letters="abcde", least=1),
    ),
    "ab_d_bc": automaton("abcd", "00.1", ".11.", final=(1,), spread=around_d),
    "012_0_2": automaton("012", "100", "101", final=(1,)),
}
"""By the names of the suite."""

_SUMMARIES = {
    "tomita1": "1*",
    "tomita2": "(10)*",
    "tomita3": "no odd run of 1 before an odd run of 0",
    "tomita4": "no 000",
    "tomita5": "even numbers of 0 and of 1",
    "tomita6": "the numbers of 0 and 1 are equal modulo 3",
    "tomita7": "0*1*0*1*",
    **{f"D{n}": f"balanced a and b, at most {n} deep" for n in (2, 3, 4, 12)},
    "aastar": "(aa)*",
    "aaaastar": "(aaaa)*",
    "ababstar": "(abab)*",
    "abcde": "aa*bb*cc*dd*ee*",
    "ab_d_bc": "{a,b}*d{b,c}*",
    "012_0_2": "{0,1,2}*02*",
}


def language_task(name: str) -> SuiteTask:
    """Return the task of a language of ``LANGUAGES``."""
    language = LANGUAGES[name]
    states = {0, *language.next_state.values()}
    return SuiteTask(
        name=name,
        summary=f"What may come next: {_SUMMARIES[name]}.",
        definition=language.labels,
        symbols=(BEGIN, *language.letters),
        labels=tuple(sorted(filter(None, {*map(language.next_tokens, states)}))),
        max_length=LONGEST + 1,
        sizes=range(1, LONGEST + 1),
        longer=LONGER,
        sample=language.drawn,
        inputs=language.strings,
        causal=True,
    )
