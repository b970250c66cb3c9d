"""``tprog features``: what separates two labels."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from transformer_programs.cli import console
from transformer_programs.cli.options import AsJson, Trust, command


@command()
def features(
    run: Path,
    /,
    *,
    labels: str | None = None,
    top: int = 20,
    picture: Path | None = None,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Show the features that separate two labels.

    The strongest features come first: those whose weights for the two labels differ
    most, and that occur in some of the run's training data and not in others.

    Args:
        run: The run folder, or a program.json.
        labels: The two labels, such as good,bad [default: the only two].
        top: Number of features to show.
        picture: A .svg or .png file to draw them in as bars; needs the extra "plot".
    """
    from transformer_programs.runs import load

    pair = None if labels is None else tuple(labels.split(","))
    with console.watching(quiet=as_json) as watch:
        watch.begin("counting features in the training data")
        found = load(run).features(
            pair,
            top=top,
            picture=picture,
            watch=replace(watch, on_note=console.note),
            trust=trust,
        )
    if as_json:
        console.print_json(asdict(found))
        return
    console.out.print(found)
    if picture is not None:
        console.out.print(f"picture: {picture}", markup=False)
