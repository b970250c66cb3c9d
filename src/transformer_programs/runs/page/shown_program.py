"""A program as a page needs it: data for its script, and what is written beside."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformer_programs.analysis import Always, OfKey, reachable_values
from transformer_programs.codegen import Exported, emit_js_for_page, heart
from transformer_programs.language import ONES, Domain
from transformer_programs.runs.page.circuit_drawing import columns, drawing
from transformer_programs.runs.page.listing import listing
from transformer_programs.runs.page.slices import slices
from transformer_programs.runs.runnable import Program

MOST_OCCURRING = 400
"""Values of a variable that are listed because others never occur."""


@dataclass(frozen=True, slots=True)
class ShownProgram:
    """What a page shows of a program.

    Attributes:
        program: The program.
        code: An expression of JavaScript that runs it.
        data: What the script reads: domains, slices, layers.
        listing: Its text, as markup.
        circuit: Its drawing, as markup.
    """

    program: Program
    code: str
    data: dict[str, Any]
    listing: str
    circuit: str


def shown_program(program: Program, sequences: Sequence[Sequence[str]]) -> ShownProgram:
    """Return what a page shows of a program.

    Args:
        program: The program.
        sequences: Inputs that it accepts, for which its parts are told.
    """
    plain = program.data
    exported = Exported(plain)
    drawn = columns(exported)
    lists: dict[tuple[str, ...], int] = {}
    reached = reachable_values(plain)
    domains = {
        name: _domain(domain, [*reached[name]] if name in reached else [], lists)
        for name, domain in plain.domains.items()
    }
    data = {
        "domains": domains,
        "lists": [list(values) for values in lists],
        "surfaces": [surface.name for surface in plain.input.surfaces],
        "split": plain.input.split,
        "order": [column.name for column in drawn if column.name is not None],
        "kinds": {c.name: c.kind for c in drawn if c.name is not None},
        "asks": {name: _asks(exported, name) for name in exported.heads},
        "predicates": _predicates(program.source),
        "tagging": plain.tagging,
        "offset": plain.input.offset,
        "slices": [found.data() for found in slices(plain, sequences)],
    }
    return ShownProgram(
        program,
        emit_js_for_page(plain),
        data,
        listing(program),
        drawing(plain, drawn, f"Circuit of {program.name}"),
    )


def _domain(
    domain: Domain, reached: Sequence[int], lists: dict[tuple[str, ...], int]
) -> dict[str, Any]:
    # Values as a list that others may share; those that occur, unless all do.
    found: dict[str, Any] = {"kind": domain.kind.value, "size": domain.size}
    if domain.tokens:
        found["list"] = lists.setdefault(domain.tokens, len(lists))
    if 0 < len(reached) < domain.size and len(reached) <= MOST_OCCURRING:
        found["occurs"] = [int(index) for index in reached]
    return found


def _asks(exported: Exported, name: str) -> dict[str, bool]:
    # Whether the query and the key have a say in what matches.
    head = exported.heads[name]
    found = exported.closed.condition(head)
    return {
        "query": head.query != ONES and not isinstance(found, Always | OfKey),
        "key": head.key != ONES and not isinstance(found, Always),
    }


def _predicates(source: str) -> dict[str, str]:
    # What program.py says of a query q and a key k that match; by the variable written.
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(heart(source))):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(args=[_, _, _, ast.Lambda(body=body)]),
            ):
                found[name] = ast.unparse(body)
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Name(id="attend_equal" | "count_equal")),
            ):
                found[name] = "k == q"
    return found
