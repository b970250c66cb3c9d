"""``tprog export``: a program in another language."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Flag, command


@command()
def export(
    run: Path,
    /,
    *,
    to: Literal["js", "c", "onnx", "rasp", "dot", "transformer"],
    out: Path | None = None,
    max_length: int | None = None,
    force: Annotated[Flag, Parameter(help="Replace the file if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a program in another language, as one file, or as a Transformer.

    js is a module for browsers and Node, with the interface of program.py and what a
    page needs to show the program. c is C11 without allocation. onnx is a model for
    onnxruntime. rasp is text for the interpreter of tech-srl. dot is a drawing of the
    circuit for Graphviz. transformer is a folder with an ordinary Transformer. The file
    is executed, and compared with the program, if Node, a C compiler or onnxruntime is
    installed; an evaluator of RASP is built in. The certificate of the run records
    files, and tprog verify repeats it; that of a Transformer is in its config.json.

    Args:
        run: The run folder, or a program.json.
        to: The language.
        out: The file [default: RUN.mjs, RUN.c, RUN.onnx ... or RUN-transformer beside
            the run folder].
        max_length: The most tokens of an input, its frame included [default: that of
            the program].
    """
    from transformer_programs.runs import file_beside, load

    loaded = load(run)
    file = out if out is not None else file_beside(loaded.place, to)
    with console.waiting("executing the file", quiet=as_json):
        found = loaded.export(to, file, max_length=max_length, force=force, record=True)
    if as_json:
        named = {"file": str(file), "compared": found.compared}
        console.print_json(named | {"evidence": found.evidence})
        return
    console.out.print(str(file), markup=False, soft_wrap=True)
    console.note(found.evidence)
