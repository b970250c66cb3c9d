"""Implementations of a program behind one interface, so that they can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import AgreementError, RunFolderError
from transformer_programs.program.encode import Batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program

LABEL = "<label>"
"""What stands for the labels among the variables; no variable can have this name."""

OUTSIDE = -1
"""Stands for a value outside its domain: it differs from every id."""

Values = dict[str, NDArray[np.int64]]
"""Ids by variable, (sequences, width) each, and under ``LABEL`` the label ids."""


class Predictor(Protocol):
    """Something that computes all variables and the labels of a program."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def values(self, batch: Batch) -> Values:
        """Every variable and the labels.

        Labels are (sequences, width), or (sequences,) for classification. What stands
        at padded positions, and as the labels of framing tokens, means nothing.
        """
        ...


class InterpreterPredictor:
    """The numpy interpreter."""

    name = "interpreter"

    def __init__(self, program: Program) -> None:
        self._interpreter = Interpreter(program)

    def values(self, batch: Batch) -> Values:
        """Every variable and the labels."""
        traced = self._interpreter.trace(batch)
        return traced | {LABEL: self._interpreter.predict(batch)}


class FilePredictor:
    """The emitted file, executed input by input.

    Args:
        program: gives the ids of the printable values that the file computes.
        source: the text of ``program.py``.
    """

    name = "program.py"

    def __init__(self, program: Program, source: str) -> None:
        self._program = program
        self._module = load_file(source)
        self._ids = {
            name: {value: index for index, value in enumerate(domain.values)}
            for name, domain in program.domains.items()
        }
        labels = program.readout.labels
        self._labels = {label: index for index, label in enumerate(labels)}

    def values(self, batch: Batch) -> Values:
        """Every variable and the labels."""
        shape = batch.ids.shape
        values = {name: np.full(shape, OUTSIDE) for name in self._ids}
        labels = shape if self._program.tagging else shape[:1]
        values[LABEL] = np.full(labels, OUTSIDE)
        for row, tokens in enumerate(bare_tokens(self._program, batch)):
            try:
                self._fill_row(values, row, tokens)
            except Exception as error:
                raise AgreementError(
                    f"{self.name} fails on input {list(tokens)!r}: "
                    f"{type(error).__name__}: {error}"
                ) from error
        return values

    def _fill_row(self, values: Values, row: int, tokens: tuple[str, ...]) -> None:
        form = self._program.input
        traced = self._module["trace"](tokens)
        length = len(tokens) + form.frame_size
        for name, ids in self._ids.items():
            _fill(values[name][row, :length], traced.get(name, ()), ids)
        result = self._module["run"](tokens)
        if self._program.tagging:
            place = values[LABEL][row, form.offset : form.offset + len(tokens)]
            _fill(place, result, self._labels)
        else:
            _fill(values[LABEL][row : row + 1], [result], self._labels)


def _fill(place: NDArray[np.int64], found: Sequence[Any], ids: dict[Any, int]) -> None:
    """Write the ids of what was found; nothing if that is too much or too little."""
    if len(found) == len(place):
        place[:] = [ids.get(value, OUTSIDE) for value in found]


def load_file(source: str) -> dict[str, Any]:
    """What the text of a ``program.py`` defines, by name: ``run``, ``trace`` ...

    Raises:
        RunFolderError: if it cannot be executed, or defines something else.
    """
    module: dict[str, Any] = {"__name__": "program"}
    try:
        exec(compile(source, "program.py", "exec"), module)
    except Exception as error:
        raise RunFolderError(
            f"program.py: cannot be executed: {type(error).__name__}: {error}"
        ) from error
    if not {"run", "trace"} <= module.keys():
        raise RunFolderError("program.py: expected it to define 'run' and 'trace'")
    return module


def bare_tokens(program: Program, batch: Batch) -> list[tuple[str, ...]]:
    """The sequences as the user would pass them."""
    form = program.input
    tokens = form.vocabulary.tokens
    end = form.frame_size - form.offset
    return [
        tuple(tokens[i] for i in row[form.offset : length - end])
        for row, length in zip(batch.ids, batch.lengths, strict=True)
    ]
