"""Tokens that a program does not tell apart."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from transformer_programs.program import TOKENS, Program, View


def alike(program: Program) -> list[tuple[int, ...]]:
    """Group the ids of tokens; no statement or weight tells those of one apart.

    If one token of a sequence is replaced by another of its group, then no variable
    changes, but for ``tokens`` and its copies, and no score.
    """
    groups: dict[tuple[Hashable, ...], list[int]] = {}
    for index, said in enumerate(zip(*_views(program), strict=True)):
        groups.setdefault(said, []).append(index)
    size = len(program.input.vocabulary)
    return [tuple(group) for group in groups.values()] or [tuple(range(size))]


def _views(program: Program) -> Iterator[View]:
    copies = {TOKENS}
    for statement in program.statements:
        for name in copies & {*statement.inputs}:
            yield from statement.views(name, program.domains)
        if statement.copied in copies:
            copies.add(statement.output)
    for term in program.readout.terms:
        if term.variable in copies:
            yield term.weights
