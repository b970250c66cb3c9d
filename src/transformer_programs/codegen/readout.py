"""How variables become labels: copied, looked up, or chosen by their scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from transformer_programs.analysis import single_term
from transformer_programs.codegen import templates
from transformer_programs.codegen.layout import (
    Bracket,
    comment,
    comprehension,
    dict_of,
    lay_out,
    literal,
    one_line,
    tuple_of,
)
from transformer_programs.codegen.names import Context
from transformer_programs.codegen.outside import Outside
from transformer_programs.codegen.tables import by_text
from transformer_programs.program import Pooling, Program, Term

_WIDEST_KEY = 40
"""Columns of a row of weights by which many words may be grouped."""

_FEW_LABELS = 6
"""Labels that a comment names."""


def readout_blocks(
    program: Program, context: Context, outside: Outside
) -> Iterator[list[str]]:
    """Yield what stands before ``trace``: a table of labels, or weights and scores."""
    term = single_term(program.readout, program.domains)
    if term is None:
        yield from _scores(program, outside)
    elif context.label_expression(program.readout, term) is None:
        labels = context.labels(program.readout, term)
        values = program.domains[term.variable].values
        default = _default(labels)
        listed = [
            (values[i], literal(label)) for i, label in labels if label != default
        ]
        if program.domains[term.variable].tokens:
            entries = by_text((str(value), label) for value, label in listed)
        else:
            entries = dict_of((literal(value), label) for value, label in listed)
        other = "" if default is None else f", {literal(default)} of the others"
        meaning = f"The label of each value of {term.variable}{other}."
        yield [*comment(meaning, indent=0), *lay_out("LABEL_OF = ", entries)]


def run_block(program: Program, context: Context, any_length: bool) -> list[str]:
    """Return the function ``run``."""

    def template(text: str) -> str:
        return templates.with_option(text, any_length)

    term = single_term(program.readout, program.domains)
    if term is None:
        return template(_run_scores(program)).splitlines()
    text = context.label_expression(program.readout, term)
    if text is None:
        default = _default(context.labels(program.readout, term))
        other = "" if default is None else literal(default)
        text = f"LABEL_OF.get(x, {other})" if other else "LABEL_OF[x]"
    if not program.tagging:
        kind = type(program.domains[term.variable].value(0)).__name__
        block = template(templates.RUN_COPIED_FIRST)
        block = block.replace("VARIABLE", literal(term.variable))
        return block.replace("TYPE", kind).replace("VALUE", text).splitlines()
    form = program.input
    start = str(form.offset or "")
    end = "-1" if form.end is not None else ""
    place = template(f"trace(tokensPASSED)[{literal(term.variable)}]")
    if start or end:
        place += f"[{start}:{end}]"
    head = template(templates.RUN_COPIED).splitlines()
    if text == "x":
        return [*head, f"    return {place}"]
    return [*head, *comprehension("return ", text, f"for x in {place}")]


def _default(labels: list[tuple[int, str]]) -> str | None:
    """The commonest label, if most values have it, so that it need not be listed."""
    common, times = Counter(label for _, label in labels).most_common(1)[0]
    return common if 2 * times > len(labels) else None


def _scores(program: Program, outside: Outside) -> Iterator[list[str]]:
    """The weights, and the function that adds them up."""
    terms, domains = program.readout.terms, program.domains
    weights = [t for t in terms if not domains[t.variable].numerical]
    factors = [t for t in terms if domains[t.variable].numerical]
    score = [
        "def score(v: dict[str, list[Any]], i: int) -> list[int]:",
        '    """The score of every label at position i."""',
        "    zero = (0,) * len(LABELS)",
        "    rows: list[tuple[int, ...]] = [zero]",
    ]
    if weights and outside.weights:
        score += [
            "    # What each value adds stands in tables.json.",
            '    weights = tables()["weights"].items()',
            "    rows += [row[v[name][i]] for name, row in weights]",
        ]
    elif weights:
        entries = dict_of((literal(t.variable), _rows(t, program)) for t in weights)
        yield [
            *comment(_meaning(program.readout.labels), indent=0),
            *lay_out("WEIGHTS: dict[str, dict[Any, tuple[int, ...]]] = ", entries),
        ]
        score.append(
            "    rows += [row.get(v[name][i], zero) for name, row in WEIGHTS.items()]"
        )
    if factors:
        entries = dict_of((literal(t.variable), _row(t.weights[0])) for t in factors)
        yield [
            *comment(
                "What each number is multiplied by for the score of each label.",
                indent=0,
            ),
            *lay_out("FACTORS: dict[str, tuple[int, ...]] = ", entries),
        ]
        score += [
            "    for name, factors in FACTORS.items():",
            "        rows.append(tuple(factor * v[name][i] for factor in factors))",
        ]
    yield [*score, "    return [sum(column) for column in zip(*rows)]"]


def _meaning(labels: tuple[str, ...]) -> str:
    """What the columns of the weights stand for."""
    named = ", ".join(map(literal, labels)) if len(labels) <= _FEW_LABELS else ""
    return (
        f"What each value adds to the score of {named or 'each label'}; nothing if not "
        "listed."
    )


def _rows(term: Term, program: Program) -> Bracket:
    domain = program.domains[term.variable]
    pairs = zip(domain.values, term.weights, strict=True)
    rows = [(value, _row(weights)) for value, weights in pairs if any(weights)]
    if domain.tokens and all(len(one_line(row)) <= _WIDEST_KEY for _, row in rows):
        return by_text((str(value), one_line(row)) for value, row in rows)
    return dict_of((literal(value), row) for value, row in rows)


def _row(weights: tuple[int, ...]) -> Bracket:
    return tuple_of(str(weight) for weight in weights)


def _run_scores(program: Program) -> str:
    form = program.input
    match program.readout.pooling:
        case Pooling.NONE:
            start = f"{form.offset}, " if form.offset else ""
            end = " - 1" if form.end is not None else ""
            positions = f'{start}len(v["tokens"]){end}'
            return templates.RUN_TAGGING.replace("POSITIONS", positions)
        case Pooling.MEAN:
            return templates.RUN_MEAN
        case Pooling.FIRST:
            return templates.RUN_FIRST
