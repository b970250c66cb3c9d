"""How variables become labels: copied, looked up, or chosen by their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

from transformer_programs.codegen import templates
from transformer_programs.codegen.decide import MOST_GLANCES, rows_of, strongest
from transformer_programs.codegen.layout import (
    Bracket,
    comment,
    comprehension,
    dict_of,
    lay_out,
    literal,
    tuple_of,
)
from transformer_programs.codegen.names import Context
from transformer_programs.codegen.tables import by_text
from transformer_programs.language import Term

_FEW_LABELS = 6  # labels that a comment names
_MANY_ROWS = 160  # rows of weights that need a summary


def readout_blocks(context: Context) -> Iterator[list[str]]:
    """Yield what stands before ``trace``: a table of labels, or weights and scores."""
    term = context.single
    if term is None:
        yield from _scores(context)
    elif context.label_expression is None:
        default = _default(context)
        listed = [
            (value, literal(label))
            for value, label in context.labels.items()
            if label != default
        ]
        if context.domains[term.variable].tokens:
            entries = by_text((str(value), label) for value, label in listed)
        else:
            entries = dict_of((literal(value), label) for value, label in listed)
        other = "" if default is None else f", {literal(default)} of the others"
        meaning = f"The label of each value of {term.variable}{other}."
        yield [*comment(meaning, indent=0), *lay_out("LABEL_OF = ", entries)]


def run_block(context: Context) -> list[str]:
    """Return the function ``run``."""
    term, form = context.single, context.program.input
    start, end = str(form.offset or ""), "-1" if form.end is not None else ""
    tagging = context.program.tagging
    if term is None:
        bounds = f"{start}, " if start else ""
        positions = f'{bounds}len(v["tokens"]){" - 1" if end else ""}'
        block = templates.RUN[context.program.readout.pooling]
        block = block.replace("POSITIONS", positions)
    else:
        block = templates.RUN_COPIED if tagging else templates.RUN_COPIED_FIRST
    lines = templates.with_option(block, context.any_length).splitlines()
    if term is None:
        return lines
    text = context.label_expression
    if text is None:
        default = _default(context)
        other = "" if default is None else literal(default)
        text = f"LABEL_OF.get(x, {other})" if other else "LABEL_OF[x]"
    variable = literal(term.variable)
    if not tagging:
        kind = type(context.domains[term.variable].value(0)).__name__
        parts = {"VARIABLE": variable, "TYPE": kind, "VALUE": text}
        for name, part in parts.items():
            lines = [line.replace(name, part) for line in lines]
        return lines
    place = templates.with_option(
        f"trace(tokensPASSED)[{variable}]", context.any_length
    )
    if start or end:
        place += f"[{start}:{end}]"
    if text == "x":
        return [*lines, f"    return {place}"]
    return [*lines, *comprehension("return ", text, f"for x in {place}")]


def _default(context: Context) -> str | None:
    # The commonest label, if most values have it, so that it need not be listed.
    common, times = Counter(context.labels.values()).most_common(1)[0]
    return common if 2 * times > len(context.labels) else None


def _scores(context: Context) -> Iterator[list[str]]:
    """Yield the weights, and the function that adds them up."""
    readout, domains = context.program.readout, context.domains
    weights = [t for t in readout.terms if not domains[t.variable].numerical]
    factors = [t for t in readout.terms if domains[t.variable].numerical]
    yield from _at_a_glance(context, weights)
    score = [
        "def score(v: dict[str, list[Any]], i: int) -> list[int]:",
        '    """The score of every label at position i."""',
        "    zero = (0,) * len(LABELS)",
        "    rows: list[tuple[int, ...]] = [zero]",
    ]
    if weights and context.outside.weights:
        score += [
            "    # What each value adds stands in tables.json.",
            '    weights = tables()["weights"].items()',
            "    rows += [row[v[name][i]] for name, row in weights]",
        ]
    elif weights:
        few = len(readout.labels) <= _FEW_LABELS
        named = ", ".join(map(literal, readout.labels)) if few else ""
        yield _block(
            f"What each value adds to the score of {named or 'each label'}; nothing if "
            "not listed.",
            "WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = ",
            {t.variable: rows_of(t, domains[t.variable]) for t in weights},
        )
        score.append(
            "    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]"
        )
    if factors:
        yield _block(
            "What each number is multiplied by for the score of each label.",
            "FACTORS: dict[str, tuple[int, ...]] = ",
            {t.variable: tuple_of(map(str, t.weights[0])) for t in factors},
        )
        score += [
            "    for name, factors in FACTORS.items():",
            "        rows.append(tuple(factor * v[name][i] for factor in factors))",
        ]
    yield [*score, "    return [sum(column) for column in zip(*rows)]"]


def _at_a_glance(context: Context, terms: Sequence[Term]) -> Iterator[list[str]]:
    """Yield a comment that names the strongest evidence for each label.

    Only where there is more than one reads at once, and of a few labels, at least two.
    """
    labels = context.program.readout.labels
    listed = sum(map(any, chain.from_iterable(term.weights for term in terms)))
    many = listed > _MANY_ROWS or context.outside.weights
    if not many or not 1 < len(labels) <= MOST_GLANCES:
        return
    found = strongest(labels, terms, context.domains)
    yield [
        "# The strongest evidence for each label, and its lead over the next one:",
        *found,
    ]


def _block(meaning: str, target: str, rows: dict[str, Bracket]) -> list[str]:
    entries = dict_of((literal(name), row) for name, row in rows.items())
    return [*comment(meaning, indent=0), *lay_out(target, entries)]
