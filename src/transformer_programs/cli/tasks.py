"""``tprog tasks``: the built-in tasks."""

from __future__ import annotations

from transformer_programs.cli import console
from transformer_programs.cli.options import command


@command()
def tasks() -> None:
    """List the built-in tasks."""
    from transformer_programs.tasks import get, names

    table = console.table(
        "", "task", "vocabulary", "length", "inputs", "what is computed"
    )
    for name in names():
        found = get(name)
        console.add_row(
            table,
            name,
            str(found.vocabulary_size),
            str(found.max_length),
            f"{found.domain_size:,}",
            found.summary,
        )
    console.print_table(table)
