"""The meaning of a program, written a second time: one position at a time, by the book.

Slow, and as close to docs/reference/semantics.md as code can be. It shares no code
with the interpreter, the models or the emitted files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from transformer_programs.language.nodes import (
    Aggregate,
    Decide,
    Head,
    Pooling,
    Program,
    Scope,
    Table,
)
from transformer_programs.language.surface import Surface, SurfaceKind


def naive_trace(program: Program, tokens: Sequence[str]) -> dict[str, list[int]]:
    form = program.input
    known = [t for t in form.vocabulary.tokens if t not in (form.begin, form.end)]
    looked_up = [_folded(program, t) for t in tokens]
    bare = [t if t in known else form.vocabulary.unknown for t in looked_up]
    framed = [t for t in [form.begin, *bare, form.end] if t is not None]
    n = len(framed)
    values = {
        "tokens": [form.vocabulary.tokens.index(t) for t in framed],
        "positions": list(range(n)),
        "ones": [1] * n,
    }
    for surface in form.surfaces:
        column = [_surface(surface, token) for token in tokens]
        frame = [len(surface.values) - 1]
        column = frame * (form.begin is not None) + column
        values[surface.name] = column + frame * (form.end is not None)
    for statement in program.statements:
        read = [values[name] for name in statement.inputs]
        match statement:
            case Table(table=table, inputs=(_,)):
                column = [table[x] for x in read[0]]
            case Table(table=table, inputs=(_, second)):
                size = program.domains[second].size
                column = [table[a * size + b] for a, b in zip(*read, strict=True)]
            case Decide():
                column = [_decision(program, statement, values, i) for i in range(n)]
            case Head(aggregate=Aggregate.NEAREST):
                column = [_nearest(statement, read, i) for i in range(n)]
            case Head():
                column = [
                    sum(read[2][j] for j in _matches(statement, read, i))
                    for i in range(n)
                ]
        values[statement.output] = column
    return values


def _decision(
    program: Program, decide: Decide, values: dict[str, list[int]], i: int
) -> int:
    scores = []
    for option in range(decide.domain.size):
        score = 0
        for term in decide.terms:
            value = values[term.variable][i]
            if program.domains[term.variable].numerical:
                score += value * term.weights[0][option]
            else:
                score += term.weights[value][option]
        scores.append(score)
    return scores.index(max(scores))


def _folded(program: Program, token: str) -> str:
    folding = program.input.folding
    if folding is None:
        return token
    text = token.lower() if folding.lowercase else token
    folded = ""
    for i, character in enumerate(text):
        digit = folding.digits and unicodedata.category(character) == "Nd"
        if digit and i and unicodedata.category(text[i - 1]) == "Nd":
            continue
        folded += "0" if digit else character
    return folded


def _surface(surface: Surface, token: str) -> int:
    if surface.kind is SurfaceKind.SHAPE:
        found = ""
        for character in token:
            kind = character
            if unicodedata.category(character).startswith("L"):
                kind = "c"
                if character.isupper():
                    kind = "X"
                if character.islower():
                    kind = "x"
            if unicodedata.category(character) == "Nd":
                kind = "d"
            if not found.endswith(kind * (surface.length or 1)):
                found += kind
    elif surface.kind is SurfaceKind.PREFIX:
        found = "".join([*token.lower()][: surface.length])
    else:
        found = "".join([*token.lower()][-surface.length :])
    values = list(surface.values)
    return values.index(found) if found in values else len(values) - 1


def naive_labels(program: Program, tokens: Sequence[str]) -> list[str] | str:
    values = naive_trace(program, tokens)
    n = len(values["tokens"])
    scores = [[0] * len(program.readout.labels) for _ in range(n)]
    for term in program.readout.terms:
        for i in range(n):
            value = values[term.variable][i]
            for label in range(len(program.readout.labels)):
                if program.domains[term.variable].numerical:
                    scores[i][label] += value * term.weights[0][label]
                else:
                    scores[i][label] += term.weights[value][label]
    match program.readout.pooling:
        case Pooling.FIRST:
            return _best(program, scores[0])
        case Pooling.MEAN:
            return _best(program, [sum(column) for column in zip(*scores, strict=True)])
    start = 1 if program.input.begin is not None else 0
    return [_best(program, row) for row in scores[start : start + len(tokens)]]


def _best(program: Program, scores: list[int]) -> str:
    return program.readout.labels[scores.index(max(scores))]


def _matches(head: Head, read: list[list[int]], i: int) -> list[int]:
    query, key, _ = read
    scopes = {
        Scope.ALL: lambda j: True,
        Scope.BEFORE: lambda j: j < i,
        Scope.AFTER: lambda j: j > i,
        Scope.CAUSAL: lambda j: j <= i,
    }
    return [
        j
        for j in range(len(key))
        if scopes[head.scope](j) and key[j] in head.predicate[query[i]]
    ]


def _nearest(head: Head, read: list[list[int]], i: int) -> int:
    matches = _matches(head, read, i)
    others = [j for j in matches if j != i]
    for distance in range(1, len(read[0])):
        for j in (i - distance, i + distance):
            if j in others:
                return read[2][j]
    return read[2][i if i in matches else 0]
