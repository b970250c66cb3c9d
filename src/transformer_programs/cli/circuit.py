"""``tprog circuit``: what of a program decides some labels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Force, Trust, command


@command()
def circuit(
    run: Path,
    /,
    *,
    label: str | None = None,
    where: str | None = None,
    out: Path | None = None,
    force: Force = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Show the part of a program that decides a label, or the labels of some inputs.

    What these labels do not need is taken out, as long as they stay: statements that
    are not used, others that may as well be one value, and cells of tables that no such
    input looks up. All inputs are looked at if there are at most 20,000, else those of
    the run's data.

    Args:
        run: The run folder, or a program.json.
        label: Only whether the label is this one has to stay [default: all labels].
        where: FILE.py:FUNCTION, which says of a tuple of tokens whether its labels have
            to stay; the file is executed.
        out: A new run folder for what is left; or FILE.svg or FILE.dot, a picture of
            the program in which the rest is grey.
    """
    from transformer_programs.runs import load

    with console.watching(quiet=as_json) as watch:
        found = load(run).circuit(
            label, where=where, out=out, force=force, watch=watch, trust=trust
        )
    if as_json:
        numbers = {"asked": found.asked, "inputs": found.inputs, "labels": found.labels}
        parts = asdict(found.circuit)
        del parts["program"]
        console.print_json(numbers | parts)
        return
    console.out.print(found, soft_wrap=True)
    if out is not None:
        console.out.print(f"\nwritten to {out}", markup=False)
