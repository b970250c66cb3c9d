"""Explanations, and what separates two labels, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from transformer_programs.analysis.defaults import DEPTH, TOP
from transformer_programs.analysis.derivation import InputPart, Step, ValueOrigin
from transformer_programs.analysis.explanation import (
    Contribution,
    Decision,
    Explanation,
    Total,
)
from transformer_programs.analysis.separating import SEPARATOR, Separation
from transformer_programs.language import ONES
from transformer_programs.system import display

_STRONGEST = 3  # features named beside words, and tokens explained by default
_ENOUGH = 0.8  # the share of all amounts that is named line by line
_MOST = 20  # lines for that
_OF_CLASS = 3  # words that a class is named by
_ROWS = 20  # tokens in the table of a printed explanation
_OUTSIDE = "O"  # the label of tokens that nobody asks about first
_CLASS = "class of"  # above the most frequent words of a class
_WIDEST = 60  # columns for a list of words
_FEW = 6  # words, or places, that are named one by one

# What the line of a value begins with.
_WORDS = {InputPart.OWN: "own ", InputPart.MATCH: "match "}


def draw_explanation(found: Explanation, top: int = 5) -> Group:
    """Draw an explanation, on at most a screen."""
    if len(found.decisions) == 1:
        return draw_decision(found.decisions[0], top)
    return draw_tags(found.decisions, top, rows=_ROWS, explained=1)


def draw_tags(
    decisions: Sequence[Decision],
    top: int | None = None,
    depth: int = DEPTH,
    *,
    rows: int | None = None,
    explained: int = _STRONGEST,
) -> Group:
    """Draw the label of every token, and why those won that won by least.

    Args:
        decisions: one for every token.
        top: how many features are shown [default: those that add most].
        depth: how many values above each other are shown of a derivation.
        rows: how many tokens are in the table [default: all].
        explained: how many labels are explained.
    """
    columns = ("position", "token", "label", "margin", "runner-up")
    drawn = display.table("", *columns)
    for column in (0, 3):
        drawn.columns[column].justify = "right"
    for found in decisions[:rows]:
        cells = (str(found.position), str(found.token), found.label)
        display.add_row(drawn, *cells, f"{found.margin:,}", found.against)
    parts: list[RenderableType] = [display.fitted(drawn)]
    if len(decisions) > len(drawn.rows):
        parts.append(Text(f"and {len(decisions) - len(drawn.rows)} tokens more"))
    named = [found for found in decisions if found.label != _OUTSIDE] or decisions
    for found in sorted(named, key=lambda found: found.margin)[:explained]:
        parts += [Text(), draw_decision(found, top, depth)]
    return Group(*parts)


def draw_decision(found: Decision, top: int | None = None, depth: int = DEPTH) -> Group:
    """Draw why a label won: what adds to it, and how that was computed.

    Tables have ``top`` rows, by default as many as name most of what is added, and the
    rest is summed up; derivations are ``depth`` values deep.
    """
    parts: list[RenderableType] = [_headline(found)]
    if len(found.contributions) != 1 or not found.derivations:
        # Else the only row of a table would say no more than the label.
        parts += _tables(found, top)
    elif str(found.derivations[0].value) != found.label:
        step = found.derivations[0]
        line = f"{step.variable} = {step.value} alone tells {found.label} from "
        parts.append(display.cell(line + found.against))
    if found.derivations:
        parts += [display.cell(line) for line in tree(found.derivations, depth)]
    return Group(*parts)


def _headline(found: Decision) -> Text:
    place = ""
    if found.position is not None:
        place = f"token {found.position}, {found.token!r}: "
    return Text.assemble(
        f"{place}label ",
        (found.label, "bold"),
        f" (score {found.score:,}) before {found.against} ({found.against_score:,}): ",
        (f"margin {found.margin:,}", "bold"),
        "" if found.margin else " (a tie, which the first label wins)",
    )


def _tables(found: Decision, top: int | None) -> Iterator[RenderableType]:
    # By phrases and by features, or every feature of one token.
    if found.position is not None:
        yield _contributions_table(found, top)
        return
    yield _words_table(found, top)
    if not all(map(_is_said, found.contributions)):
        yield Text()
        yield _features_table(found, top)


def _words_table(found: Decision, top: int | None) -> Table:
    drawn = _table("words", "strongest features")
    totals = found.by_phrase
    count = _count([total.total for total in totals], top)
    for total in totals[:count]:
        times = f" ({total.times} times)" if total.times > 1 else ""
        named = _features(total.contributions, brief=top is not None)
        _add(drawn, total.total, f"{_words(total)}{times}", named)
    return _ended(drawn, [t.total for t in totals[count:]], found.margin)


def _features(parts: Sequence[Contribution], *, brief: bool) -> str:
    # Those of equal words and the same value are one.
    amounts: dict[str, int] = {}
    for part in parts:
        name = _in_words(part)
        amounts[name] = amounts.get(name, 0) + part.amount
    named = sorted(amounts.items(), key=lambda item: -abs(item[1]))
    least = _STRONGEST
    count = least if brief else _count([x for _, x in named], None, least)
    shown = [f"{amount:+,} {name}" for name, amount in named[:count]]
    if rest := named[count:]:
        shown.append(f"and {len(rest)} more: {sum(x for _, x in rest):+,}")
    return ", ".join(shown)


def _features_table(found: Decision, top: int | None) -> Table:
    drawn = _table("features", "from", _CLASS)
    totals = found.by_feature
    count = _count([total.total for total in totals], top)
    for total in totals[:count]:
        places = dict.fromkeys(_words(part.origin) for part in total.contributions)
        words = _listed(total.words, more=True)
        _add(drawn, total.total, _named(total), _listed(places), words)
    return _ended(drawn, [t.total for t in totals[count:]], found.margin)


def _contributions_table(found: Decision, top: int | None) -> Table:
    drawn = _table("features", "from", _CLASS)
    count = _count([part.amount for part in found.contributions], top)
    for part in found.contributions[:count]:
        words = _listed(part.words, more=True)
        _add(drawn, part.amount, _named(part.origin), _source(part.origin), words)
    rest = [part.amount for part in found.contributions[count:]]
    return _ended(drawn, rest, found.margin)


def _count(amounts: Sequence[int], top: int | None, least: int = TOP) -> int:
    # How many of them to name, the largest first: so that the others weigh little.
    if top is not None:
        return top
    enough, named = _ENOUGH * sum(map(abs, amounts)), 0
    for count, amount in enumerate(amounts[:_MOST]):
        if count >= least and named >= enough:
            return count
        named += abs(amount)
    return _MOST


def _says_its_words(part: Contribution) -> bool:
    # Whether the value is the words that it comes from, as they are looked up.
    return not part.words and str(part.origin.value).casefold() == _text(part)


def _is_said(part: Contribution) -> bool:
    # Whether a line of its words says all: perhaps with where they stand.
    return not part.words and str(part.origin.value).casefold().endswith(_text(part))


def _text(part: Contribution) -> str:
    return " ".join(part.origin.words).casefold()


def _in_words(part: Contribution) -> str:
    # A feature beside its words: a class by others of its words.
    if part.words:
        return f"{part.origin.variable} ({', '.join(part.words[:_OF_CLASS])}, ...)"
    if _says_its_words(part):
        return part.origin.variable
    return _named(part.origin)


def draw_separation(found: Separation) -> Group:
    """Draw a row for every feature, the strongest first."""
    first, second = found.labels
    seen = found.sequences > 0
    columns = ("positions", "words") if seen else ("words",)
    headline = Text.assemble(
        "+ speaks for ",
        (first, "bold"),
        ", - for ",
        (second, "bold"),
        f": the strongest of {found.of:,} features"
        + (f", counted in {found.sequences:,} training sequences" * seen),
    )
    drawn = _table("features", *columns)
    drawn.columns[2].justify = "right" if seen else "left"
    for feature in found.features:
        count = (f"{feature.occurrences:,}",) if seen else ()
        words = _listed(feature.words)
        _add(drawn, feature.difference, feature.text, *count, words)
    return Group(headline, _without_empty(drawn))


def _named(origin: ValueOrigin | Total) -> str:
    return f"{origin.variable} = {origin.value}"


def _words(found: ValueOrigin | Total) -> str:
    # As they stand; dots where others are between them.
    text = found.words[0] if found.words else "(no word)"
    pairs = pairwise(found.places[:_FEW])
    for (before, place), word in zip(pairs, found.words[1:], strict=False):
        text += (" " if place == before + 1 else " ... ") + word
    more = len(found.places) - _FEW
    return f"{text} and {more} more" if more > 0 else text


def _source(origin: ValueOrigin) -> str:
    text, places = _words(origin), origin.places
    if places:
        more = ", ..." if places[_FEW:] else ""
        text += f" at {', '.join(map(str, places[:_FEW]))}{more}"
    if origin.missed:
        text += " (nothing matches)"
    # What a head copied stands elsewhere and has the same value.
    inputs = [s for s in origin.sources if s.position == origin.position]
    return f"{text}: {', '.join(map(_named, inputs))}" if inputs else text


def _listed(words: Iterable[str], *, more: bool = False) -> str:
    # As many as there is room for.
    text = ""
    for word in words:
        longer = f"{text}{SEPARATOR}{word}" if text else word
        if text and len(longer) > _WIDEST:
            return f"{text}{SEPARATOR}..."
        text = longer
    return f"{text}{SEPARATOR}..." if text and more else text


def _table(*columns: str) -> Table:
    drawn = display.table("", "", *columns)
    drawn.columns[0].justify = "right"
    return drawn


def _add(drawn: Table, amount: int, *cells: str) -> None:
    style = "green" if amount > 0 else "red"
    drawn.add_row(Text(f"{amount:+,}", style), *map(display.cell, cells))


def _ended(drawn: Table, rest: Sequence[int], margin: int) -> Table:
    # With the sum of what is not shown, and of everything.
    if rest:
        above, below = (sum(x for x in rest if x * sign > 0) for sign in (1, -1))
        both = f" ({above:+,} and {below:+,})" if above and below else ""
        _add(drawn, sum(rest), f"{len(rest)} more{both}")
    drawn.add_row(Text(f"{margin:,}", "bold"), Text("margin"))
    return _without_empty(drawn)


def _without_empty(drawn: Table) -> Table:
    # Without its last column if that says nothing.
    if not any(map(str, drawn.columns[-1].cells)):
        drawn.columns.pop()
    return display.fitted(drawn)


# How a value was computed, as lines that are indented like a tree.


def tree(steps: Iterable[Step], depth: int = DEPTH) -> list[str]:
    """Return the lines of some derivations, ``depth`` values above each other."""
    drawing = _Drawing(depth)
    return [line for step in steps for line in drawing.lines([step], "", 0)]


class _Drawing:
    def __init__(self, depth: int) -> None:
        self.depth = depth
        # The variables and positions whose inputs stand above.
        self.shown: set[tuple[str, int]] = set()

    def lines(
        self, steps: Sequence[Step], part: str, level: int, own: int | None = None
    ) -> Iterator[str]:
        """Yield the lines of equal values of one variable.

        Args:
            steps: the value, at one or several positions.
            part: what it is to what stands above.
            level: how deep they are.
            own: the position that need not be named, as it stands above.
        """
        first, more = steps[0], len(steps) - 1
        margin = "  " * level
        text = f"{margin}{part}{first.variable} = {first.value}"
        if first.variable == ONES:
            text = f"{margin}{part.rstrip()}"
        if more or first.position != own:
            text += f" {_places(steps)}"
        if not first.rule:
            yield text
        elif (first.variable, first.position) in self.shown:
            yield f"{text}: as above"
        else:
            yield f"{text}: {first.rule}"
            if more and first.inputs:
                yield f"{margin}  {_places([first])}:"
                level += 1
            yield from self._below(first, level + 1)

    def _below(self, step: Step, level: int) -> Iterator[str]:
        margin = "  " * level
        if level >= self.depth:
            if step.inputs:
                yield f"{margin}..."
            return
        self.shown.add((step.variable, step.position))
        groups: dict[tuple[InputPart, str, object], list[Step]] = {}
        for found in step.inputs:
            key = (found.part, found.step.variable, found.step.value)
            group = groups.setdefault(key, [])
            if found.step not in group:  # a table may read a variable twice
                group.append(found.step)
        copies = any(found.part is InputPart.VALUE for found in step.inputs)
        stands_in = ", so position 0 stands in" if copies else ""
        missed = [f"{margin}nothing matches{stands_in}"] * step.missed
        for (part, _, _), steps in groups.items():
            if part is not InputPart.OWN:
                yield from missed
                missed = []
            yield from self.lines(steps, _WORDS.get(part, ""), level, step.position)
        yield from missed


def _places(steps: Sequence[Step]) -> str:
    named = [f"{s.position} {s.word!r}" for s in steps[:_FEW]]
    more = len(steps) - _FEW
    return f"at {', '.join(named)}" + (f" and {more} more" if more > 0 else "")
