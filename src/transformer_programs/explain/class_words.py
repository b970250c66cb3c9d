"""Which words a value of a learned class stands for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transformer_programs.program import (
    TOKENS,
    Aggregate,
    Head,
    Kind,
    Program,
    Table,
)

MOST_NAMED = 5
"""Words of a class that are named."""


class ClassWords:
    """The most frequent words of every class of a program.

    A vocabulary that was made from data lists its words by falling frequency, so the
    first ones of a class are the most frequent. The unknown token comes before them, so
    that it is never left out: it stands for all words of other texts. Those of the
    frame come last.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._classes: dict[str, tuple[str, NDArray[np.int64]]] = {}
        form = program.input
        words = np.arange(len(form.vocabulary), dtype=np.int64)
        self._classes[TOKENS] = ("", words)
        for statement in program.statements:
            match statement:
                case Head(aggregate=Aggregate.NEAREST, value=value) if (
                    value in self._classes
                ):
                    # The word is that at the position which the head takes.
                    place, classes = self._classes[value]
                    self._classes[statement.output] = (
                        f"{statement.output} {place}",
                        classes,
                    )
                case Table():
                    self._look_up(statement)
                case _:
                    pass
        frame, unknown = {form.begin, form.end}, form.vocabulary.unknown
        ranks = [(w in frame) - (w == unknown) for w in form.vocabulary.tokens]
        self._order = np.argsort(ranks, kind="stable")

    def _look_up(self, statement: Table) -> None:
        """A table of one word's classes is a class of that word."""
        if not all(name in self._classes for name in statement.inputs):
            return
        places = {self._classes[name][0] for name in statement.inputs}
        if len(places) != 1:
            return
        ids = np.zeros(len(self._program.input.vocabulary), dtype=np.int64)
        for name in statement.inputs:
            size = self._program.domains[name].size
            ids = ids * size + self._classes[name][1]
        table = np.array(statement.table, dtype=np.int64)
        self._classes[statement.output] = (places.pop(), table[ids])

    def of(self, variable: str, index: int, most: int = MOST_NAMED) -> tuple[str, ...]:
        """The most frequent words that have this id; none if the value says it itself.

        Args:
            variable: its name.
            index: the id of its value.
            most: how many words.
        """
        if variable not in self._classes:
            return ()
        if self._program.domains[variable].kind is Kind.TOKEN:
            return ()
        classes = self._classes[variable][1][self._order]
        chosen = self._order[np.flatnonzero(classes == index)[:most]]
        return tuple(self._program.input.vocabulary.tokens[word] for word in chosen)
