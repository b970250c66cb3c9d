"""Calls of functions that users wrote, which may do anything."""

from __future__ import annotations

import reprlib
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any, ParamSpec, TypeVar

from transformer_programs.errors import TaskError

_LONGEST = 200
"""Characters of an error, or of a value, that a message shows."""

_repr = reprlib.Repr()
_repr.maxtuple = _repr.maxlist = _repr.maxdict = 12
_repr.maxstring = _repr.maxother = _LONGEST

P = ParamSpec("P")
T = TypeVar("T")


def called(
    what: str,
    passed: type[Exception] | tuple[()],
    function: Callable[P, T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Call a function with its arguments; what it prints goes to standard error.

    Args:
        what: What the error says that failed, such as "f.py:h: the function fails".
        passed: Exceptions that it may raise.
        function: The function.
        *args: Its arguments.
        **kwargs: Its keyword arguments.

    Raises:
        TaskError: If it raises anything else but KeyboardInterrupt.
    """
    try:
        with redirect_stdout(sys.stderr):
            return function(*args, **kwargs)
    except KeyboardInterrupt:
        raise
    except passed:
        raise
    except BaseException as error:  # the function may do anything
        raise TaskError(f"{what}: {described(error)}") from error


def described(error: BaseException) -> str:
    """Return an exception in one line."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = "(its message cannot be had)"
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def brief(value: Any) -> str:
    """Return a value in one line that is not too long."""
    return " ".join(_repr.repr(value).split())
