"""Decisions as source: comparisons, calls of ``decide``, and weights in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from transformer_programs.analysis import ComparedSums
from transformer_programs.codegen.layout import (
    INDENT,
    WIDTH,
    Bracket,
    Piece,
    call,
    comment,
    comprehension,
    dict_of,
    literal,
    one_line,
    tuple_of,
    width,
)
from transformer_programs.codegen.tables import by_text
from transformer_programs.language import TOKENS, Domain, Term, Value

Domains = Mapping[str, Domain]

MOST_FACTORS = 8
"""A decision by numbers alone, up to so many, needs no function."""

MOST_GLANCES = 18
"""Lines of a comment on the strongest evidence, besides its title."""

_STRONGEST = 12  # values that it names of a label
_WIDEST_KEY = 40  # columns of a row of weights by which many words may be grouped


def compared(
    target: str, found: ComparedSums, variables: Mapping[str, str]
) -> list[str]:
    """Return the line of ``trace`` for a comparison of sums."""
    read = [variables[name] for name, _ in found.factors]
    if not read:
        return [f"    {target}[{found.text}] * len(tokens)"]
    if len(read) == 1:
        return comprehension(target, found.text, f"for x in {read[0]}")
    letters = ", ".join(found.names)
    return comprehension(target, found.text, call(f"for {letters} in zip", *read))


def by_numbers(terms: Sequence[Term], domains: Domains) -> bool:
    """Whether a decision is by numbers alone, and by few of them."""
    numerical = all(domains[term.variable].numerical for term in terms)
    return numerical and 0 < len(terms) <= MOST_FACTORS


def decision(
    terms: Sequence[Term],
    domain: Domain,
    domains: Domains,
    variables: Mapping[str, str],
    stored: str = "",
) -> tuple[dict[str, Bracket], Piece]:
    """Return the call of ``decide``, and the dicts of weights that it names.

    Args:
        terms: what is added up.
        domain: the values that are decided on.
        domains: those of the variables.
        variables: what variables are called.
        stored: what holds the weights by variable, if they are not listed.
    """
    values = Bracket("[", tuple(map(literal, domain.values)), "]")
    if not terms:
        return {}, f"{one_line(values)}[:1] * len(tokens)"
    named: dict[str, Bracket] = {}
    taken, parts = {variables[term.variable] for term in terms}, []
    for term in terms:
        read, variable = domains[term.variable], variables[term.variable]
        added: Piece
        if read.numerical:
            added = tuple_of(map(str, term.weights[0]))
        elif stored:
            added = f"{stored}[{literal(term.variable)}]"
            added = added if read.tokens else f"dict(enumerate({added}))"
        else:
            added = rows_of(term, read)
            if width(one_line(tuple_of([variable, added]))) > WIDTH - 2 * INDENT - 1:
                name = f"by_{variable}"
                while name in taken:
                    name += "_"
                taken.add(name)
                named[name], added = added, name
        parts.append(tuple_of([variable, added]))
    return named, call("decide", values, *parts)


def rows_of(term: Term, domain: Domain) -> Bracket:
    """Return a dict from the values that add something to what they add."""
    pairs = zip(domain.values, term.weights, strict=True)
    rows = [(v, tuple_of(map(str, weights))) for v, weights in pairs if any(weights)]
    if domain.tokens and all(len(one_line(row)) <= _WIDEST_KEY for _, row in rows):
        return by_text((str(value), one_line(row)) for value, row in rows)
    return dict_of((literal(value), row) for value, row in rows)


def strongest(
    labels: Sequence[Value], terms: Sequence[Term], domains: Domains, indent: int = 0
) -> list[str]:
    """Return the lines of a comment that names the strongest evidence for each label.

    Args:
        labels: the labels, or the values that are decided on.
        terms: what is added up, numbers left out.
        domains: those of the variables.
        indent: columns by which the lines are indented.
    """
    found: list[list[tuple[int, str]]] = [[] for _ in labels]
    for term in terms:
        domain = domains[term.variable]
        prefix = "" if term.variable == TOKENS else f"{term.variable} "
        for value, row in zip(domain.values, term.weights, strict=True):
            first, second = sorted(row)[-1:-3:-1]
            if first > second:  # the lead over the next label
                name = prefix + literal(value)
                found[row.index(first)].append((second - first, name))
    lines, room = [], MOST_GLANCES // len(labels)
    for label, rows in zip(labels, found, strict=True):
        rows.sort()
        named = [f"{name} {-lead}" for lead, name in rows[:_STRONGEST]]
        text = comment(f"{literal(label)}: {', '.join(named) or 'none'}", indent)
        while len(text) > max(1, room) and len(named) > 1:
            named.pop()
            text = comment(f"{literal(label)}: {', '.join(named)}", indent)
        lines += text
    return lines


def glances(terms: Sequence[Term], domain: Domain, domains: Domains) -> list[str]:
    """Return a comment with the strongest evidence of a decision by long weights."""
    weighed = [term for term in terms if not domains[term.variable].numerical]
    if not 1 < domain.size <= MOST_GLANCES:
        return []
    title = "    # The strongest evidence for each, and its lead over the next one:"
    return [title, *strongest(domain.values, weighed, domains, INDENT)]


def weights_in_json(terms: Sequence[Term], domains: Domains) -> Iterator[str]:
    """Yield what each variable but numbers adds: by text if any, or a list of rows."""
    for term in terms:
        domain = domains[term.variable]
        if domain.numerical:
            continue
        rows = [json.dumps(row) for row in term.weights]
        opening, closing = "[]"
        if domain.tokens:
            opening, closing = "{}"
            pairs = zip(domain.tokens, term.weights, rows, strict=True)
            rows = [f"{json.dumps(t)}: {row}" for t, some, row in pairs if any(some)]
        body = ",\n".join(rows)
        yield f"{json.dumps(term.variable)}: {opening}\n{body}\n{closing}"
