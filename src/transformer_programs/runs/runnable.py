"""A program that can be called, read and stored: what users hold in their hands."""

from __future__ import annotations

import html
import warnings
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import AnyLength, LengthBound
from transformer_programs.codegen import (
    code_lines,
    emit,
    heart,
    lengths_in_words,
    statements_in_words,
    table_entries,
)
from transformer_programs.errors import UnknownTokenWarning
from transformer_programs.explain import Explanation, explain
from transformer_programs.optimize import Resized, resized
from transformer_programs.program import (
    Interpreter,
    Program,
    Value,
    encode_batch,
    to_json,
    tokens_of,
    unknown_in_words,
)
from transformer_programs.runs.folder import (
    read_program,
)
from transformer_programs.system import (
    FILE,
    PROGRAM,
    TABLES,
)


class RunnableProgram:
    """A valid program with its interpreter and its text.

    Attributes:
        program: the program as data.

    Raises:
        ProgramError: if the program is not valid.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._interpreter = Interpreter(program)
        self._longer: tuple[Interpreter, Resized] | None = None

    def __call__(
        self, tokens: Sequence[str], *, any_length: bool = False
    ) -> list[str] | str:
        """The labels of a sequence: a list, or one for classification.

        Args:
            tokens: the sequence: a list of tokens, or a text if the program was learned
                from texts, which is split as they were.
            any_length: whether it may be longer than the program's ``max_length``.

        Warns:
            UnknownTokenWarning: if the program reads some as the unknown token.

        Raises:
            InputError: if the program does not accept the tokens.
            LengthError: for ``any_length`` if the program is bound to its length.
        """
        tokens = tokens_of(self.program.input, tokens)
        (labels,) = self.batch([tokens], any_length=any_length)
        self._warn_of_unknown(tokens)
        return labels

    def batch(
        self, sequences: Sequence[Sequence[str]], *, any_length: bool = False
    ) -> list[list[str] | str]:
        """The labels of many sequences, much faster than one by one.

        Args:
            sequences: the sequences, each as for a call; of unknown tokens nothing is
                said.
            any_length: whether they may be longer than the program's ``max_length``.

        Raises:
            InputError: if the program does not accept one of them.
            LengthError: for ``any_length`` if the program is bound to its length.
        """
        sequences = self._tokens_of(sequences)
        if any_length:
            interpreter, _ = self._at_length_of(sequences)
            return interpreter.labels(sequences)
        return self._interpreter.labels(sequences)

    def scores(self, sequences: Sequence[Sequence[str]]) -> list[NDArray[np.int64]]:
        """The scores of many sequences; the label is the first with the largest score.

        Scores compare the labels of one sequence, or of one of its positions; they are
        no probabilities.

        Args:
            sequences: the sequences, each as for a call, none longer than
                ``max_length``.

        Returns:
            For each sequence its scores, in the order of ``program.readout.labels``:
            (labels,) for classification, else (tokens, labels).

        Raises:
            InputError: if the program does not accept one of them.
        """
        form, sequences = self.program.input, self._tokens_of(sequences)
        scores = self._interpreter.scores(encode_batch(form, sequences))
        if not self.program.tagging:
            return list(scores)
        return [
            row[form.offset : form.offset + len(tokens)]
            for row, tokens in zip(scores, sequences, strict=True)
        ]

    def trace(
        self, tokens: Sequence[str], *, any_length: bool = False
    ) -> dict[str, list[Value]]:
        """Every variable by name, at every position of the framed sequence.

        Args:
            tokens: the sequence, as for a call.
            any_length: whether it may be longer than the program's ``max_length``.

        Warns:
            UnknownTokenWarning: if the program reads some as the unknown token.

        Raises:
            InputError: if the program does not accept the tokens.
            LengthError: for ``any_length`` if the program is bound to its length.
        """
        tokens = tokens_of(self.program.input, tokens)
        interpreter, value = self._interpreter, self._value
        if any_length:
            interpreter, longer = self._at_length_of([tokens])
            value = longer.value
        traced = interpreter.trace(encode_batch(interpreter.program.input, [tokens]))
        self._warn_of_unknown(tokens)
        return {
            name: [value(name, int(index)) for index in ids[0]]
            for name, ids in traced.items()
        }

    def explain(
        self,
        tokens: Sequence[str],
        *,
        against: str | None = None,
        any_length: bool = False,
    ) -> Explanation:
        """Why the program says what it says: what every value adds to the scores.

        Args:
            tokens: the sequence, as for a call.
            against: the label to compare the winner with; by default the runner-up.
            any_length: whether it may be longer than the program's ``max_length``.

        Warns:
            UnknownTokenWarning: if the program reads some as the unknown token.

        Raises:
            InputError: if the program does not accept the tokens.
            LengthError: for ``any_length`` if the program is bound to its length.
            SettingsError: if there is no such label, or no other label.
        """
        tokens = tokens_of(self.program.input, tokens)
        interpreter, value = self._interpreter, self._value
        if any_length:
            interpreter, longer = self._at_length_of([tokens])
            value = longer.value
        found = explain(interpreter, tokens, value, against, self.program)
        self._warn_of_unknown(tokens)
        return found

    def _tokens_of(self, sequences: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        return [tokens_of(self.program.input, sequence) for sequence in sequences]

    def _warn_of_unknown(self, tokens: Sequence[str]) -> None:
        """Name the unknown ones to whoever called the method that calls this."""
        text = unknown_in_words(self.program.input, tokens)
        if text is not None:
            warnings.warn(text, UnknownTokenWarning, stacklevel=3)

    def _value(self, name: str, index: int) -> Value:
        return self.program.domains[name].value(index)

    def _at_length_of(
        self, sequences: Sequence[Sequence[str]]
    ) -> tuple[Interpreter, Resized]:
        """The program at a length that has room for all of them."""
        form = self.program.input
        longest = max(map(len, sequences), default=0) + form.frame_size
        if self._longer is None or longest > self._longer[1].program.input.max_length:
            longer = resized(self.program, max(longest, form.max_length))
            self._longer = Interpreter(longer.program), longer
        return self._longer

    @cached_property
    def _meaning(self) -> AnyLength:
        return AnyLength(self.program)

    @property
    def length_bound(self) -> tuple[LengthBound, ...]:
        """What binds the program to inputs of up to its ``max_length``, if anything."""
        return self._meaning.bound

    @property
    def length_free(self) -> bool:
        """Whether the program means something at any length."""
        return not self.length_bound

    @property
    def length(self) -> str:
        """The lengths at which the program means something, in words."""
        return lengths_in_words(self._meaning)

    @cached_property
    def source(self) -> str:
        """The text of ``program.py``."""
        return self._texts[0]

    @property
    def heart(self) -> str:
        """The text of ``program.py`` up to the helpers that are alike in all."""
        return heart(self.source)

    @cached_property
    def tables(self) -> str | None:
        """The text of ``tables.json``, which the file reads where tables are large."""
        return self._texts[1]

    @cached_property
    def _texts(self) -> tuple[str, str | None]:
        return emit(self.program)

    @property
    def files(self) -> dict[str, str]:
        """The files that keep the program, by name."""
        files = {PROGRAM: to_json(self.program), FILE: self.source}
        return files if self.tables is None else files | {TABLES: self.tables}

    @cached_property
    def lines(self) -> int:
        """Lines of code of ``program.py``, as ``emit/size.py`` counts them."""
        return code_lines(self.source)

    @cached_property
    def entries(self) -> int:
        """What tables, predicates and weights list, as ``emit/size.py`` counts it."""
        return table_entries(self.program)

    @property
    def size(self) -> str:
        """Statements, table entries and lines of code, in words."""
        entries = f"{self.entries:,}" if self.entries else "no"
        return (
            f"{statements_in_words(self.program)}, "
            f"{entries} table entr{'y' if self.entries == 1 else 'ies'} written out, "
            f"{self.lines:,} line{'' if self.lines == 1 else 's'} of code"
        )

    @property
    def file_sizes(self) -> str:
        """The lines of ``program.py`` in all, and of its tables, in words."""
        lines = self.source.count("\n")
        text = f"{FILE}: {lines:,} lines with comments and helpers"
        if self.tables is None:
            return text
        return f"{text}; {TABLES}: {self.tables.count(chr(10)):,} lines"

    def __repr__(self) -> str:
        program = self.program
        return (
            f"<RunnableProgram {program.name!r}: "
            f"{self.size}, "
            f"up to {program.input.max_bare_length} tokens, "
            f"{len(program.readout.labels)} labels>"
        )

    def _repr_html_(self) -> str:
        """The listing, folded, for notebooks."""
        title, code = html.escape(repr(self)), html.escape(self.source)
        return (
            f"<details><summary><code>{title}</code></summary>"
            f"<pre>{code}</pre></details>"
        )


def load(path: str | Path) -> RunnableProgram:
    """The program of a run folder, or of a ``program.json``.

    Raises:
        RunFolderError, SchemaError, ProgramError: if there is none that is valid.
    """
    return RunnableProgram(read_program(Path(path)))
