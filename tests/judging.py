"""Checks of programs, asked for as the commands ask for them."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.language.nodes import Program
from transformer_programs.runs.run import Run, load
from transformer_programs.runs.specifications import ask
from transformer_programs.verify import (
    AGAINST,
    DEFAULT_WORK,
    DRAWN,
    INVARIANT,
    Advance,
    CheckRequest,
    CheckResult,
)


def judge_run(
    run: str | Path,
    against: str,
    *,
    drawn: int = DRAWN,
    lengths: tuple[int, int] | None = None,
    solver: bool = False,
    solver_work: float = DEFAULT_WORK,
    solver_seconds: float | None = None,
    advance: Advance | None = None,
) -> CheckResult:
    """Compare a run, or a ``program.json``, with a specification."""
    request = CheckRequest(
        AGAINST, against, drawn, lengths, solver, solver_work, solver_seconds
    )
    return ask(load(run), request, advance)


def judge_invariant(
    program: str | Path | Program,
    invariant: str,
    *,
    drawn: int = DRAWN,
    solver: bool = False,
    solver_work: float = DEFAULT_WORK,
    solver_seconds: float | None = None,
    advance: Advance | None = None,
) -> CheckResult:
    """Check a property of a program, a run, or a ``program.json``."""
    run = Run(program) if isinstance(program, Program) else load(program)
    request = CheckRequest(
        INVARIANT, invariant, drawn, None, solver, solver_work, solver_seconds
    )
    return ask(run, request, advance)
