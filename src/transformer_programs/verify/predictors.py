"""Implementations of a program behind one interface, so that they can be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transformer_programs.emit.outside import TABLES
from transformer_programs.errors import AgreementError, InputError, RunFolderError
from transformer_programs.program.encode import Batch, encode_batch
from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Pooling, Program
from transformer_programs.program.types import Domain, InputFormat, Kind

LABEL = "<label>"
"""What stands for the labels among the variables; no variable can have this name."""

OUTSIDE = -1
"""Stands for a value outside its domain: it differs from every id."""

Values = dict[str, NDArray[np.int64]]
"""Ids by variable, (sequences, width) each, and under ``LABEL`` the label ids."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the ids that a predictor reads and gives stand for.

    Attributes:
        input: the tokens read.
        labels: the labels, in order of their ids.
        pooling: a label per position, or one per sequence.
        domains: of the variables that statements write.
    """

    input: InputFormat
    labels: tuple[str, ...]
    pooling: Pooling
    domains: dict[str, Domain]

    @property
    def parts(self) -> dict[str, object]:
        """Everything that must be the same, by the name that messages give it."""
        return {
            "tokens": self.input.vocabulary.tokens,
            "the unknown token": self.input.vocabulary.unknown,
            "the begin token": self.input.begin,
            "the end token": self.input.end,
            "max_length": self.input.max_length,
            "folding": self.input.folding,
            "surfaces": self.input.surfaces,
            "labels": self.labels,
            "pooling": self.pooling.value,
            "variables": tuple(self.domains),
            **{f"the domain of {name!r}": d for name, d in self.domains.items()},
        }


def program_signature(program: Program) -> Signature:
    """What the ids of a program stand for."""
    return Signature(
        program.input,
        program.readout.labels,
        program.readout.pooling,
        {s.output: program.domains[s.output] for s in program.statements},
    )


class Predictor(Protocol):
    """Something that computes all variables and the labels of a program."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    @property
    def signature(self) -> Signature:
        """What its ids stand for."""
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
        self.signature = program_signature(program)
        self._interpreter = Interpreter(program)

    def values(self, batch: Batch) -> Values:
        """Every variable and the labels."""
        traced, labels = self._interpreter.trace_and_predict(batch)
        return traced | {LABEL: labels}


Decode = Callable[[Any], int]
"""The id of a printable value; ``OUTSIDE`` if it is none of its domain."""


class FilePredictor:
    """The emitted file, executed input by input.

    Args:
        program: gives the ids of the printable values that the file computes.
        source: the text of ``program.py``.
        tables: that of the file of tables that it reads, if it reads one.
    """

    name = "program.py"

    def __init__(
        self, program: Program, source: str, tables: str | None = None
    ) -> None:
        self._program = program
        self._module = load_file(source, tables)
        self.signature = _file_signature(self._module, program)
        self._decoders = {n: _decoder(domain) for n, domain in program.domains.items()}
        self._label = _by_name(program.readout.labels)

    def values(self, batch: Batch) -> Values:
        """Every variable and the labels."""
        shape = batch.ids.shape
        values = {name: np.full(shape, OUTSIDE) for name in self._decoders}
        labels = shape if self._program.tagging else shape[:1]
        values[LABEL] = np.full(labels, OUTSIDE)
        for row, tokens in enumerate(bare_tokens(self._program, batch)):
            try:
                self._fill_row(values, row, tokens)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # also SystemExit: the file may do anything
                raise AgreementError(
                    f"{self.name} fails on input {list(tokens)!r}: "
                    f"{type(error).__name__}: {error}"
                ) from error
        return values

    def check_foreign_tokens(self) -> None:
        """Does the file treat tokens that it does not know as the program does?

        One that stands in no vocabulary, and those of the frame, which nobody can type.

        Raises:
            AgreementError: at the first difference.
        """
        form = self._program.input
        if not form.max_bare_length:
            return
        stranger = "?"
        while stranger in form.vocabulary:
            stranger += "?"
        interpreter = Interpreter(self._program)
        for token in filter(None, (stranger, form.begin, form.end)):
            expected: object = None
            with suppress(InputError):
                expected = interpreter([token])
            found: object = None
            try:
                found = self._module["run"]([token])
            except KeyboardInterrupt:
                raise
            except ValueError:  # how the file refuses an input
                pass
            except BaseException as error:  # the file may do anything
                found = error
            if found != expected:
                raise AgreementError(
                    f"interpreter and {self.name} differ on input [{token!r}], a token "
                    f"that is not known: {_answer(expected)} and {_answer(found)}"
                )

    def _fill_row(self, values: Values, row: int, tokens: tuple[str, ...]) -> None:
        form = self._program.input
        traced = self._module["trace"](tokens)
        length = len(tokens) + form.frame_size
        for name, decode in self._decoders.items():
            _fill(values[name][row, :length], traced.get(name, ()), decode)
        result = self._module["run"](tokens)
        if self._program.tagging:
            place = values[LABEL][row, form.offset : form.offset + len(tokens)]
            _fill(place, result, self._label)
        else:
            _fill(values[LABEL][row : row + 1], [result], self._label)


def _answer(labels: object) -> str:
    return "an error" if labels is None else repr(labels)


def _file_signature(module: dict[str, Any], program: Program) -> Signature:
    """What the file states of itself; for the rest, that of the program.

    The file states its tokens as a set, without those of the frame.

    Raises:
        RunFolderError: if it does not state them.
    """
    form, signature = program.input, program_signature(program)
    vocabulary = form.vocabulary
    try:
        words = module["TOKENS"] if "TOKENS" in module else module["tables"]()["words"]
        tokens, labels = set(words), tuple(module["LABELS"])
        length = module["MAX_LENGTH"] + form.frame_size
    except (KeyError, TypeError) as error:
        raise RunFolderError(
            "program.py: expected it to define TOKENS, LABELS and MAX_LENGTH: "
            f"{type(error).__name__}: {error}"
        ) from error
    if tokens != set(form.symbols):
        vocabulary = replace(vocabulary, tokens=tuple(sorted(tokens, key=repr)))
    form = replace(form, vocabulary=vocabulary, max_length=length)
    return replace(signature, input=form, labels=labels)


def _decoder(domain: Domain) -> Decode:
    """From what the file computes to ids. True is not 1: the type counts too."""
    if domain.kind is Kind.TOKEN:
        return _by_name(domain.tokens)
    return lambda value: (
        value if type(value) is int and 0 <= value < domain.size else OUTSIDE
    )


def _by_name(names: Sequence[str]) -> Decode:
    ids = {name: index for index, name in enumerate(names)}
    return lambda value: ids.get(value, OUTSIDE) if type(value) is str else OUTSIDE


def _fill(place: NDArray[np.int64], found: Sequence[Any], decode: Decode) -> None:
    """Write the ids of what was found; nothing if that is too much or too little.

    What is found must be a list: a text is not the list of its characters.
    """
    if isinstance(found, list) and len(found) == len(place):
        place[:] = [decode(value) for value in found]


def load_file(source: str, tables: str | None = None) -> dict[str, Any]:
    """What the text of a ``program.py`` defines, by name: ``run``, ``trace`` ...

    Args:
        source: the text.
        tables: the text of the file of tables beside it, if it reads one: it is there
            for as long as it takes to read it.

    Raises:
        RunFolderError: if it cannot be executed, or defines something else.
    """
    with TemporaryDirectory() as folder:
        place = Path(folder) / "program.py"
        module: dict[str, Any] = {"__name__": "program", "__file__": str(place)}
        try:
            exec(compile(source, "program.py", "exec"), module)
            if module.get("TABLES") == TABLES:
                _read_tables(module, place, tables)
        except (KeyboardInterrupt, RunFolderError):
            raise
        except BaseException as error:  # also SystemExit: the file may do anything
            raise RunFolderError(
                f"program.py: cannot be executed: {type(error).__name__}: {error}"
            ) from error
    if (
        not {"run", "trace", "main"} <= module.keys()
    ):  # the last is what a cut one lacks
        raise RunFolderError(
            "program.py: expected it to define 'run', 'trace' and 'main'"
        )
    return module


def _read_tables(module: dict[str, Any], place: Path, tables: str | None) -> None:
    """Let the file read its tables.

    Raises:
        RunFolderError: if there are none, or others.
    """
    again = "'tprog compile RUN' makes a new run of program.json, with both"
    if tables is None:
        raise RunFolderError(
            f"{TABLES}: program.py reads it, but it is missing; {again}"
        )
    place.with_name(TABLES).write_bytes(tables.encode())
    try:
        module["tables"]()
    except ValueError as error:
        raise RunFolderError(
            f"{TABLES}: not the file that belongs to this program.py; {again}"
        ) from error


def bare_tokens(program: Program, batch: Batch) -> list[tuple[str, ...]]:
    """The sequences as the user would pass them.

    Raises:
        AgreementError: if it is not known how tokens were typed, and their words have
            other surfaces.
    """
    if batch.words is not None:
        return list(batch.words)
    form = program.input
    tokens = form.vocabulary.tokens
    end = form.frame_size - form.offset
    found = [
        tuple(tokens[i] for i in row[form.offset : length - end])
        for row, length in zip(form.word_ids(batch.ids), batch.lengths, strict=True)
    ]
    if form.surfaces:
        again = encode_batch(form, found, batch.ids.shape[1])
        if not np.array_equal(again.ids, batch.ids):
            raise AgreementError(
                "the inputs to compare are given as codes that no known token has; "
                "please report this"
            )
    return found
