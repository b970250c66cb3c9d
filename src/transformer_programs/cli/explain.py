"""``tprog explain``: why a program gives an input its label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from transformer_programs.analysis import DEPTH
from transformer_programs.cli import console
from transformer_programs.cli.options import AnyLength, AsJson, command
from transformer_programs.cli.tokens import naming_unknown, typed_tokens
from transformer_programs.errors import SettingsError

if TYPE_CHECKING:  # these load numpy
    from transformer_programs.analysis import Contribution, Decision, Step, ValueOrigin
    from transformer_programs.runs import Program


@command()
def explain(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    position: int | None = None,
    versus: str | None = None,
    top: int | None = None,
    depth: int = DEPTH,
    any_length: AnyLength = False,
    as_json: AsJson = False,
) -> None:
    """Explain why a program gives an input its label.

    It shows what every phrase and feature adds: a feature's integer weight for the
    winning label minus that for the runner-up. The sum of all is the margin of the
    winner.

    Args:
        run: The run folder, or a program.json.
        tokens: The tokens, or a text; put -- before anything that looks like an
            option.
        position: Index of the token to explain, from 0, where every token has a label
            [default: the three smallest margins, of tags other than O if possible].
        versus: The label to compare the winner with [default: the runner-up].
        top: Number of phrases and features to show; the rest is summed up [default: 10
            or more, up to 20, until they make up 80 percent of all that is added].
        depth: Number of statements to show between the label and the tokens, where few
            variables decide.
    """
    from transformer_programs.analysis import draw_decision, draw_tags
    from transformer_programs.runs import load

    program = load(run).program
    given = typed_tokens(program, tokens, any_length=any_length)
    _check(program, given, position)
    for name, number in (("top", top), ("depth", depth)):
        if number is not None and number < 1:
            raise SettingsError(f"--{name} {number}: expected a number of at least 1")
    with naming_unknown(program, given):
        found = program.explain(given, versus=versus, any_length=any_length)
    chosen = found.decisions if position is None else found.decisions[position:][:1]
    if as_json:
        decisions = [_document(decision) for decision in chosen]
        console.print_json({"tokens": given, "decisions": decisions})
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
    # What is asked for must be there; what was probably not meant is noted.
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


def _document(found: Decision) -> dict[str, Any]:
    # For scripts.
    from transformer_programs.analysis import steps_of

    position = {} if found.position is None else {"position": found.position}
    names = ("label", "against", "score", "against_score", "margin")
    return {
        **position,
        **_fields(found, *names),
        "contributions": [_part(part) for part in found.contributions],
        "steps": [_step(step) for step in steps_of(found.derivations)],
    }


def _part(part: Contribution) -> dict[str, Any]:
    origin, *others = part.origin.chain()
    return {
        "amount": part.amount,
        **_place(origin),
        "class_words": part.words,
        "from": [_place(other) for other in others],
    }


def _place(origin: ValueOrigin) -> dict[str, Any]:
    return _fields(origin, "variable", "value", "position") | {
        "word_positions": origin.places,
        "words": origin.words,
        "missed": origin.missed,
    }


def _step(step: Step) -> dict[str, Any]:
    names = ("variable", "value", "position", "word", "rule", "missed")
    inputs = [
        {"part": found.part} | _fields(found.step, "variable", "position")
        for found in step.inputs
    ]
    return _fields(step, *names) | {"inputs": inputs}


def _fields(found: object, *names: str) -> dict[str, Any]:
    return {name: getattr(found, name) for name in names}
