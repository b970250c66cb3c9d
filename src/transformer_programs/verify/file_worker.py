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

Object = dict[str, Any]

_PLAIN = {int, str}


def _limit_memory(most: int) -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_seconds(more: int) -> None:
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + 1 + more
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        if hard != resource.RLIM_INFINITY:
            soft = min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _failure(error: BaseException) -> Object:
    return {
        "error": f"{type(error).__name__}: {error}",
        "message": str(error),
        "refused": isinstance(error, ValueError),
    }


def _define(asked: Object, module: Object) -> Object:
    _limit_memory(asked["memory"])
    _limit_seconds(asked["seconds"])
    exec(compile(asked["source"], "program.py", "exec"), module)
    if asked["tables"] is not None and module.get("TABLES") == asked["tables"]:
        module["tables"]()
    defined = [name for name in ("run", "trace", "main") if name in module]
    return {"defined": defined, "tables": module.get("TABLES")}


def _state(module: Object) -> Object:
    words = module["TOKENS"] if "TOKENS" in module else module["tables"]()["words"]
    return {
        "tokens": list(map(_plain, words)),
        "labels": list(map(_plain, module["LABELS"])),
        "length": _plain(module["MAX_LENGTH"] + 0),
    }


def _plain(value: Any) -> Any:
    # None in place of what no variable can be: True and 1.0 are no numbers here.
    return value if type(value) in _PLAIN else None


def _plainly(found: Any) -> Any:
    if type(found) is not list:
        return _plain(found)
    # Of long lists, looking at the kinds of all values is fast.
    return found if {*map(type, found)} <= _PLAIN else list(map(_plain, found))


def _answers(asked: Object, module: Object) -> Iterator[Object]:
    # Up to the first that fails.
    _limit_seconds(asked["seconds"])
    options = {"any_length": True} if asked["any_length"] else {}
    for tokens in map(tuple, asked["inputs"]):
        try:
            found: Object = {}
            if asked["names"] is not None:
                traced = dict(module["trace"](tokens, **options).items())
                found["trace"] = [_plainly(traced.get(name)) for name in asked["names"]]
            found["run"] = _plainly(module["run"](tokens, **options))
        except BaseException as error:  # the file may do anything
            yield _failure(error)
            return
        yield found


def _reply(line: bytes, module: Object) -> bytes:
    try:
        asked = json.loads(line)
        found: Any
        if "source" in asked:
            found = _define(asked, module)
        elif "inputs" in asked:
            found = list(_answers(asked, module))
        else:
            found = _state(module)
        return json.dumps(found).encode()
    except BaseException as error:  # the file may do anything
        return json.dumps(_failure(error)).encode()


if __name__ == "__main__":
    # The text may print: its standard output is not where answers go.
    answering = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    module: Object = {
        "__name__": "program",
        "__file__": os.path.join(os.getcwd(), "program.py"),  # noqa: PTH109, PTH118
    }
    for line in sys.stdin.buffer:
        answering.write(_reply(line, module) + b"\n")
        answering.flush()
