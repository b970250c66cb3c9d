"""Properties in the form that a solver reads: conditions of their counterexamples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from transformer_programs.program import Program
from transformer_programs.verify.solver.circuit import Circuit
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.linear import FALSE, Linear, Literal
from transformer_programs.verify.solver.prove import Goals, unequal


def never(program: Program, label: str) -> Goals:
    """Some position, or the sequence, has the label."""

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        for choice in encode(program, circuit, tokens):
            yield choice.get(label, FALSE)

    return goals


def permutation(program: Program) -> Goals:
    """Some token occurs more or less often among the labels; or a label is no token."""

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        labels = encode(program, circuit, tokens)
        names = dict.fromkeys(name for one in (*labels, *tokens) for name in one)
        for name in names:
            given = [(choice.get(name, FALSE), 1) for choice in labels]
            there = [(choice.get(name, FALSE), -1) for choice in tokens]
            yield -circuit.equals(Linear.of([*given, *there]), 0)

    return goals


def in_order(program: Program) -> Goals:
    """Two labels are adjacent, the second earlier in the vocabulary."""
    rank = program.input.vocabulary.ids

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        for one, other in pairwise(encode(program, circuit, tokens)):
            yield circuit.any_of(
                circuit.all_of([first, second])
                for before, first in one.items()
                for after, second in other.items()
                if rank[after] < rank[before]
            )

    return goals


def prefix(program: Program) -> Goals:
    """A label changes when the last token is removed."""
    least = program.input.min_bare_length

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        if len(tokens) > least:
            whole = encode(program, circuit, tokens)
            shorter = encode(program, circuit, tokens[:-1])
            yield from unequal(circuit, whole[:-1], shorter)

    return goals


def renaming(
    program: Program, renamings: Sequence[Mapping[str, str]], *, with_labels: bool
) -> Goals:
    """Renamed tokens have other labels than they should, for one of the renamings."""

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        labels = encode(program, circuit, tokens)
        for names in renamings:
            again = encode(program, circuit, [_renamed(one, names) for one in tokens])
            expected = [_renamed(one, names) for one in labels]
            yield from unequal(circuit, again, expected if with_labels else labels)

    return goals


def _renamed(choice: Choice, names: Mapping[str, str]) -> Choice:
    return {names.get(name, name): literal for name, literal in choice.items()}
