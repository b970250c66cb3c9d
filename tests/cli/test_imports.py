"""Commands load what they need: help no numpy, the use of programs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from transformer_programs.cli.app import app

RUN = Path(__file__).parents[2] / "gallery" / "sort-8"

SCRIPT = """
import sys
from transformer_programs.cli import main
sys.argv[0] = "tprog"
try:
    main()
finally:
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def loaded(*arguments: str) -> set[str]:
    """The packages that a command loads."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    *_, last = done.stdout.splitlines()
    assert last.startswith("loaded: ")
    return set(last.split()[1:])


@pytest.mark.parametrize("arguments", ["--version", "--help", "train --help"])
def test_help_loads_neither_numpy_nor_torch(arguments: str) -> None:
    assert not {"numpy", "torch", "safetensors"} & loaded(*arguments.split())


def test_the_help_of_no_command_loads_numpy() -> None:
    commands = [name for name in app if not name.startswith("-")]
    assert {"baseline", "eval", "features", "verify"} <= {*commands}
    script = f"""
import sys
from transformer_programs.cli.app import app
from transformer_programs.cli import main
for name in {commands!r}:
    sys.argv = ["tprog", name, "--help"]
    main()
print("loaded:", *sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("Usage: tprog ") == len(commands)
    assert not {"numpy", "torch"} & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("tasks",),
        ("show", str(RUN)),
        ("run", str(RUN), "3", "1", "2", "--trace"),
        ("explain", str(RUN), "3", "1", "2"),
        ("eval", str(RUN)),
        ("eval", str(RUN), "--any-length", "--lengths", "20", "--drawn", "5"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_uses_programs_does_not_load_torch(arguments: tuple[str, ...]) -> None:
    heavy = {"torch", "safetensors", "matplotlib", "sklearn", "datasets", "pandas"}
    assert not heavy & loaded(*arguments)
