"""Execution of a ``program.py`` in a process of its own.

Its text is never executed in this process, wherever it comes from: it could replace
what checks it. The other process has no environment but the paths of libraries, a
temporary working directory, and limits of memory and processor time that the system
enforces.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from transformer_programs.errors import InputError, RunFolderError
from transformer_programs.system import TABLES
from transformer_programs.verify import file_worker

MEMORY = 2 << 30
"""The bytes of memory that a file may use."""

SECONDS, PAIRS = 60, 100_000
"""The seconds of work that it may take for the inputs that it is given at once, and the
pairs of positions for which it may take one second more."""

MOST_INPUTS, MOST_TOKENS = 512, 1 << 15
"""The most inputs at once, and the tokens after which no more are given at once."""

_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""Variables that Python may need to start."""

_AGAIN = "'tprog compile RUN' makes a new run of program.json, with both"

Answer = dict[str, Any]
"""The result for an input: ``run``, ``trace``; or ``error``."""


class FileProcess:
    """A ``program.py`` in a process of its own, which ends with this object.

    Args:
        source: the text of ``program.py``.
        tables: that of the file of tables beside it, if it reads one.

    Raises:
        RunFolderError: If it cannot be executed, or defines something else.
    """

    def __init__(self, source: str, tables: str | None = None) -> None:
        place = Path(mkdtemp(prefix="tprog-file-"))
        try:
            if tables is not None:
                (place / TABLES).write_bytes(tables.encode())
            self._process = _started(place)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        self.close = weakref.finalize(
            self, end_process, self._process, place, os.getpid()
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        self._define(source, None if tables is None else TABLES)

    def __enter__(self) -> FileProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _define(self, source: str, tables: str | None) -> None:
        limits = {"memory": MEMORY, "seconds": SECONDS}
        found = self._ask({"source": source, "tables": tables} | limits)
        if "error" in found:
            if tables and tables in found["message"] and found["refused"]:
                raise RunFolderError(
                    f"{TABLES}: not the file that belongs to this program.py; {_AGAIN}"
                )
            raise RunFolderError(f"program.py: cannot be executed: {found['error']}")
        if len(found["defined"]) < 3:  # the last is what a cut one lacks
            raise RunFolderError(
                "program.py: expected it to define 'run', 'trace' and 'main'"
            )
        if tables is None and found["tables"] == TABLES:
            raise RunFolderError(
                f"{TABLES}: program.py reads it, but it is missing; {_AGAIN}"
            )

    def stated(self) -> dict[str, Any]:
        """Return the ``tokens``, ``labels`` and ``length`` that the file states."""
        found: dict[str, Any] = self._ask({})
        if "error" in found:
            raise RunFolderError(
                "program.py: expected it to define TOKENS, LABELS and MAX_LENGTH: "
                + found["error"]
            )
        return found

    def answers(
        self,
        sequences: Iterable[Sequence[str]],
        names: tuple[str, ...] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[Answer]:
        """Yield the results for inputs, lazily; the first failure is the last one.

        The values of ``names`` are wanted, too, in ``trace``. With ``any_length``
        inputs may be longer than the file's ``MAX_LENGTH``.

        Raises:
            RunFolderError: If the process ends, as it does at its limits.
        """
        asked = {"names": names, "any_length": any_length}
        for inputs in _parts(sequences):
            seconds = SECONDS + sum(len(tokens) ** 2 for tokens in inputs) // PAIRS
            found = self._ask(asked | {"inputs": inputs, "seconds": seconds})
            if isinstance(found, dict):
                raise RunFolderError(f"program.py: {found['error']}")
            yield from found
            if found and "error" in found[-1]:
                return

    def labels(
        self, sequences: Iterable[Sequence[str]], *, any_length: bool = False
    ) -> Iterator[list[str] | str]:
        """Yield the labels of inputs, in their order.

        Raises:
            InputError: If the file does not accept an input.
            RunFolderError: If it fails.
        """
        for answer in self.answers(sequences, any_length=any_length):
            if answer.get("refused"):
                raise InputError(answer["message"])
            if "error" in answer:
                raise RunFolderError(f"program.py fails: {answer['error']}")
            yield answer["run"]

    def _ask(self, question: dict[str, Any]) -> Any:
        line = b""
        with suppress(BrokenPipeError):
            self._questions.write(json.dumps(question).encode() + b"\n")
            self._questions.flush()
            line = self._answers.readline()
        if line.endswith(b"\n"):
            return json.loads(line)
        self._process.kill()
        status = self._process.wait()
        why = f"the process that executes it ended with status {status}"
        if status == -getattr(signal, "SIGXCPU", 0):
            why = "it takes too long: more seconds of work than it may take"
        raise RunFolderError(f"program.py: {why}")


def _started(place: Path) -> subprocess.Popen[bytes]:
    environment = {n: os.environ[n] for n in _ENVIRONMENT if n in os.environ}
    worker = str(Path(file_worker.__file__).resolve())
    return subprocess.Popen(
        # -I: nothing from the environment or the folder; -S: no installed packages.
        [sys.executable or "python3", "-I", "-S", "-B", worker],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=place,
        env=environment,
        start_new_session=True,  # Ctrl-C is for this process, which ends the other
    )


def end_process(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    """End a process and remove its folder, if this is the process that began it."""
    if os.getpid() != owner:  # this is a copy of the process that it belongs to
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


def _parts(sequences: Iterable[Sequence[str]]) -> Iterator[list[list[str]]]:
    part: list[list[str]] = []
    tokens = 0
    for sequence in sequences:
        part.append(list(sequence))
        tokens += len(part[-1])
        if len(part) >= MOST_INPUTS or tokens >= MOST_TOKENS:
            yield part
            part, tokens = [], 0
    if part:
        yield part
