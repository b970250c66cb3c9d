"""Extreme values for every integer option: a child of ``test_machine_memory.py``.

Prints a line of JSON for every case: the command, its status, what it said on standard
error, the CPU seconds that it took, and whether it came to the work itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

import transformer_programs.lab.baselines.training
import transformer_programs.learn.learner
import transformer_programs.runs.evaluation
import transformer_programs.verify.specification
from transformer_programs.cli.app import app, main
from transformer_programs.cli.sources import DATA
from transformer_programs.lab.sweep.workers import Processes
from transformer_programs.learn.trainer import Trainer
from transformer_programs.settings import ModelSettings, TrainSettings, names

VALUES = (-1, 0, 10**6, 10**18)


class Begun(BaseException):
    """The options were accepted: the work would begin here."""


def begin(*arguments: object, **options: object) -> NoReturn:
    raise Begun


def options_of(command: Any) -> Iterator[str]:
    """The integer options of a command."""
    for name, kind in get_type_hints(command).items():
        if kind is int or int in get_args(kind):
            yield name


def cases(place: Path, run: str, data: str) -> Iterator[list[str]]:
    """Every command with every integer option at every value."""
    some = ["--data", data, "--surfaces", "shape", "--truncate", "--max-length", "9"]
    for words, left_out in (
        (["train", "sort"], set[str]()),
        (["train", "--data", data], {*names(ModelSettings, TrainSettings)}),
        (["train", *some], {*names(ModelSettings, TrainSettings), "max_length"}),
        (["baseline", "sort"], {*names(*DATA)}),
        (["sweep", "sort"], {*names(*DATA), *names(TrainSettings)}),
        (["explain", run, "3", "1"], set()),
        (["eval", run, "--any-length"], set()),
        (["verify", run, "--against", "task", "--only-lengths", "6"], set()),
        (["reproduce", "rasp", "--out", str(place / "results")], set()),
        (["features", run, "--labels", "1,2"], set()),
    ):
        for name in options_of(app[words[0]].default_command):
            if name not in left_out:
                yield from (_case(words, name, value, place) for value in VALUES)
    for value in VALUES:
        yield ["eval", run, "--any-length", "--lengths", str(value)]
        yield ["verify", run, "--against", "task", "--only-lengths", f"1-{value}"]


def _case(words: list[str], name: str, value: int, place: Path) -> list[str]:
    more = ["--word-classes", "2"] if name in ("pairs", "window") else []
    if words[1] == "sort" and name not in ("size", "max_length"):
        more += ["--size", "100"]
    if words[0] == "sweep":
        more += ["--out", str(place / f"{name}{value}")]
    return [*words, f"--{name.replace('_', '-')}", str(value), *more]


def outcome(words: list[str]) -> dict[str, Any]:
    """What becomes of a command."""
    out, err = io.StringIO(), io.StringIO()
    started, status = time.process_time(), 0
    sys.argv = ["tprog", *words]
    begun = False
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            status = int(stop.code or 0)
        except Begun:
            begun = True
    return {
        "words": words,
        "status": status,
        "begun": begun,
        "err": err.getvalue(),
        "seconds": time.process_time() - started,
    }


if __name__ == "__main__":
    place, run = Path(sys.argv[1]), sys.argv[2]
    few = place / "few.jsonl"
    rows = [
        {"tokens": ["a", "b", "c"][: 1 + i % 3], "label": "xy"[i % 2]}
        for i in range(30)
    ]
    few.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    Trainer.take_step = begin  # type: ignore[method-assign]
    transformer_programs.learn.learner.search = begin  # type: ignore[assignment]
    transformer_programs.lab.baselines.training._Trainer.take_step = begin  # type: ignore[method-assign]
    transformer_programs.runs.evaluation.sample_distinct = begin  # type: ignore[attr-defined]
    transformer_programs.verify.specification.sample_distinct = begin  # type: ignore[attr-defined]
    Processes.__init__ = begin  # type: ignore[method-assign, assignment]
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    only = sys.argv[3:]
    for words in cases(place, run, str(few)):
        if not only or all(o in words for o in only):
            print(json.dumps(outcome(words)), flush=True)
