"""The text of a ``program.py``, executed in a process of its own.

No such text is ever executed in this process, wherever it comes from: it could replace
what checks it. The other process has no environment but the paths of libraries, a
temporary folder as its place, and limits of memory and processor time that the system
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

SECONDS = 60
"""The seconds of work that a file may take at once, and ..."""

PAIRS = 100_000
"""... one more for so many pairs of positions."""

MOST_INPUTS = 512
"""Inputs given at once, ..."""

MOST_TOKENS = 1 << 15
"""... as long as they do not have more tokens together."""

_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
"""What Python may need to start."""

_AGAIN = "'tprog compile RUN' makes a new run of program.json, with both"

Answer = dict[str, Any]
"""What the file says of an input: ``run``, ``trace``; or ``error``."""


class FileProcess:
    """A ``program.py`` in a process of its own, which ends with this object.

    Args:
        source: the text of ``program.py``.
        tables: that of the file of tables beside it, if it reads one.

    Raises:
        RunFolderError: if it cannot be executed, or defines something else.
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
        self.close = weakref.finalize(self, _end, self._process, place, os.getpid())
        self._define(source, tables)

    def __enter__(self) -> FileProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _define(self, source: str, tables: str | None) -> None:
        asked = {
            "source": source,
            "memory": MEMORY,
            "seconds": SECONDS,
            "tables": None if tables is None else TABLES,
        }
        found = self._ask(asked)
        if "error" in found:
            if tables is not None and TABLES in found["message"] and found["refused"]:
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
        """The ``tokens``, ``labels`` and ``length`` that the file states.

        Raises:
            RunFolderError: if it does not state them.
        """
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
        names: Sequence[str] | None = None,
        *,
        any_length: bool = False,
    ) -> Iterator[Answer]:
        """What the file says of inputs, lazily; the first failure is the last answer.

        Args:
            sequences: bare tokens.
            names: variables whose values are asked for, too, in ``trace``.
            any_length: whether inputs may be longer than the file's ``MAX_LENGTH``.

        Raises:
            RunFolderError: if the process ends: the limits are what ends it.
        """
        for inputs in _parts(sequences):
            pairs = sum(len(tokens) ** 2 for tokens in inputs)
            found = self._ask(
                {
                    "inputs": inputs,
                    "names": None if names is None else list(names),
                    "any_length": any_length,
                    "seconds": SECONDS + pairs // PAIRS,
                }
            )
            if isinstance(found, dict):
                raise RunFolderError(f"program.py: {found['error']}")
            yield from found
            if found and "error" in found[-1]:
                return

    def labels(
        self, sequences: Iterable[Sequence[str]], *, any_length: bool = False
    ) -> Iterator[list[str] | str]:
        """The labels of inputs, in their order.

        Raises:
            InputError: if the file does not accept an input.
            RunFolderError: if it fails.
        """
        for answer in self.answers(sequences, any_length=any_length):
            if answer.get("refused"):
                raise InputError(answer["message"])
            if "error" in answer:
                raise RunFolderError(f"program.py fails: {answer['error']}")
            yield answer["run"]

    def _ask(self, question: dict[str, Any]) -> Any:
        """The answer to one question."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        line = b""
        with suppress(BrokenPipeError):
            questions.write(json.dumps(question).encode() + b"\n")
            questions.flush()
            line = answers.readline()
        if not line.endswith(b"\n"):
            raise RunFolderError(f"program.py: {self._ended()}")
        return json.loads(line)

    def _ended(self) -> str:
        """Why the process ended, in words."""
        self._process.kill()
        status = self._process.wait()
        if status == -getattr(signal, "SIGXCPU", 0):
            return "it takes too long: more seconds of work than it may take"
        return f"the process that executes it ended with status {status}"


def _started(place: Path) -> subprocess.Popen[bytes]:
    """A process that waits for the text of a file."""
    environment = {n: os.environ[n] for n in _ENVIRONMENT if n in os.environ}
    return subprocess.Popen(
        # -I: nothing from the environment or the folder; -S: no installed packages.
        [
            sys.executable or "python3",
            "-I",
            "-S",
            "-B",
            str(Path(file_worker.__file__).resolve()),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=place,
        env=environment,
        start_new_session=True,  # Ctrl-C is for this process, which ends the other
    )


def _end(process: subprocess.Popen[bytes], folder: Path, owner: int) -> None:
    """End the process; not from a copy of the process that it belongs to."""
    if os.getpid() != owner:
        return
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


def _parts(sequences: Iterable[Sequence[str]]) -> Iterator[list[list[str]]]:
    """The inputs in parts that are given at once."""
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
