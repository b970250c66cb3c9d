"""Many programs to emit, and ways to run what was emitted."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

from hypothesis import given, settings, strategies as st

from golden_programs import GOLDEN
from strategies import awkward_tokens, plain_tokens, programs
from transformer_programs.codegen.python import emit_python
from transformer_programs.language.nodes import Program
from transformer_programs.optimize.statements import rename


@st.composite
def named_programs(draw: st.DrawFn) -> Program:
    """Programs with tokens and names of many lengths, so that lines break anywhere."""
    long_tokens = st.text("ab\"'\\ é漢", min_size=0, max_size=30)
    tokens = draw(st.sampled_from([plain_tokens, awkward_tokens, long_tokens]))
    program = draw(programs(tokens, characters=draw(st.booleans())))
    names = {
        s.output: f"{s.output}_{'x' * draw(st.integers(0, 20))}"
        for s in program.statements
    }
    title = draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
    return replace(rename(program, names), name=title)


@cache
def random_programs() -> tuple[Program, ...]:
    """The same programs every time, simple and odd ones."""
    found = [golden.program for golden in GOLDEN]

    @settings(max_examples=150)
    @given(named_programs())
    def collect(program: Program) -> None:
        found.append(program)

    collect()
    return tuple(found)


def write_file(program: Program, folder: Path, name: str = "program.py") -> Path:
    file = folder / name
    file.write_bytes(emit_python(program).encode())
    return file


def execute(
    *arguments: str | Path, python: str = sys.executable, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python without this package or any other."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return subprocess.run(
        [python, "-I", "-S", "-W", "error", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=environment | {"PYTHONUTF8": "1"},
        cwd=cwd,
        check=False,
        timeout=600,
    )
