"""Invariants as conditions of a circuit: each goal is a way to break one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise

from transformer_programs.program import Program
from transformer_programs.verify.renaming import Renaming, generators, renamed_tokens
from transformer_programs.verify.solver.circuit import FALSE, Circuit, Linear, Literal
from transformer_programs.verify.solver.encode import Choice, encode
from transformer_programs.verify.solver.prove import Goals, differences

Tokens = Sequence[Choice]


def never(program: Program, label: str) -> Goals:
    """Return the goals that some position, or the sequence, has the label."""
    return partial(_never, program, label)


def _never(
    program: Program, label: str, circuit: Circuit, tokens: Tokens
) -> Iterator[Literal]:
    for choice in encode(program, circuit, tokens):
        yield choice.get(label, FALSE)


def _permutation(
    program: Program, circuit: Circuit, tokens: Tokens
) -> Iterator[Literal]:
    """Some token occurs more or less often among the labels; or a label is none."""
    said = encode(program, circuit, tokens)
    names = dict.fromkeys(name for one in (*said, *tokens) for name in one)
    for name in names:
        given = [(choice.get(name, FALSE), 1) for choice in said]
        there = [(choice.get(name, FALSE), -1) for choice in tokens]
        yield -circuit.equals(Linear.of([*given, *there]), 0)


def _in_order(program: Program, circuit: Circuit, tokens: Tokens) -> Iterator[Literal]:
    """Two labels stand side by side, the second earlier in the vocabulary."""
    rank = program.input.vocabulary.ids
    for one, other in pairwise(encode(program, circuit, tokens)):
        yield circuit.any_of(
            circuit.all_of([first, second])
            for before, first in one.items()
            for after, second in other.items()
            if rank[after] < rank[before]
        )


def _prefix(program: Program, circuit: Circuit, tokens: Tokens) -> Iterator[Literal]:
    """A label is another one when the last token is not there."""
    if len(tokens) > program.input.min_bare_length:
        whole = encode(program, circuit, tokens)
        shorter = encode(program, circuit, tokens[:-1])
        yield from differences(circuit, whole[:-1], shorter)


def _renaming(
    with_labels: bool, program: Program, circuit: Circuit, tokens: Tokens
) -> Iterator[Literal]:
    """Renamed tokens have other labels than they should, for one of two renamings."""
    said = encode(program, circuit, tokens)
    for names in generators(renamed_tokens(program)):
        again = encode(program, circuit, [_renamed(one, names) for one in tokens])
        wanted = [_renamed(one, names) for one in said] if with_labels else said
        yield from differences(circuit, again, wanted)


def _renamed(choice: Choice, names: Renaming) -> Choice:
    return {names.get(name, name): literal for name, literal in choice.items()}


GOALS: dict[str, Callable[[Program], Goals]] = {
    "permutation": lambda program: partial(_permutation, program),
    "sorted": lambda program: partial(_in_order, program),
    "prefix": lambda program: partial(_prefix, program),
    "renaming": lambda program: partial(_renaming, False, program),
    "renaming-with-labels": lambda program: partial(_renaming, True, program),
}
"""What the solver is asked about the invariants of ``verify/invariants.py``."""
