"""``tprog explain`` and ``tprog features``: why a program says what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from transformer_programs.cli import console
from transformer_programs.cli.base import AsJson, Flag, Trust, app, print_json
from transformer_programs.cli.reading import naming_unknown, typed_tokens
from transformer_programs.errors import SettingsError
from transformer_programs.explain import DEPTH, TOP

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.runs import Program


@app.command(sort_key=4)
def explain(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    position: int | None = None,
    against: str | None = None,
    top: int = TOP,
    depth: int = DEPTH,
    any_length: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Show why a program gives an input its label: what every word and feature adds.

    A number is a feature's integer weight for the label that wins minus that for the
    runner-up; all of them together are the margin by which it wins.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    tokens
        The tokens, or a text; put -- before what looks like an option.
    position
        Of a tagger: the token to explain, from 0 [default: the three of the smallest
        margin, among those that are not O if there are any].
    against
        The label to compare with [default: the runner-up].
    top
        How many words and features are shown; the rest is summed up.
    depth
        Where few variables decide, how many statements above each other are shown of
        the way from the label to the tokens.
    any_length
        Take more tokens than the program was learned with, if it holds at any length.
    as_json
        Print all of it as JSON.
    """
    from transformer_programs.cli import explained
    from transformer_programs.explain import draw_decision, draw_tags
    from transformer_programs.runs import load

    program = load(run).program
    given = typed_tokens(program, tokens, any_length=any_length)
    _check(program, given, position)
    for name, number in (("top", top), ("depth", depth)):
        if number < 1:
            raise SettingsError(f"--{name} {number}: expected a number of at least 1")
    with naming_unknown(program, given):
        found = program.explain(given, against=against, any_length=any_length)
    chosen = found.decisions if position is None else found.decisions[position:][:1]
    if as_json:
        decisions = [explained.document(decision) for decision in chosen]
        print_json({"tokens": given, "decisions": decisions})
        return
    if not given:
        console.out.print("of the empty sequence:")
    if not chosen:
        console.out.print("no label, as there is no token: nothing to explain")
    elif program.tagging and position is None:
        console.out.print(draw_tags(chosen, top, depth))
    else:
        for decision in chosen:
            console.out.print(draw_decision(decision, top, depth))


def _check(program: Program, tokens: Sequence[str], position: int | None) -> None:
    """See that what is asked for is there; note what was probably not meant.

    Raises:
        SettingsError: if it is not.
    """
    if position is not None and not program.tagging:
        raise SettingsError(
            "--position: this program labels whole sequences, not tokens; omit it"
        )
    if position is not None and not 0 <= position < len(tokens):
        there = f"0 to {len(tokens) - 1}" if tokens else "tokens to explain, got none"
        raise SettingsError(f"--position {position}: expected {there}")
    known = program.input.vocabulary
    if "" in tokens and "" not in known:
        console.note(
            "'' is taken as a single token, an empty word; the empty sequence is given "
            "by no tokens at all"
        )
    for token in tokens:
        if len(token.split()) > 1 and token not in known:
            console.note(
                f"{token!r} is taken as a single token; give words one by one, without "
                "quotes around them"
            )


@app.command(sort_key=4)
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
    """Show which features tell two labels apart, the strongest first.

    A feature is strong if its weights for the two labels differ much, and if it occurs
    in some of the run's training data and not in others.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    labels
        The two labels, such as good,bad [default: if there are just two, these].
    top
        How many features are shown.
    picture
        A .svg or .png file to draw them in as bars. Needs the extra "plot".
    as_json
        Print JSON.
    """
    from transformer_programs.cli import explained
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
        print_json(explained.separation_document(found))
        return
    console.out.print(found)
    if picture is not None:
        console.out.print(f"picture: {picture}", markup=False)
