"""A ``program.py`` is executed in a process of its own, within limits."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from golden_programs import BY_NAME
from transformer_programs.codegen.python import emit_python
from transformer_programs.errors import InputError, RunFolderError
from transformer_programs.language.interpret import Interpreter
from transformer_programs.verify import file_process
from transformer_programs.verify.file_process import FileProcess

HIST = BY_NAME["hist"].program
SOURCE = emit_python(HIST)
LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="limits are those of Linux"
)


def test_many_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_process, "MOST_INPUTS", 7)
    inputs = [("0", "1", "2")[: i % 4] for i in range(50)]
    with FileProcess(SOURCE) as file:
        assert list(file.labels(inputs)) == Interpreter(HIST).labels(inputs)
        answers = list(file.answers([("1",)], ("tokens", "no such")))
    assert answers == [{"trace": [["<s>", "1"], None], "run": ["1"]}]


def test_inputs_that_it_refuses() -> None:
    with FileProcess(SOURCE) as file:
        given = file.labels([("0",), ("x",), ("1",)])
        assert next(given) == ["1"]
        with pytest.raises(InputError, match=r"'x'"):
            next(given)
        assert list(file.labels([("0",)])) == [["1"]]


def test_it_has_nothing_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    more = (
        "import os\n"
        "main = None\n"
        "def trace(tokens):\n"
        "    return {'x': [os.getcwd(), *os.environ, str(os.getpid())]}\n"
        "def run(tokens):\n"
        "    print('printed')\n"
        "    return ['y']\n"
    )
    with FileProcess(more) as file:
        (answer,) = file.answers([()], ("x",))
        (place, *names, process) = answer["trace"][0]
        assert Path(place) not in (Path.cwd(), tmp_path)
    assert "SECRET" not in names
    assert int(process) != os.getpid()
    assert answer["run"] == ["y"]
    assert not Path(place).exists()


@LINUX
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("x = bytearray(1 << 40)", "program.py fails: MemoryError"),
        ("while True: pass", "it takes too long"),
        ("os._exit(3)", "the process that executes it ended with status 3"),
        ("sys.exit(3)", "program.py fails: SystemExit: 3"),
    ],
)
def test_limits(body: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_process, "SECONDS", 0)
    head = "import os, sys\nmain = 0\ndef trace(t): return {}\n"
    source = f"{head}def run(t):\n    {body}\n"
    with FileProcess(source) as file, pytest.raises(RunFolderError, match=message):
        list(file.labels([("0",)]))
