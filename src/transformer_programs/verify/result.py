"""Results of checks: a statement about a program is proved, tested or refuted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from transformer_programs.data import Target
from transformer_programs.system import Shown

if TYPE_CHECKING:
    from rich.console import RenderableType

Tokens = tuple[str, ...]


class Method(StrEnum):
    """How a statement was checked.

    Attributes:
        ENUMERATION: the interpreter was given every input of the domain.
        CLASSES: every sequence of the tokens that the program tells apart was compared,
            each as it stands in the vocabulary, and random inputs that are spelled
            differently. Not a proof: the specification may tell more tokens apart.
        DRAWN: the interpreter was given random inputs, and perhaps edge cases: a test,
            not a proof.
        SOLVER: a solver showed that the domain contains no counterexample.
        STRUCTURE: it follows from the structure of such programs, or from the scores
            that this one can give; no input was examined.
    """

    ENUMERATION = "enumeration"
    CLASSES = "enumeration of token classes"
    DRAWN = "drawn inputs"
    SOLVER = "solver"
    STRUCTURE = "structure"


_PROOFS = {Method.SOLVER: " (by a solver)", Method.STRUCTURE: " (by its structure)"}
"""The method of a proof, where it is not enumeration."""

_STYLES = {"proved": "green", "refuted": "red"}


@dataclass(frozen=True, slots=True)
class Counterexample:
    """An input for which a statement is false.

    Attributes:
        tokens: the bare input.
        said: the program's labels.
        why: the expected labels, in words that follow "the program says ...".
    """

    tokens: Tokens
    said: Target
    why: str


@dataclass(frozen=True, slots=True)
class CheckResult(Shown):
    """The result of a check.

    Attributes:
        claim: the statement that was checked: "equal to the definition of sort".
        method: how it was checked.
        lengths: the fewest and the most tokens of the inputs that were covered.
        inputs: the number of inputs that were covered: all of these lengths, unless
            ``method`` is ``DRAWN``; with a counterexample, the number examined.
        seconds: the time that the check took.
        counterexample: an input for which the statement is false, if there is one;
            among the shortest that were examined.
        proved_lengths: shorter lengths, of which a solver had proved it before.
        reservation: why inputs were drawn although a proof was asked for.
        which: which inputs "all inputs" are, in words that follow the number of tokens.
        rewritten: for ``CLASSES``, the number of inputs that are spelled differently.

    >>> task = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)
    >>> run = tp.train(task)
    >>> result = run.verify(invariant="permutation")
    >>> result.proved, result.counterexample
    (True, None)
    """

    claim: str
    method: Method
    lengths: tuple[int, int]
    inputs: int | str
    seconds: float
    counterexample: Counterexample | None = None
    proved_lengths: tuple[int, int] | None = None
    reservation: str = ""
    which: str = ""
    rewritten: int = 0

    @property
    def verdict(self) -> str:
        """One of proved, checked, tested and refuted."""
        if self.counterexample is not None:
            return "refuted"
        if self.method is Method.CLASSES:
            return "checked"
        return "proved" if self.proved else "tested"

    @property
    def proved(self) -> bool:
        """Whether the statement holds for every input of its lengths."""
        sampled = self.method in (Method.DRAWN, Method.CLASSES)
        return self.counterexample is None and not sampled

    def __rich__(self) -> RenderableType:
        """The verdict and the statement."""
        from rich.text import Text

        head = (self.verdict, _STYLES.get(self.verdict, "yellow"))
        return Text.assemble(head, f": {self.sentence()}")

    def sentence(self) -> str:
        """The result in words; claims no more than was done."""
        found = self.counterexample
        if found is not None:
            return (
                f"not {self.claim}: on {shown(found.tokens)} the program says "
                f"{shown(found.said)}, {found.why}"
            )
        if self.method is Method.DRAWN:
            return self._tested()
        domain = f"all {_many(self.inputs)} inputs{_spread(self.lengths)}{self.which}"
        if self.method is Method.CLASSES:
            return (
                f"{self.claim} on {domain}, and on {self.rewritten:,} drawn ones that "
                "are written in other ways; others were not compared, so this is a "
                "check, not a proof"
            )
        return f"{self.claim} on {domain}{_PROOFS.get(self.method, '')}"

    def _tested(self) -> str:
        before = spread = ""
        if self.proved_lengths is not None:
            proved = _spread(self.proved_lengths)
            before = f" on all inputs{proved}{self.which} (by a solver)"
            spread = _spread(self.lengths)
        why = f" ({self.reservation})" if self.reservation else ""
        return (
            f"{self.claim}{before}: no exception among {_many(self.inputs)} inputs"
            f"{spread} that were tried; this is a test, not a proof{why}"
        )


def counted(inputs: int, most: int = 10**300) -> int | str:
    """Return a number of inputs as it is stored: in words if it is very large."""
    return inputs if inputs < most else f"about 10^{math.floor(math.log10(inputs))}"


def as_target(labels: list[str] | str) -> Target:
    """Return the labels of an interpreter in the form that specifications have."""
    return labels if isinstance(labels, str) else tuple(labels)


def shown(labels: Target | Tokens) -> str:
    """Return labels or tokens as messages show them; an unspecified label is a dash."""
    if isinstance(labels, str):
        return repr(labels)
    return repr(" ".join("-" if label is None else label for label in labels))


def _spread(lengths: tuple[int, int]) -> str:
    least, most = lengths
    return f" of {least} tokens" if least == most else f" of {least} to {most} tokens"


def _many(inputs: int | str) -> str:
    if isinstance(inputs, str):
        return inputs
    if inputs < 10**15:
        return f"{inputs:,}"
    exponent = math.floor(math.log10(inputs))
    leading = inputs // 10 ** (exponent - 3) / 1000
    return f"{leading:.1f}e+{exponent:02d}"
