"""Implementations of a program behind one interface: interpreter and file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import repeat
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import AgreementError, InputError
from transformer_programs.language import (
    Batch,
    Domain,
    Interpreter,
    Kind,
    Program,
    encode_batch,
)
from transformer_programs.verify.file_process import FileProcess

LABEL = "<label>"
"""Key of the labels among the variables; no variable can have this name."""

OUTSIDE = -1
"""Id of a value outside its domain: it differs from every other id."""

Values = dict[str, NDArray[np.int64]]
"""Ids by variable, (inputs, width) each, and the label ids under ``LABEL``."""


Signature = dict[str, object]
"""The meaning of the ids that an implementation reads and gives: all that must be the
same, by the name that messages give it; what is said of variables comes last."""


def program_signature(program: Program) -> Signature:
    """Return the meaning of the ids of a program."""
    form, readout = program.input, program.readout
    written = [statement.output for statement in program.statements]
    return {
        "tokens": form.vocabulary.tokens,
        "the unknown token": form.vocabulary.unknown,
        "the begin token": form.begin,
        "the end token": form.end,
        "max_length": form.max_length,
        "folding": form.folding,
        "surfaces": form.surfaces,
        "labels": readout.labels,
        "pooling": readout.pooling.value,
        "variables": tuple(written),
        **{f"the domain of {name!r}": program.domains[name] for name in written},
    }


class Predictor(Protocol):
    """An implementation: it computes all variables and the labels of a program."""

    @property
    def name(self) -> str:
        """The name in reports."""

    @property
    def signature(self) -> Signature:
        """The meaning of its ids."""

    def values(self, batch: Batch) -> Values:
        """Return every variable and the labels.

        Labels are (inputs, width), or (inputs,) for classification. Values at padded
        positions, and labels of framing tokens, have no meaning.
        """


class InterpreterPredictor:
    """The numpy interpreter."""

    name = "interpreter"

    def __init__(self, program: Program) -> None:
        self.signature = program_signature(program)
        self._interpreter = Interpreter(program)

    def values(self, batch: Batch) -> Values:
        """Return every variable and the labels."""
        traced, labels = self._interpreter.trace_and_predict(batch)
        return traced | {LABEL: labels}


class Answering(Protocol):
    """A file that is executed in a process of its own."""

    def stated(self) -> dict[str, Any]:
        """Return the ``tokens``, ``labels`` and ``length`` that the file states."""

    def answers(
        self, sequences: Iterable[Sequence[str]], names: tuple[str, ...] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs: ``run``, and of ``names`` ``trace``."""


Decode = Callable[[list[Any]], list[int]]
"""Gives the ids of printable values; ``OUTSIDE`` of those not in their domain."""


class FilePredictor:
    """The emitted file, executed in a process of its own.

    Args:
        program: gives the ids of the printable values that the file computes.
        source: the text of ``program.py``.
        tables: that of the file of tables that it reads, if it reads one.

    Raises:
        RunFolderError: If the file cannot be executed, or defines something else.
    """

    name = "program.py"

    def __init__(
        self, program: Program, source: str, tables: str | None = None
    ) -> None:
        self._execute(program, FileProcess(source, tables))

    def _execute(self, program: Program, file: Answering) -> None:
        self._program, self._file = program, file
        self.signature = _file_signature(self._file.stated(), program)
        self._decoders = {n: _decoder(domain) for n, domain in program.domains.items()}
        self._label = _by_name(program.readout.labels)

    def values(self, batch: Batch) -> Values:
        """Return every variable and the labels; AgreementError if the file fails."""
        form, tagging = self._program.input, self._program.tagging
        shape = batch.ids.shape  # (inputs, width)
        values = {name: np.full(shape, OUTSIDE) for name in self._decoders}
        labels = np.full(shape if tagging else shape[:1], OUTSIDE)
        inputs = bare_tokens(self._program, batch)
        answers = self._file.answers(inputs, tuple(self._decoders))
        for row, (tokens, answer) in enumerate(zip(inputs, answers, strict=False)):
            if "error" in answer:
                raise AgreementError(
                    f"{self.name} fails on input {list(tokens)!r}: {answer['error']}"
                )
            length = len(tokens) + form.frame_size
            traced = zip(self._decoders.items(), answer["trace"], strict=True)
            for (name, decode), found in traced:
                _fill(values[name][row, :length], found, decode)
            place, found = labels[row : row + 1], [answer["run"]]
            if tagging:
                place, found = labels[row, form.offset :][: len(tokens)], answer["run"]
            _fill(place, found, self._label)
        return values | {LABEL: labels}

    def check_foreign_tokens(self) -> None:
        """Check that the file treats unknown tokens as the program does.

        One that is in no vocabulary, and those of the frame, which nobody can type.

        Raises:
            AgreementError: At the first difference.
        """
        form = self._program.input
        if not form.max_bare_length:
            return
        stranger = "?"
        while stranger in form.vocabulary:
            stranger += "?"
        interpreter = Interpreter(self._program)
        for token in filter(None, (stranger, form.begin, form.end)):
            expected: object = None  # stands for an input that is refused
            with suppress(InputError):
                expected = interpreter([token])
            (answer,) = self._file.answers([[token]])
            found = answer.get("run", "an error of another kind")
            if answer.get("refused"):
                found = None
            if found != expected:
                pair = (expected, found)
                ours, theirs = ("an error" if x is None else repr(x) for x in pair)
                raise AgreementError(
                    f"interpreter and {self.name} differ on input [{token!r}], a token "
                    f"that is not known: {ours} and {theirs}"
                )


def _file_signature(stated: dict[str, Any], program: Program) -> Signature:
    # What the file states of itself; for the rest, that of the program. It states its
    # tokens as a set, without those of the frame.
    form, signature = program.input, program_signature(program)
    tokens = set(stated["tokens"])
    if tokens != set(form.symbols):
        signature["tokens"] = tuple(sorted(tokens, key=repr))
    length = (stated["length"] or 0) + form.frame_size
    return signature | {"max_length": length, "labels": tuple(stated["labels"])}


def _decoder(domain: Domain) -> Decode:
    if domain.kind is Kind.TOKEN:
        return _by_name(domain.tokens)

    def decode(found: list[Any]) -> list[int]:
        # True is not 1: the type counts too.
        if {*map(type, found)} <= {int} and min(found) >= 0 and max(found) < size:
            return found
        return [v if type(v) is int and 0 <= v < size else OUTSIDE for v in found]

    size = domain.size
    return decode


def _by_name(names: Sequence[str]) -> Decode:
    ids = {name: index for index, name in enumerate(names)}

    def decode(found: list[Any]) -> list[int]:
        try:  # only a text is equal to a name
            return [*map(ids.get, found, repeat(OUTSIDE))]
        except TypeError:  # what is no key of anything
            return [ids.get(v, OUTSIDE) if type(v) is str else OUTSIDE for v in found]

    return decode


def _fill(place: NDArray[np.int64], found: Any, decode: Decode) -> None:
    # Too much or too little is left outside; a text is not the list of its characters.
    if isinstance(found, list) and len(found) == len(place) > 0:
        place[:] = decode(found)


def bare_tokens(program: Program, batch: Batch) -> list[tuple[str, ...]]:
    """Return the inputs as a user would type them.

    Raises:
        AgreementError: If that is not known, and their words have other surfaces.
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
