"""Is a program right? Its labels against a definition, or another program's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program
from transformer_programs.tasks.dataset import Target
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.judgement import (
    Counterexample,
    Judgement,
    Method,
    Tokens,
    shown,
)

Reference = Callable[[Sequence[Tokens]], Sequence[Target]]
"""What the labels of many inputs should be; None for a label that is not asked for."""

BLOCK = 10_000
"""Inputs compared at once: bounds the memory."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is compared.

    Attributes:
        sequences: bare tokens, the shortest first; may be lazy.
        count: how many.
        whole: whether these are all inputs that there are.
        lengths: the fewest and the most tokens that they can have.
    """

    sequences: Iterable[Tokens]
    count: int
    whole: bool
    lengths: tuple[int, int]


def differences(
    program: Program,
    reference: Reference,
    name: str,
    inputs: Inputs,
    advance: Advance | None = None,
) -> Iterator[tuple[int, Counterexample]]:
    """Every input on which labels differ, and how many were compared up to it.

    Args:
        program: a valid program.
        reference: says what its labels should be.
        name: what the reference is called.
        inputs: what is compared.
        advance: told how many inputs have been compared.
    """
    interpreter = Interpreter(program)
    rest, compared = iter(inputs.sequences), 0
    while block := list(islice(rest, BLOCK)):
        expected = reference(block)
        for tokens, said, wanted in zip(
            block, interpreter.labels(block), expected, strict=True
        ):
            labels: Target = said if isinstance(said, str) else tuple(said)
            compared += 1
            if differ(labels, wanted):
                why = f"{name} {shown(wanted)}"
                yield compared, Counterexample(tokens, labels, why)
        if advance is not None:
            advance(name, len(block), inputs.count)


def judge(
    program: Program,
    reference: Reference,
    name: str,
    inputs: Inputs,
    advance: Advance | None = None,
) -> Judgement:
    """Compare labels up to the first difference; arguments as for ``differences``."""
    started = time.perf_counter()
    first = next(differences(program, reference, name, inputs, advance), None)
    compared, example = first or (inputs.count, None)
    return Judgement(
        claim=f"equal to {name}",
        method=Method.ENUMERATION if inputs.whole else Method.DRAWN,
        lengths=inputs.lengths,
        inputs=compared,
        seconds=round(time.perf_counter() - started, 3),
        counterexample=example,
    )


def differ(said: Target, wanted: Target) -> bool:
    """Whether labels are not as wanted, where they are asked for."""
    if isinstance(said, str) or isinstance(wanted, str):
        return said != wanted
    if len(said) != len(wanted):
        return True
    pairs = zip(said, wanted, strict=True)
    return any(label not in (None, one) for one, label in pairs)
