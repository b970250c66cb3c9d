"""Is a program right? Its labels against a definition, or another program's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from transformer_programs.program.interpret import Interpreter
from transformer_programs.program.nodes import Program
from transformer_programs.tasks.dataset import Target
from transformer_programs.verify.agreement import Advance

Tokens = tuple[str, ...]

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
    """

    sequences: Iterable[Tokens]
    count: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input on which a program is not as it should be.

    Attributes:
        tokens: the bare input.
        said: the program's labels.
        expected: what they should be.
    """

    tokens: Tokens
    said: Target
    expected: Target


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a comparison with a reference says.

    Attributes:
        reference: what the program was compared with.
        inputs: how many inputs were compared.
        whole: whether all inputs that there are were compared.
        counterexample: the first difference, if any; among the shortest ones.
    """

    reference: str
    inputs: int
    whole: bool
    counterexample: Counterexample | None

    def sentence(self) -> str:
        """The judgement in words; claims no more than was done."""
        found = self.counterexample
        if found is not None:
            return (
                f"on {_shown(found.tokens)} the program says {_shown(found.said)}, "
                f"{self.reference} {_shown(found.expected)}"
            )
        if self.whole:
            return f"equal to {self.reference} on all {self.inputs:,} inputs"
        return (
            f"no difference from {self.reference} on {self.inputs:,} inputs that were "
            "drawn; this is a test, not a proof"
        )


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
                yield compared, Counterexample(tokens, labels, wanted)
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
    for compared, example in differences(program, reference, name, inputs, advance):
        return Judgement(name, compared, inputs.whole, example)
    return Judgement(name, inputs.count, inputs.whole, None)


def differ(said: Target, wanted: Target) -> bool:
    """Whether labels are not as wanted, where they are asked for."""
    if isinstance(said, str) or isinstance(wanted, str):
        return said != wanted
    if len(said) != len(wanted):
        return True
    pairs = zip(said, wanted, strict=True)
    return any(label not in (None, one) for one, label in pairs)


def _shown(labels: Target | Tokens) -> str:
    if isinstance(labels, str):
        return repr(labels)
    return repr(" ".join("-" if label is None else label for label in labels))
