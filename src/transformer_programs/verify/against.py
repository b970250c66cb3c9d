"""Is a program right? Its labels against a definition, or another program's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from transformer_programs.data import Target
from transformer_programs.program import Interpreter, Program
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
        rewritten: also compared, after these: inputs that are written in other ways,
            where the program reads many tokens as the same one, and the reference need
            not. None if it does, or no token is.
        which: as ``Judgement`` has it.
    """

    sequences: Iterable[Tokens]
    count: int
    whole: bool
    lengths: tuple[int, int]
    rewritten: Sequence[Tokens] | None = None
    which: str = ""

    @property
    def size(self) -> int:
        """How many are compared."""
        return self.count + len(self.rewritten or ())

    @property
    def method(self) -> Method:
        """What a comparison on all of them is."""
        if not self.whole:
            return Method.DRAWN
        return Method.ENUMERATION if self.rewritten is None else Method.CLASSES


WHERE_ASKED = " (where it asks for a label)"
"""What a comparison with a reference says that leaves labels out."""


class Asked:
    """A reference that notes whether it leaves labels out.

    Args:
        reference: what says the labels.
    """

    def __init__(self, reference: Reference) -> None:
        self._reference, self.where = reference, ""

    def __call__(self, block: Sequence[Tokens]) -> Sequence[Target]:
        """The labels of many inputs."""
        found = self._reference(block)
        if not self.where and any(None in x for x in found if not isinstance(x, str)):
            self.where = WHERE_ASKED
        return found


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
    rest, compared = chain(inputs.sequences, inputs.rewritten or ()), 0
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
            advance(name, len(block), inputs.size)


def judge(
    program: Program,
    reference: Reference,
    name: str,
    inputs: Inputs,
    advance: Advance | None = None,
) -> Judgement:
    """Compare labels up to the first difference; arguments as for ``differences``."""
    started = time.perf_counter()
    asked = Asked(reference)
    first = next(differences(program, asked, name, inputs, advance), None)
    method = inputs.method
    looked = inputs.count if method is Method.CLASSES else inputs.size
    compared, example = first or (looked, None)
    return Judgement(
        claim=f"equal to {name}{asked.where}",
        method=method,
        lengths=inputs.lengths,
        inputs=compared,
        seconds=round(time.perf_counter() - started, 3),
        counterexample=example,
        which=inputs.which,
        rewritten=inputs.size - looked if example is None else 0,
    )


def differ(said: Target, wanted: Target) -> bool:
    """Whether labels are not as wanted, where they are asked for."""
    if isinstance(said, str) or isinstance(wanted, str):
        return said != wanted
    if len(said) != len(wanted):
        return True
    pairs = zip(said, wanted, strict=True)
    return any(label not in (None, one) for one, label in pairs)
