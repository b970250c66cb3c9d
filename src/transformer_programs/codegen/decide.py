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
    comprehension,
    dict_of,
    literal,
    one_line,
    tuple_of,
    width,
)
from transformer_programs.codegen.tables import by_text
from transformer_programs.program import Domain, Term

Domains = Mapping[str, Domain]

MOST_FACTORS = 8
"""A decision by numbers alone, up to so many, needs no function."""

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
            added = _rows(term, read)
            if width(one_line(tuple_of([variable, added]))) > WIDTH - 2 * INDENT - 1:
                name = f"by_{variable}"
                while name in taken:
                    name += "_"
                taken.add(name)
                named[name], added = added, name
        parts.append(tuple_of([variable, added]))
    return named, call("decide", values, *parts)


def _rows(term: Term, domain: Domain) -> Bracket:
    pairs = zip(domain.values, term.weights, strict=True)
    rows = [(v, tuple_of(map(str, weights))) for v, weights in pairs if any(weights)]
    if domain.tokens and all(len(one_line(row)) <= _WIDEST_KEY for _, row in rows):
        return by_text((str(value), one_line(row)) for value, row in rows)
    return dict_of((literal(value), row) for value, row in rows)


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
