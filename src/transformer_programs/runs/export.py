"""Programs as files in other languages, compared with the interpreter before use."""

from __future__ import annotations

import hashlib
import os
import random
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from transformer_programs.codegen import SUFFIXES, emit_in
from transformer_programs.data import file_hash
from transformer_programs.errors import (
    AgreementError,
    RunFolderError,
    SettingsError,
    UnknownTokenWarning,
)
from transformer_programs.runs.runnable import Program
from transformer_programs.system import replace_file, writing
from transformer_programs.verify import (
    Compared,
    CompiledProcess,
    NodeProcess,
    OnnxSession,
    RaspText,
    RecordedExport,
    c_command,
    can_run_onnx,
    compare_export,
    node_command,
)

LONGER = 24
"""Inputs that are longer than those of training, on which an export is compared."""

_ENDS = {to: (suffix,) for to, suffix in SUFFIXES.items()} | {"js": (".mjs", ".js")}

_ENDINGS = SUFFIXES | {"transformer": "-transformer"}


@dataclass(frozen=True, slots=True)
class Export:
    """A program in another language.

    Attributes:
        content: the file; of a Transformer its ``config.json``.
        file: where it was written; None if it was not.
        compared: the inputs on which it was executed and gave the same variables and
            labels as the interpreter; None if it was not executed.
        evidence: the same as a sentence.
    """

    content: bytes = field(repr=False)
    file: Path | None
    compared: int | None
    evidence: str

    @property
    def text(self) -> str:
        """The file as text; a model of ONNX is none."""
        return self.content.decode()

    @property
    def sha256(self) -> str:
        """The hash of the file."""
        return hashlib.sha256(self.content).hexdigest()


class Executed(Protocol):
    """A file that is executed at any length."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def stated(self) -> dict[str, Any]:
        """Return the tokens, the labels and the length that it states."""

    def close(self) -> object:
        """End its execution."""

    def answers(
        self,
        sequences: Iterable[Sequence[str]],
        names: tuple[str, ...] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Yield the results for inputs."""


def export_program(
    program: Program,
    to: str,
    out: Path | None,
    *,
    force: bool = False,
    record: Callable[[str, Path, str, Compared], str | None] | None = None,
) -> Export:
    """Write a program in another language; see ``Run.export``.

    Args:
        program: The program.
        to: The language.
        out: The file, if it is written.
        force: Whether a file that is there may be replaced.
        record: Adds what was compared to a certificate; returns why it was not. A
            Transformer says it in its ``config.json``.
    """
    if to == "transformer":
        from transformer_programs.runs.transformer import export_transformer

        text, equal = export_transformer(program.data, out, force=force)
        return Export(text.encode(), out, equal.inputs, equal.sentence)
    if out is not None:
        check_free(out, force=force)
        check_ending(out, *_ENDS.get(to, ()))
    content = emit_in(program.data, to)
    found, evidence = compared_with(program, to, content)
    if out is not None:
        with writing(out):
            replace_file(out, content)
        if found is not None and record is not None:
            sha256 = hashlib.sha256(content).hexdigest()
            why = record(to, out, sha256, found)
            added = "added to" if why is None else f"not added ({why}) to"
            evidence += f"; {added} the certificate of the run"
    count = None if found is None else found.inputs + found.longer
    return Export(content, out, count, evidence)


def recorded(
    run: Path, to: str, file: Path, sha256: str, compared: Compared
) -> RecordedExport:
    """Return what a certificate says of an export."""
    place = os.path.relpath(file.resolve(), run.resolve())
    return RecordedExport(to, Path(place).as_posix(), sha256, **asdict(compared))


def repeat_export(
    stated: RecordedExport, run: Path, program: Program
) -> tuple[RecordedExport | None, str]:
    """Compare an export that a certificate names once more.

    The file is executed only if it is what this package writes for the program.

    Returns:
        What was compared, and the same as a sentence; or None, and why it was not.

    Raises:
        AgreementError: If there is no such file, if it is another one, or at the first
            difference.
    """
    file = Path(os.path.normpath(run / stated.file))
    again = (
        f"'tprog export {run} --to {stated.to} --out {file} --force' writes it again"
    )
    try:
        there = file.is_file()
    except OSError:  # no name that a file can have
        there = False
    if not there:
        raise AgreementError(f"{file}: the export is gone; {again}")
    if file_hash(file) != stated.file_sha256:
        raise AgreementError(f"{file}: not the file that was compared; {again}")
    try:
        content = emit_in(program.data, stated.to)
    except SettingsError as error:
        return None, f"{file}: not executed: {error}"
    if hashlib.sha256(content).hexdigest() != stated.file_sha256:
        return None, f"{file}: not executed: written by another version; {again}"
    found, evidence = compared_with(program, stated.to, content)
    if found is None:
        return None, f"{file}: {evidence}"
    return recorded(run, stated.to, file, stated.file_sha256, found), evidence


def file_beside(run: Path, to: str) -> Path:
    """Return where the export of a run is written by default."""
    folder = run if run.name else run.resolve()
    return folder.with_name(f"{folder.stem}{_ENDINGS.get(to, '')}")


def check_ending(out: Path, *endings: str) -> None:
    """Check that the name of a file says what is in it.

    Raises:
        SettingsError: If it says something else.
    """
    if endings and out.suffix not in endings:
        raise SettingsError(
            f"{out}: expected the name of a file that ends in {' or '.join(endings)}"
        )


def check_free(out: Path, *, force: bool) -> None:
    """Check that a file may be written.

    Raises:
        RunFolderError: If it exists, or its folder does not.
    """
    if out.is_dir():
        raise RunFolderError(f"{out} is a folder; name a file")
    if out.exists() and not force:
        raise RunFolderError(f"{out} exists; --force replaces it, --out names another")
    if not out.parent.is_dir():
        raise RunFolderError(f"{out.parent} is no folder; make it first")


def compared_with(
    program: Program, to: str, content: bytes
) -> tuple[Compared | None, str]:
    """Execute an export, and compare it with the interpreter.

    Returns:
        What was compared, and the same as a sentence; or None, and why it was not.

    Raises:
        AgreementError: At the first difference.
    """
    file = _executed(program, to, content)
    if isinstance(file, str):
        return None, file
    try:
        found = compare_export(program.data, file.name, file)
        free = not isinstance(file, RaspText) or file.any_length
        if program.length_free and free and not isinstance(file, CompiledProcess):
            found = found.with_longer(_compare_longer(program, file))
    finally:
        file.close()
    return found, f"executed on {found.sentence()}"


def _executed(
    program: Program, to: str, content: bytes
) -> Executed | CompiledProcess | str:
    # What executes it, or why nothing does.
    match to:
        case "js":
            node = node_command()
            if node is None:
                return "not executed: Node is not installed (no 'node' on PATH)"
            return NodeProcess(content.decode(), node)
        case "c":
            compiler = c_command()
            if compiler is None:
                return "not executed: there is no C compiler (no 'cc' on PATH)"
            return CompiledProcess(program.data, content.decode(), [*compiler, "-O1"])
        case "onnx":
            if not can_run_onnx():
                return (
                    "not executed: onnxruntime is not installed (pip install "
                    "'transformer-programs[onnx]')"
                )
            return OnnxSession(program.data, content)
        case "rasp":
            return RaspText(program.data, content.decode())
    return "a drawing, not executed"


def _compare_longer(program: Program, file: Executed) -> int:
    # All variables and labels of random inputs, and of equal tokens.
    inputs = [*_longer(program)]
    names = tuple(program.data.domains)
    labels = {*program.data.readout.labels}
    expected = program.batch(inputs, any_length=True)
    answers = file.answers(inputs, names, any_length=True)
    for tokens, wanted, found in zip(inputs, expected, answers, strict=True):
        unknown = {*([wanted] if isinstance(wanted, str) else wanted)} - labels
        if unknown and isinstance(file, OnnxSession) and found.get("refused"):
            continue  # a label that was none in training has no id
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnknownTokenWarning)
            traced = program.trace(tokens, any_length=True)
        pairs: list[tuple[str, object, object]] = [
            ("<label>", wanted, found.get("run", found.get("error")))
        ]
        columns = found.get("trace", [None] * len(names))
        named = zip(names, columns, strict=True)
        pairs += [(name, traced[name], column) for name, column in named]
        for name, ours, theirs in pairs:
            if ours != theirs:
                raise AgreementError(
                    f"interpreter and {file.name} differ in {name!r} of input "
                    f"{list(tokens)!r}, which is longer than those of training: "
                    f"interpreter gives {ours!r}, {file.name} gives {theirs!r}"
                )
    return len(inputs)


def _longer(program: Program) -> Iterator[tuple[str, ...]]:
    rng = random.Random(0)
    least, symbols = program.input.max_bare_length + 1, program.input.symbols
    most = max(least + 7, min(3 * program.input.max_length, 96))
    for index in range(LONGER):
        length = most if index < 2 else rng.randint(least, most)
        some = rng.sample(symbols, 1) if index == 0 else symbols
        yield tuple(rng.choices(some, k=length))
