"""How far heads of a circuit look, as the definition says it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from strategies import plain_tokens, programs_with_inputs
from transformer_programs.language.encode import encode_batch
from transformer_programs.language.interpret import Interpreter
from transformer_programs.language.nodes import Head, Program, Scope
from transformer_programs.optimize.circuit import part_of_program


def allowed(scope: Scope, i: int, j: int) -> bool:
    return {
        Scope.ALL: True,
        Scope.BEFORE: j < i,
        Scope.AFTER: j > i,
        Scope.CAUSAL: j <= i,
    }[scope]


def sources(head: Head, query: list[int], key: list[int]) -> set[int]:
    found = set()
    for i in range(len(query)):
        places = [
            j
            for j in range(len(key))
            if allowed(head.scope, i, j) and key[j] in head.predicate[query[i]]
        ]
        if not head.sums:
            places.sort(key=lambda j: (j == i, abs(i - j), j))
            places = places[:1]
        found |= {j - i for j in places}
    return found


@settings(max_examples=60, deadline=None)
@given(programs_with_inputs(plain_tokens))
def test_offsets(case: tuple[Program, list[tuple[str, ...]]]) -> None:
    program, inputs = case
    batch = encode_batch(program.input, inputs)
    asked = np.ones(batch.ids.shape if program.tagging else len(inputs), dtype=bool)
    found = part_of_program(program, batch, asked)

    traced = Interpreter(found.program).trace(batch)
    for head in found.program.heads:
        away: set[int] = set()
        for row, length in enumerate(batch.lengths.tolist()):
            query, key = (
                traced[name][row, :length].tolist() for name in (head.query, head.key)
            )
            away |= sources(head, query, key)
        expected = (min(away), max(away)) if away else None
        assert found.offsets.get(head.output) == expected
