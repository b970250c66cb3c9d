"""Invariants as conditions of a circuit: each goal is a way to break one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from transformer_programs.program import Program
from transformer_programs.verify.renaming import Renaming, generators, renamed_tokens
from transformer_programs.verify.solver.circuit import Circuit
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.linear import FALSE, Linear, Literal
from transformer_programs.verify.solver.prove import Goals, differences


def never(program: Program, label: str) -> Goals:
    """Some position, or the sequence, has the label."""

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        for choice in encode(program, circuit, tokens):
            yield choice.get(label, FALSE)

    return goals


def permutation(program: Program) -> Goals:
    """Some token occurs more or less often among the labels; or a label is none."""

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        said = encode(program, circuit, tokens)
        names = dict.fromkeys(name for one in (*said, *tokens) for name in one)
        for name in names:
            given = [(choice.get(name, FALSE), 1) for choice in said]
            there = [(choice.get(name, FALSE), -1) for choice in tokens]
            yield -circuit.equals(Linear.of([*given, *there]), 0)

    return goals


def in_order(program: Program) -> Goals:
    """Two labels stand side by side, the second earlier in the vocabulary."""
    rank = program.input.vocabulary.ids

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        said = encode(program, circuit, tokens)
        for one, other in pairwise(said):
            yield circuit.any_of(
                circuit.all_of([first, second])
                for before, first in one.items()
                for after, second in other.items()
                if rank[after] < rank[before]
            )

    return goals


def prefix(program: Program) -> Goals:
    """A label is another one when the last token is not there."""
    least = program.input.min_bare_length

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        if len(tokens) > least:
            whole = encode(program, circuit, tokens)
            shorter = encode(program, circuit, tokens[:-1])
            yield from differences(circuit, whole[:-1], shorter)

    return goals


def renaming(program: Program, *, with_labels: bool) -> Goals:
    """Renamed tokens have other labels than they should, for one of two renamings."""
    renamings = generators(renamed_tokens(program))

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        said = encode(program, circuit, tokens)
        for names in renamings:
            again = encode(program, circuit, [_renamed(one, names) for one in tokens])
            wanted = [_renamed(one, names) for one in said] if with_labels else said
            yield from differences(circuit, again, wanted)

    return goals


def _renamed(choice: Choice, names: Renaming) -> Choice:
    return {names.get(name, name): literal for name, literal in choice.items()}


GOALS: dict[str, Callable[[Program], Goals]] = {
    "permutation": permutation,
    "sorted": in_order,
    "prefix": prefix,
    "renaming": lambda program: renaming(program, with_labels=False),
    "renaming-with-labels": lambda program: renaming(program, with_labels=True),
}
"""What the solver is asked about the invariants of ``verify/invariants.py``."""
