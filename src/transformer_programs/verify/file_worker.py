"""The process in which the text of a ``program.py`` is executed.

It is started by ``file_process.py`` with the standard library alone, in a temporary
folder, and answers one line of JSON with another: first the text, then inputs. What the
text may use of memory and processor time, the system limits.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def limit_memory(most: int) -> None:
    """Let the system refuse memory beyond ``most`` bytes of addresses."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def limit_seconds(more: int) -> None:
    """Let the system end this process after ``more`` seconds of work."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + more
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def failure(error: BaseException) -> dict[str, Any]:
    """Return an exception as JSON."""
    return {
        "error": f"{type(error).__name__}: {error}",
        "message": str(error),
        "refused": isinstance(error, ValueError),
    }


def define(asked: dict[str, Any], module: dict[str, Any]) -> dict[str, Any]:
    """Execute the text; return what it defines."""
    limit_memory(asked["memory"])
    limit_seconds(asked["seconds"])
    exec(compile(asked["source"], "program.py", "exec"), module)
    if asked["tables"] is not None and module.get("TABLES") == asked["tables"]:
        module["tables"]()
    defined = [name for name in ("run", "trace", "main") if name in module]
    return {"defined": defined, "tables": module.get("TABLES")}


def state(module: dict[str, Any]) -> dict[str, Any]:
    """Return the tokens, the labels and the length that the file states."""
    words = module["TOKENS"] if "TOKENS" in module else module["tables"]()["words"]
    return {
        "tokens": list(map(plain, words)),
        "labels": list(map(plain, module["LABELS"])),
        "length": plain(module["MAX_LENGTH"] + 0),
    }


def plain(value: Any) -> Any:
    """Return a value, or None in place of what no variable can be.

    True and 1.0 are no numbers here.
    """
    return value if type(value) in (int, str) else None


def plainly(found: Any) -> Any:
    """Return a list of values, one value, or None for anything else."""
    return list(map(plain, found)) if type(found) is list else plain(found)


def answers(asked: dict[str, Any], module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the result for every input, up to the first that fails."""
    limit_seconds(asked["seconds"])
    options = {"any_length": True} if asked["any_length"] else {}
    for tokens in map(tuple, asked["inputs"]):
        try:
            found: dict[str, Any] = {}
            if asked["names"] is not None:
                traced = dict(module["trace"](tokens, **options).items())
                found["trace"] = [plainly(traced.get(name)) for name in asked["names"]]
            found["run"] = plainly(module["run"](tokens, **options))
        except BaseException as error:  # the file may do anything
            yield failure(error)
            return
        yield found


def reply(line: bytes, module: dict[str, Any]) -> bytes:
    """Return the answer to one line."""
    try:
        asked = json.loads(line)
        found: Any
        if "source" in asked:
            found = define(asked, module)
        elif "inputs" in asked:
            found = list(answers(asked, module))
        else:
            found = state(module)
        return json.dumps(found).encode()
    except BaseException as error:  # the file may do anything
        return json.dumps(failure(error)).encode()


if __name__ == "__main__":
    # The text may print: its standard output is not where answers go.
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    module: dict[str, Any] = {
        "__name__": "program",
        "__file__": os.path.join(os.getcwd(), "program.py"),  # noqa: PTH109, PTH118
    }
    for line in sys.stdin.buffer:
        answering.write(reply(line, module) + b"\n")
        answering.flush()
