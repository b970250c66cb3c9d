"""Programs that people write, as Python functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language import (
    Body,
    InputFormat,
    Interpreter,
    Program as Plain,
    Vocabulary,
    domain_size,
    enumerate_inputs,
    run_on_lists,
    write,
)
from transformer_programs.learn import Watch
from transformer_programs.runs.runnable import Program
from transformer_programs.tasks import find_function

if TYPE_CHECKING:
    from transformer_programs.runs.run import Run
    from transformer_programs.verify import CheckResult

FEW_INPUTS = 100_000
"""So many are gone through to see whether a label occurs."""


class WrittenProgram(Program):
    """A program with the Python function that it was written as.

    Attributes:
        function: The function, of ``tokens``, ``positions`` and ``ones``.
    """

    function: Body

    def on_lists(self, tokens: Sequence[str]) -> list[str] | str:
        """Return the labels of a sequence as the function says them, by plain Python.

        Raises:
            InputError: If the program does not accept the tokens.
        """
        return run_on_lists(self.function, self.input, tokens)

    def check(self) -> CheckResult:
        """Compare the program with the function, run on lists.

        On all inputs if there are at most two million, else on random ones.
        """
        from transformer_programs.verify import (
            check_specification,
            function_specification,
        )

        name = f"the function {self.name}"

        def labels(tokens: tuple[str, ...]) -> str | tuple[str | None, ...]:
            found = self.on_lists(tokens)
            return found if isinstance(found, str) else tuple(found)

        wanted = function_specification(name, labels, self.data)
        return check_specification(self.data, wanted)

    def compile(
        self, out: str | Path, *, force: bool = False, watch: Watch = Watch()
    ) -> Run:
        """Make a run of the program: a Transformer, ``program.py``, a certificate.

        Args:
            out: The run folder to write.
            force: Whether a run folder that is there may be replaced.
            watch: As for ``Run.compile``.

        Raises:
            AgreementError: If the function and what it became differ.
            RunFolderError: If ``out`` is taken.
        """
        from transformer_programs.runs.run import Run

        found = self.check().counterexample
        if found is not None:
            raise AgreementError(
                f"{self.name}: the function run on lists and the program differ for "
                f"{list(found.tokens)}; this is a mistake of the package, or the "
                "function does something else when it is called again"
            )
        return Run(self).compile(out, force=force, watch=watch, progress=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the program in copies and pickles, without the function."""
        _, fields = super().__reduce__()
        return Program, fields


def program(
    *,
    tokens: Sequence[str],
    max_length: int,
    begin: str | None = None,
    end: str | None = None,
    unknown: str | None = None,
    name: str | None = None,
) -> Callable[[Body], WrittenProgram]:
    """Make a program of a Python function.

    The function gets ``tokens``, ``positions`` and ``ones`` and returns a variable,
    whose values are the labels. It uses operators, and the functions of
    ``transformer_programs.language``: ``attend``, ``count``, ``table``, ``where`` and
    others. It runs when it is decorated: predicates and tables are called for every
    value that can occur.

    Args:
        tokens: The tokens that it knows, in order: a list, or a text of one-character
            tokens.
        max_length: The most tokens that may be passed.
        begin: A token that is put before every sequence.
        end: A token that is put after every sequence.
        unknown: The token that stands for every other one; without it, these are
            errors.
        name: By default that of the function.

    Raises:
        WritingError: If the function cannot be a program; names the line.
        ProgramError: If it breaks the rules of ``docs/reference/semantics.md``.

    >>> from transformer_programs.language import attend, count
    >>> @tp.program(tokens="01234", max_length=6, begin="<s>", end="</s>")
    ... def sort(tokens, positions, ones):
    ...     smaller = count(tokens, tokens, ones, lambda q, k: k < q)
    ...     later = count(tokens, tokens, ones, lambda q, k: k == q, scope="after")
    ...     rank = smaller + later
    ...     return attend(positions, rank, tokens, lambda q, k: k == q - 1)
    >>> sort(["3", "1", "2"])
    ['1', '2', '3']
    """
    known = [*tokens] if unknown in (None, *tokens) else [*tokens, unknown]
    frame = [token for token in (begin, end) if token is not None]
    form = InputFormat(
        Vocabulary((*known, *frame), unknown), max_length + len(frame), begin, end
    )

    def made(function: Body) -> WrittenProgram:
        called = name or str(getattr(function, "__name__", "program"))
        data = _without_frame_labels(Program.of(write(function, form, called)))
        written = WrittenProgram(data.name, data.input, data.statements, data.readout)
        object.__setattr__(written, "function", function)
        return written

    return made


def find_written(name: str) -> WrittenProgram:
    """Return the program that a Python file defines: ``FILE.py:NAME``.

    The file is executed.

    Raises:
        TaskError: If there is no such file or function, or the file fails.
        SettingsError: If the function is no program.
    """
    found = find_function(name)
    if isinstance(found, WrittenProgram):
        return found
    path, _, inner = name.rpartition(":")
    raise SettingsError(
        f"{name}: expected a program, got the function {inner!r}; decorate it in "
        f"{path} with @tp.program(tokens=..., max_length=...)"
    )


def _without_frame_labels(program: Plain) -> Plain:
    # A token of the frame is a value of what copies tokens, but hardly ever a label.
    labels, terms = program.readout.labels, program.readout.terms
    framing = {*program.input.frame} & {*labels}
    if not framing or framing == {*labels} or domain_size(program.input) > FEW_INPUTS:
        return program
    interpreter, occur = Interpreter(program), set[int]()
    for batch in enumerate_inputs(program.input):
        found = interpreter.predict(batch)
        if program.tagging:
            place = np.arange(found.shape[1]) - program.input.offset
            bare = batch.lengths[:, None] - program.input.frame_size
            found = found[(place >= 0) & (place < bare)]
        occur |= {*map(int, np.unique(found))}
    kept = [i for i, x in enumerate(labels) if x not in framing or i in occur]
    fewer = [
        replace(term, weights=tuple(tuple(r[i] for i in kept) for r in term.weights))
        for term in terms
    ]
    readout = replace(program.readout, labels=tuple(labels[i] for i in kept))
    return replace(program, readout=replace(readout, terms=tuple(fewer)))
