"""A program that can be called, read and stored: what users hold in their hands."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from transformer_programs.emit.python import emit_python
from transformer_programs.emit.size import code_lines
from transformer_programs.program.encode import encode_batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program
from transformer_programs.program.types import Value
from transformer_programs.run_folder import read_program


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

    def __call__(self, tokens: Sequence[str]) -> list[str] | str:
        """The labels of a sequence: a list, or one for classification.

        Raises:
            InputError: if the program does not accept the tokens.
        """
        return self._interpreter(tokens)

    def batch(self, sequences: Sequence[Sequence[str]]) -> list[list[str] | str]:
        """The labels of many sequences, much faster than one by one.

        Raises:
            InputError: if the program does not accept one of them.
        """
        return self._interpreter.labels(sequences)

    def trace(self, tokens: Sequence[str]) -> dict[str, list[Value]]:
        """Every variable by name, at every position of the framed sequence.

        Raises:
            InputError: if the program does not accept the tokens.
        """
        traced = self._interpreter.trace(encode_batch(self.program.input, [tokens]))
        domains = self.program.domains
        return {
            name: [domains[name].value(int(index)) for index in ids[0]]
            for name, ids in traced.items()
        }

    @cached_property
    def source(self) -> str:
        """The text of ``program.py``."""
        return emit_python(self.program)

    @cached_property
    def lines(self) -> int:
        """Lines of code of ``program.py``, as ``emit/size.py`` counts them."""
        return code_lines(self.source)

    @property
    def size(self) -> str:
        """Statements and lines of code, in words."""
        count = len(self.program.statements)
        return f"{count} statement{'' if count == 1 else 's'}, {self.lines} lines"

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
