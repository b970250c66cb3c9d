"""Explanations as tables, and as data for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from rich.table import Table
from rich.text import Text

from transformer_programs.cli import console
from transformer_programs.explain.explanation import Contribution, Decision
from transformer_programs.explain.origins import Origin
from transformer_programs.explain.separation import SEPARATOR, Separation

_STRONGEST = 3
"""Features that are named beside words, and tokens that are explained by default."""

_OUTSIDE = "O"
"""The label of tokens that nobody asks about first."""

_CLASS = "class of"
"""Above the most frequent words of a class."""

_WIDEST = 60
"""Columns for a list of words."""

_FEW = 6
"""Words that are named one by one."""


def print_tags(decisions: Sequence[Decision], top: int) -> None:
    """The label of every token, and why those won that won by least."""
    drawn = console.table("", "position", "token", "label", "margin", "runner-up")
    for column in (0, 3):
        drawn.columns[column].justify = "right"
    for found in decisions:
        cells = (str(found.position), str(found.token), found.label)
        console.add_row(drawn, *cells, f"{found.margin:,}", found.against)
    console.print_table(drawn)
    named = [found for found in decisions if found.label != _OUTSIDE] or decisions
    for found in sorted(named, key=lambda found: found.margin)[:_STRONGEST]:
        console.out.print()
        print_decision(found, top)


def print_decision(found: Decision, top: int) -> None:
    """Why a label won: by words and by features, or every feature of one token."""
    place = ""
    if found.position is not None:
        place = f"token {found.position}, {found.token!r}: "
    console.out.print(
        Text.assemble(
            f"{place}label ",
            (found.label, "bold"),
            f" (score {found.score:,}) before {found.against} "
            f"({found.against_score:,}): ",
            (f"margin {found.margin:,}", "bold"),
            "" if found.margin else " (a tie, which the first label wins)",
        )
    )
    if found.position is None:
        _print_words(found, top)
        console.out.print()
        _print_features(found, top)
    else:
        _print_contributions(found, top)


def _print_words(found: Decision, top: int) -> None:
    drawn = _table("words", "strongest features")
    totals = found.by_word
    for total in totals[:top]:
        parts = total.contributions
        shown = [f"{part.amount:+,} {_named(part.origin)}" for part in parts]
        if shown[_STRONGEST:]:
            shown[_STRONGEST:] = [f"and {len(shown) - _STRONGEST} more"]
        _add(drawn, total.total, _words(total.places, total.words), ", ".join(shown))
    _end(drawn, [total.total for total in totals[top:]], found.margin)


def _print_features(found: Decision, top: int) -> None:
    drawn = _table("features", "in", _CLASS)
    totals = found.by_feature
    for total in totals[:top]:
        origins = [part.origin for part in total.contributions]
        places = dict.fromkeys(_words(o.places, o.words) for o in origins)
        name = f"{total.variable} = {total.value}"
        _add(drawn, total.total, name, _listed(places), _listed(total.words, more=True))
    _end(drawn, [total.total for total in totals[top:]], found.margin)


def _print_contributions(found: Decision, top: int) -> None:
    drawn = _table("features", "from", _CLASS)
    for part in found.contributions[:top]:
        source = _source(part.origin)
        _add(
            drawn,
            part.amount,
            _named(part.origin),
            source,
            _listed(part.words, more=True),
        )
    rest = [part.amount for part in found.contributions[top:]]
    _end(drawn, rest, found.margin)


def print_separation(found: Separation) -> None:
    """A row for every feature, the strongest first."""
    first, second = found.labels
    seen = found.sequences > 0
    columns = ("positions", "words") if seen else ("words",)
    console.out.print(
        Text.assemble(
            "+ speaks for ",
            (first, "bold"),
            ", - for ",
            (second, "bold"),
            ": the "
            f"strongest of {found.of:,} features"
            + (f", counted in {found.sequences:,} training sequences" * seen),
        )
    )
    drawn = _table("features", *columns)
    drawn.columns[2].justify = "right" if seen else "left"
    for feature in found.features:
        count = (f"{feature.occurrences:,}",) if seen else ()
        words = _listed(feature.words)
        _add(drawn, feature.difference, feature.text, *count, words)
    _print(drawn)


def document(found: Decision) -> dict[str, Any]:
    """A decision for scripts."""
    position = {} if found.position is None else {"position": found.position}
    return position | {
        "label": found.label,
        "against": found.against,
        "score": found.score,
        "against_score": found.against_score,
        "margin": found.margin,
        "contributions": [_part(part) for part in found.contributions],
    }


def separation_document(found: Separation) -> dict[str, Any]:
    """What separates two labels, for scripts."""
    return asdict(found)


def _part(part: Contribution) -> dict[str, Any]:
    origin, *others = part.origin.chain()
    return {
        "amount": part.amount,
        **_place(origin),
        "class_words": part.words,
        "from": [_place(other) for other in others],
    }


def _place(origin: Origin) -> dict[str, Any]:
    return {
        "variable": origin.variable,
        "value": origin.value,
        "position": origin.position,
        "word_positions": origin.places,
        "words": origin.words,
        "missed": origin.missed,
    }


def _named(origin: Origin) -> str:
    return f"{origin.variable} = {origin.value}"


def _words(places: Sequence[int], words: Sequence[str]) -> str:
    """Words as they stand; dots where others are between them."""
    text = words[0] if words else "(no word)"
    for (before, place), word in zip(pairwise(places[:_FEW]), words[1:], strict=False):
        text += (" " if place == before + 1 else " ... ") + word
    more = len(places) - _FEW
    return f"{text} and {more} more" if more > 0 else text


def _source(origin: Origin) -> str:
    """The words that a value comes from and where, and the inputs of a table."""
    text, places = _words(origin.places, origin.words), origin.places
    if places:
        more = ", ..." if places[_FEW:] else ""
        text += f" at {', '.join(map(str, places[:_FEW]))}{more}"
    if origin.missed:
        text += " (nothing matches)"
    # What a head copied stands elsewhere and has the same value.
    inputs = [s for s in origin.sources if s.position == origin.position]
    return f"{text}: {', '.join(map(_named, inputs))}" if inputs else text


def _listed(words: Iterable[str], *, more: bool = False) -> str:
    """As many words as there is room for."""
    text = ""
    for word in words:
        longer = f"{text}{SEPARATOR}{word}" if text else word
        if text and len(longer) > _WIDEST:
            return f"{text}{SEPARATOR}..."
        text = longer
    return f"{text}{SEPARATOR}..." if text and more else text


def _table(*columns: str) -> Table:
    drawn = console.table("", "", *columns)
    drawn.columns[0].justify = "right"
    return drawn


def _add(drawn: Table, amount: int, *cells: str) -> None:
    style = "green" if amount > 0 else "red"
    drawn.add_row(Text(f"{amount:+,}", style), *map(Text, cells))


def _end(drawn: Table, rest: Sequence[int], margin: int) -> None:
    """The sum of what is not shown, and of everything."""
    if rest:
        _add(drawn, sum(rest), f"{len(rest)} more")
    drawn.add_row(Text(f"{margin:,}", "bold"), Text("margin"))
    _print(drawn)


def _print(drawn: Table) -> None:
    """Print a table, without its last column if that says nothing."""
    if not any(map(str, drawn.columns[-1].cells)):
        drawn.columns.pop()
    console.print_table(drawn)
