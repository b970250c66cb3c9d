"""Properties in the form that a solver reads: conditions of their counterexamples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from transformer_programs.program import Program
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Linear, Literal
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.prove import unequal

Tokens = Sequence[Choice]

Renaming = Mapping[str, str]
"""New names of tokens; a token that is not in it keeps its own."""


def never(
    label: str, program: Program, circuit: Circuit, tokens: Tokens
) -> Iterator[Literal]:
    """Some position, or the sequence, has the label."""
    for choice in encode(program, circuit, tokens):
        yield choice.get(label, FALSE)


def permutation(
    program: Program, circuit: Circuit, tokens: Tokens
) -> Iterator[Literal]:
    """Some token occurs more or less often among the labels; or a label is no token."""
    labels = encode(program, circuit, tokens)
    names = dict.fromkeys(name for one in (*labels, *tokens) for name in one)
    for name in names:
        given = [(choice.get(name, FALSE), 1) for choice in labels]
        there = [(choice.get(name, FALSE), -1) for choice in tokens]
        yield -circuit.equals(Linear.of([*given, *there]), 0)


def in_order(program: Program, circuit: Circuit, tokens: Tokens) -> Iterator[Literal]:
    """Two labels are adjacent, the second earlier in the vocabulary."""
    rank = program.input.vocabulary.ids
    for one, other in pairwise(encode(program, circuit, tokens)):
        yield circuit.any_of(
            circuit.all_of([first, second])
            for before, first in one.items()
            for after, second in other.items()
            if rank[after] < rank[before]
        )


def prefix(program: Program, circuit: Circuit, tokens: Tokens) -> Iterator[Literal]:
    """A label changes when the last token is removed."""
    if len(tokens) > program.input.min_bare_length:
        whole = encode(program, circuit, tokens)
        shorter = encode(program, circuit, tokens[:-1])
        yield from unequal(circuit, whole[:-1], shorter)


def renaming(
    renamings: Sequence[Renaming],
    with_labels: bool,
    program: Program,
    circuit: Circuit,
    tokens: Tokens,
) -> Iterator[Literal]:
    """Renamed tokens have other labels than they should, for one of the renamings."""
    labels = encode(program, circuit, tokens)
    for names in renamings:
        again = encode(program, circuit, [_renamed(one, names) for one in tokens])
        expected = [_renamed(one, names) for one in labels] if with_labels else labels
        yield from unequal(circuit, again, expected)


def _renamed(choice: Choice, names: Renaming) -> Choice:
    return {names.get(name, name): literal for name, literal in choice.items()}
