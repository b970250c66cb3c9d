"""Work in a process of its own, whose CPU time and memory can be told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

from transformer_programs.errors import TrainingError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spent(Generic[T]):
    """A result, and what it took.

    Attributes:
        result: What the function returned.
        cpu_seconds: Of the process and of those that it began; None where unknown.
        peak_megabytes: Memory of the largest of them; None where unknown.
    """

    result: T
    cpu_seconds: float | None
    peak_megabytes: float | None


def apart(function: Callable[..., T], *arguments: Any) -> Spent[T]:
    """Call a function in a new process, and return what it returned and took.

    Raises:
        TrainingError: If the process ends without an answer, as for lack of memory.
        Exception: What the function raises.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_answer, args=(theirs, function, arguments), daemon=False
    )
    process.start()
    theirs.close()
    try:
        answer = ours.recv()
    except EOFError:
        process.join()
        raise TrainingError(
            f"its process ended with status {process.exitcode}"
        ) from None
    finally:
        if process.is_alive():  # Ctrl-C, or it is about to end
            process.join(1)
            process.terminate()
        process.join()
    if isinstance(answer, BaseException):
        raise answer
    found: Spent[T] = answer
    return found


def _answer(
    answers: Connection, function: Callable[..., T], arguments: tuple[Any, ...]
) -> None:
    try:
        result = function(*arguments)
    except (Exception, KeyboardInterrupt) as error:
        answers.send(error)
        return
    answers.send(Spent(result, *_used()))


def _used() -> tuple[float | None, float | None]:
    if resource is None:
        return None, None
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    seconds = sum(each.ru_utime + each.ru_stime for each in used)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = max(each.ru_maxrss for each in used) / unit
    return round(seconds, 1), round(peak)
