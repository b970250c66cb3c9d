"""Standard output and standard error that may be full or closed."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, cast

CLOSED_PIPE = 128 + 13
"""The exit status of programs whose reader went away, such as ``head``: SIGPIPE."""

UNWRITTEN = 2
"""The exit status where the output could not be written."""


class OutputError(Exception):
    """Standard output cannot be written; ``closed`` if nobody reads the pipe."""

    def __init__(self, error: OSError | ValueError) -> None:
        reason = getattr(error, "strerror", None) or str(error)
        super().__init__(f"standard output cannot be written: {reason}")
        self.closed = isinstance(error, BrokenPipeError)


def with_guarded_streams(command: Callable[[], int]) -> int:
    """Call a command, and return its exit status, or that of a failed output.

    What goes wrong with standard output ends the command: silently if its reader went
    away, else with one line. Standard error may be lost: work goes on without it.
    """
    _occupy_closed_descriptors()
    before = sys.stdout, sys.stderr
    out = _Output(before[0] or _Closed())
    err = _Messages(before[1] or _Closed())
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        status = command()
        out.flush()
    except OutputError as error:
        if error.closed:
            return CLOSED_PIPE
        err.write(f"error: {error}\n")
        return UNWRITTEN
    finally:
        out.empty()
        err.empty()
        sys.stdout, sys.stderr = before
    return status


class _Guarded:
    """A stream with the write errors of its kind."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        return int(self._guard(self._stream.write, text) or 0)

    def flush(self) -> None:
        self._guard(self._stream.flush)

    def empty(self) -> None:
        """Flush; what cannot be written is dropped, or Python would try at its end."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._stream.fileno())
                os.close(nowhere)
                self._stream.flush()

    def _guard(self, call: Callable[..., Any], *arguments: str) -> Any:
        raise NotImplementedError


class _Output(_Guarded):
    """Standard output: what is not written is an error."""

    def _guard(self, call: Callable[..., Any], *arguments: str) -> Any:
        try:
            return call(*arguments)
        except (OSError, ValueError) as error:
            if isinstance(error, UnicodeError):  # rich says more
                raise
            raise OutputError(error) from error


class _Messages(_Guarded):
    """Standard error: there is nowhere to say that it cannot be written."""

    def _guard(self, call: Callable[..., Any], *arguments: str) -> Any:
        with suppress(OSError, ValueError):
            return call(*arguments)
        return None


class _Closed(io.StringIO):
    """Stands for a stream that was closed when Python began."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.EBADF, "it is closed")


def _occupy_closed_descriptors() -> None:
    """Keep files that are opened from taking the number of a closed standard stream."""
    if sys.stdout is None or sys.stderr is None:
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
