"""Commands that can be given next: all of them succeed on the run that was written."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.runs import Program, load, read_config
from transformer_programs.system import FILE
from transformer_programs.tasks import Source, TaskSource

if TYPE_CHECKING:  # they load torch
    from transformer_programs.runs import Run, Simplified


def after_training(run: Run, folder: Path) -> list[str]:
    """Return what can be done with a program that was learned."""
    commands, source = [_command("show", folder)], _source(folder)
    exact = run.accuracy is not None and run.accuracy.per_sequence == 1
    if run.accuracy is not None and not exact:
        commands.append(_command("eval", folder, "--by-label"))
    if exact and isinstance(source, TaskSource):
        trust = ["--trust"] if ".py:" in source.task else []
        commands.append(_command("verify", folder, "--against", "task", *trust))
    return [*commands, _command("report", folder), _python(folder, run.program)]


def after_compiling(folder: Path) -> list[str]:
    """Return what can be done with a program that was written by hand."""
    commands = [_command("show", folder)]
    if _source(folder) is not None:
        commands.append(_command("eval", folder))
        commands.append(_command("train", "--init", folder))
    return [*commands, _python(folder, load(folder).program)]


def after_simplifying(found: Simplified) -> list[str]:
    """Return what can be done with a program that was made smaller."""
    folder = found.folder
    commands = [_command("show", folder), _command("eval", folder)]
    if found.program.length_free and isinstance(_source(folder), TaskSource):
        commands.append(_command("eval", folder, "--any-length"))
    return commands


def without_data(folder: Path) -> str | None:
    """Return what is missing in a run that knows no data; None if it knows some."""
    if _source(folder) is not None:
        return None
    return (
        "no data belong to this program: to measure it, or to train it further, name "
        "labelled sequences with --data of tprog eval, or of tprog train --init"
    )


def _command(*words: str | Path) -> str:
    return shlex.join(["tprog", *map(str, words)])


def _python(folder: Path, program: Program) -> str:
    # A call of ``program.py`` with tokens that it accepts.
    form = program.input
    length = min(3, form.max_bare_length)
    unknown = form.vocabulary.unknown
    symbols = [t for t in form.symbols if t != unknown] or form.symbols
    tokens = [symbols[i % len(symbols)] for i in range(length)]
    if form.split == "characters":
        tokens = ["".join(tokens)]
    options = ["--"] if any(token.startswith("-") for token in tokens) else []
    file = str(folder / FILE)
    return shlex.join(["python", file, *options, *tokens])


def _source(folder: Path) -> Source | None:
    return read_config(folder).source
