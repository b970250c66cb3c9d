"""Programs as files in other languages, compared with the interpreter before use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from transformer_programs.codegen import SUFFIXES, emit_in
from transformer_programs.errors import RunFolderError
from transformer_programs.language import Program
from transformer_programs.system import write_files
from transformer_programs.verify import (
    CompiledProcess,
    NodeProcess,
    c_command,
    compare_export,
    node_command,
)

_ENDINGS = SUFFIXES | {"transformer": "-transformer"}


@dataclass(frozen=True, slots=True)
class Export:
    """A program in another language.

    Attributes:
        text: the file; of a Transformer its ``config.json``.
        file: where it was written; None if it was not.
        compared: the inputs on which it was executed and gave the same variables and
            labels as the interpreter; None if it was not executed.
        evidence: the same as a sentence.
    """

    text: str
    file: Path | None
    compared: int | None
    evidence: str


def export_program(
    program: Program, to: str, out: Path | None, *, force: bool = False
) -> Export:
    """Write a program in another language; see ``Run.export``."""
    if to == "transformer":
        from transformer_programs.runs.transformer import export_transformer

        text, found = export_transformer(program, out, force=force)
        return Export(text, out, found.inputs, found.sentence)
    if out is not None:
        _check_free(out, force=force)
    text = emit_in(program, to)
    compared, evidence = _compared(program, to, text)
    if out is not None:
        write_files(out.parent, {out.name: text})
    return Export(text, out, compared, evidence)


def file_beside(run: Path, to: str) -> Path:
    """Return where the export of a run is written by default."""
    folder = run if run.name else run.resolve()
    return folder.with_name(f"{folder.stem}{_ENDINGS.get(to, '')}")


def _check_free(out: Path, *, force: bool) -> None:
    if out.is_dir():
        raise RunFolderError(f"{out} is a folder; name a file")
    if out.exists() and not force:
        raise RunFolderError(f"{out} exists; --force replaces it, or choose another")
    if not out.parent.is_dir():
        raise RunFolderError(f"{out.parent} is no folder; make it first")


def _compared(program: Program, to: str, text: str) -> tuple[int | None, str]:
    file: NodeProcess | CompiledProcess
    match to:
        case "js":
            node = node_command()
            if node is None:
                return None, "not executed: Node is not installed (no 'node' on PATH)"
            file = NodeProcess(text, node)
        case "c":
            compiler = c_command()
            if compiler is None:
                return None, "not executed: there is no C compiler (no 'cc' on PATH)"
            file = CompiledProcess(program, text, [*compiler, "-O1"])
        case _:
            return None, "a drawing, not executed"
    try:
        compared = compare_export(program, file.name, file)
    finally:
        file.close()
    return compared, (
        f"executed on {compared:,} inputs: all variables and labels are those of the "
        "interpreter"
    )
