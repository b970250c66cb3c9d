"""``tprog diff``: how two programs differ."""

from __future__ import annotations

from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, command


@command()
def diff(first: Path, second: Path, /, *, as_json: AsJson = False) -> None:
    """Show how two programs differ: statements, cells, weights, and labels.

    The shortest input on which their labels differ is searched for: among all inputs if
    there are at most two million, else among 100,000 drawn ones.

    Args:
        first: A run folder, a program.json or a program.py.
        second: Another one.
    """
    from transformer_programs.runs import load

    with console.watching(quiet=as_json) as watch:
        found = load(first).diff(load(second), watch=watch, progress=False)
    if as_json:
        console.print_json(found.numbers)
    else:
        console.out.print(found, soft_wrap=True)
