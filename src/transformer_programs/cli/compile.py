"""``tprog compile``: a program as data, made a run again."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.options import Force, Quiet, Trust, command
from transformer_programs.cli.sources import place_name


@command()
def compile_program(
    program: Path,
    /,
    *,
    out: Path | None = None,
    force: Force = False,
    quiet: Quiet = False,
    trust: Trust = False,
) -> None:
    """Turn a program that was written or edited by hand into a checked run folder.

    The program becomes a Transformer with one module per statement and a program.py,
    which are compared. "eval" then measures it, "train --init" trains it further.

    Args:
        program: A program.py or program.json, perhaps edited, or a run folder; Python
            is read, not executed. Or FILE.py:NAME, a function that "tp.program" makes a
            program; this executes the file.
        out: The run folder [default: runs/NAME-compiled, numbered if that exists].
    """
    from transformer_programs.cli import next_steps
    from transformer_programs.runs import find_written, free_folder, load

    written = find_written(str(program)) if ".py:" in str(program) else None
    stem = f"{place_name(program)}-compiled" if written is None else written.name
    place = out or free_folder(Path("runs"), stem)
    with console.watching(quiet=quiet) as watch:
        watch.begin("loading PyTorch")
        if written is not None:
            run = written.compile(place, force=force, watch=watch)
        else:
            run = load(program).compile(
                place, force=force, watch=watch, trust=trust, progress=False
            )
    if quiet:
        console.out.print(str(place), markup=False)
    else:
        assert run.certificate is not None
        console.print_certificate(run.certificate)
        console.print_next(place, next_steps.after_compiling(place))
        missing = next_steps.without_data(place)
        if missing is not None:
            console.note(missing)
